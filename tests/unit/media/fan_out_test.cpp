#include "plugins/media/fan_out.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace webcast {
namespace {

class CountingSink : public FrameSink {
 public:
  void push(const RtpFrame& frame) override {
    count++;
    if (frame.keyframe) keyframes++;
    if (first.empty()) first = frame.keyframe ? "keyframe" : "delta";
    packets = frame.packets.get();
  }
  int count = 0, keyframes = 0;
  std::string first;
  GstBufferList* packets = nullptr;
};

RtpFrame frame(bool keyframe) {
  RtpFrame frame;
  frame.packets = adopt(gst_buffer_list_new());
  frame.keyframe = keyframe;
  return frame;
}

TEST(FanOut, ANewSubscriberBeginsAtAKeyframe) {
  FanOut fan_out;
  auto sink = std::make_shared<CountingSink>();
  fan_out.subscribe(sink);
  fan_out.push(frame(false));
  EXPECT_EQ(sink->count, 0);
  fan_out.push(frame(true));
  fan_out.push(frame(false));
  EXPECT_EQ(sink->count, 2);
  EXPECT_EQ(sink->first, "keyframe");
}

TEST(FanOut, AllGetTheSameList) {
  FanOut fan_out;
  std::vector<std::shared_ptr<CountingSink>> sinks;
  for (int i = 0; i < 200; i++) {
    sinks.push_back(std::make_shared<CountingSink>());
    fan_out.subscribe(sinks.back());
  }
  RtpFrame one = frame(true);
  fan_out.push(one);
  for (const auto& sink : sinks)
    EXPECT_EQ(sink->packets, one.packets.get());
}

TEST(FanOut, NothingComesAfterUnsubscribe) {
  FanOut fan_out;
  auto sink = std::make_shared<CountingSink>();
  fan_out.subscribe(sink);
  fan_out.push(frame(true));
  fan_out.unsubscribe(sink.get());
  fan_out.push(frame(true));
  EXPECT_EQ(sink->count, 1);
  EXPECT_EQ(fan_out.size(), 0u);
}

// One that unsubscribes another while a frame is handed round: the other gets nothing more.
TEST(FanOut, UnsubscribingWithinAPushHolds) {
  FanOut fan_out;
  auto victim = std::make_shared<CountingSink>();
  struct Remover : FrameSink {
    FanOut* fan_out;
    FrameSink* other;
    void push(const RtpFrame&) override { fan_out->unsubscribe(other); }
  };
  auto remover = std::make_shared<Remover>();
  remover->fan_out = &fan_out;
  remover->other = victim.get();
  fan_out.subscribe(remover);
  fan_out.subscribe(victim);
  fan_out.push(frame(true));
  EXPECT_EQ(victim->count, 0);
}

struct WatchingSink : FrameSink {
  void push(const RtpFrame& frame) override {
    if (begun) return;
    began_at_a_keyframe = frame.keyframe;
    begun = true;
  }
  std::atomic<bool> begun{false}, began_at_a_keyframe{false};
};

// As the encoder's thread and viewers' do it; ThreadSanitizer looks on (suite `threads`).
TEST(FanOut, WhoComesWhileFramesAreHandedRoundBeginsAtAKeyframe) {
  constexpr int kViewers = 3, kStays = 50;
  FanOut fan_out;
  std::atomic<int> watching{kViewers};
  std::thread encoder([&] {
    for (int i = 0; watching > 0; i++)
      fan_out.push(frame(i % 8 == 0));
  });
  std::vector<std::thread> viewers;
  for (int i = 0; i < kViewers; i++)
    viewers.emplace_back([&] {
      for (int stay = 0; stay < kStays; stay++) {
        auto sink = std::make_shared<WatchingSink>();
        fan_out.subscribe(sink);
        while (!sink->begun)
          std::this_thread::yield();
        fan_out.unsubscribe(sink.get());
        EXPECT_TRUE(sink->began_at_a_keyframe);
      }
      watching--;
    });
  for (std::thread& viewer : viewers)
    viewer.join();
  encoder.join();
  EXPECT_EQ(fan_out.size(), 0u);
}

}  // namespace
}  // namespace webcast
