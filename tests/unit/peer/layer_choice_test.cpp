#include "plugins/peer/layer_choice.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace webcast {
namespace {

// Layers that send so many bytes each 33 ms; 0: nothing. Returns how often another one was taken.
class Layers {
 public:
  explicit Layers(size_t count) {
    for (size_t i = 0; i < count; i++)
      choice_.add();
  }
  unsigned run(const std::vector<size_t>& bytes, int ms) {
    unsigned changes = 0;
    for (int end = now_ + ms; now_ < end; now_ += 33)
      for (size_t layer = 0; layer < bytes.size(); layer++)
        if (bytes[layer] > 0) changes += choice_.packet(layer, bytes[layer], now_ * 1'000) ? 1 : 0;
    return changes;
  }
  size_t chosen() const { return choice_.chosen(); }

 private:
  LayerChoice choice_;
  int now_ = 1'000;
};

TEST(LayerChoice, TheOneWithTheMostBytesIsTakenAndStays) {
  for (size_t largest : {0u, 1u, 2u}) {
    Layers layers(3);
    std::vector<size_t> bytes = {900, 900, 900};
    bytes[largest] = 6'000;
    bytes[(largest + 1) % 3] = 2'500;
    layers.run(bytes, 2'000);
    EXPECT_EQ(layers.chosen(), largest);
    EXPECT_EQ(layers.run(bytes, 60'000), 0u);
  }
}

TEST(LayerChoice, ALargerOneIsTakenOnceItComes) {
  Layers layers(3);
  layers.run({900, 0, 0}, 3'000);
  EXPECT_EQ(layers.chosen(), 0u);
  layers.run({900, 2'500, 0}, 3'000);
  EXPECT_EQ(layers.chosen(), 1u);
  layers.run({900, 2'500, 6'000}, 3'000);
  EXPECT_EQ(layers.chosen(), 2u);
}

// A still screen, at a picture a second.
TEST(LayerChoice, APauseOfAllIsNotTheSilenceOfOne) {
  Layers layers(2);
  layers.run({900, 6'000}, 3'000);
  ASSERT_EQ(layers.chosen(), 1u);
  for (int picture = 0; picture < 10; picture++) {
    layers.run({0, 0}, 1'000);
    EXPECT_EQ(layers.run({900, 6'000}, 33), 0u) << picture;
  }
}

TEST(LayerChoice, WhatItsSenderGaveUpIsLeftAfterAPauseOfAllToo) {
  Layers layers(2);
  layers.run({900, 6'000}, 3'000);
  ASSERT_EQ(layers.chosen(), 1u);
  layers.run({0, 0}, 1'000);
  layers.run({900, 0}, 2'000);
  EXPECT_EQ(layers.chosen(), 0u);
}

TEST(LayerChoice, WhatItsSenderGaveUpIsLeftWithinASecond) {
  Layers layers(2);
  layers.run({900, 6'000}, 3'000);
  ASSERT_EQ(layers.chosen(), 1u);
  layers.run({900, 0}, 1'000);
  EXPECT_EQ(layers.chosen(), 0u);
}

TEST(LayerChoice, WhatItsSenderGaveUpGivesWayToTheNextLower) {
  const std::vector<std::vector<size_t>> orders = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}};
  for (const std::vector<size_t>& order : orders) {
    auto bytes = [&](size_t lowest, size_t middle, size_t highest) {
      std::vector<size_t> all(3);
      all[order[0]] = lowest;
      all[order[1]] = middle;
      all[order[2]] = highest;
      return all;
    };
    Layers layers(3);
    layers.run(bytes(900, 2'500, 6'000), 3'000);
    ASSERT_EQ(layers.chosen(), order[2]);
    EXPECT_EQ(layers.run(bytes(900, 2'500, 0), 1'000), 1u) << "not by way of the lowest";
    EXPECT_EQ(layers.chosen(), order[1]);
    EXPECT_EQ(layers.run(bytes(900, 0, 0), 1'000), 1u);
    EXPECT_EQ(layers.chosen(), order[0]);
    EXPECT_EQ(layers.run(bytes(900, 2'500, 6'000), 3'000), 1u);
    EXPECT_EQ(layers.chosen(), order[2]);
    EXPECT_EQ(layers.run(bytes(900, 0, 0), 1'000), 1u) << "two given up at once";
    EXPECT_EQ(layers.chosen(), order[0]);
  }
}

TEST(LayerChoice, OneLargePictureChangesNothing) {
  Layers layers(2);
  layers.run({900, 6'000}, 3'000);
  layers.run({200'000, 0}, 33);  // a keyframe
  EXPECT_EQ(layers.run({900, 6'000}, 3'000), 0u);
  EXPECT_EQ(layers.chosen(), 1u);
}

}  // namespace
}  // namespace webcast
