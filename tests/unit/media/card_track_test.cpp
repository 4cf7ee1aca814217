// Pictures on a graphics card, by a card that is none (tests/support/fake_card.hpp).
#include <algorithm>

#include "tests/support/fake_card.hpp"
#include "tests/unit/media/received.hpp"
#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

using test::FakeCard;
using test::FakeCardFault;

const std::string kEncoder = "fakecardh264enc";

std::string form(const std::string& caps) {
  return "video/x-raw,framerate=30/1," + caps;
}

class CardTrack : public TrackTest {
 protected:
  // A viewer of what is fed; elements of the card share their device with those of the feeder.
  std::shared_ptr<Held> watch(const std::string& caps) {
    make_track(MediaKind::video);
    feeder_ = std::make_unique<Feeder>(
        track(), "videotestsrc is-live=true pattern=white ! capsfilter name=form caps=" +
                     form(caps) + " ! fakecardupload");
    on_context_needed_ = [this](GstElement* asker, const char* type) {
      waiter_.change([&] { asked_.push_back(type); });
      feeder_->share_context(asker, type);
    };
    wait_for_input();
    return hold({Codec::h264});
  }
  Received received(const std::shared_ptr<Held>& held, size_t frames = 6) {
    held->sink->wait_for_frames(frames);
    return receive(held->format, held->sink->frames());
  }
  // How often it was set up tells nothing: a machine that stands still for a second makes another
  // rate of the pictures' times, and that another run.
  bool no_other_encoder() {
    return waiter_.look([&] {
      return std::all_of(encoders_.begin(), encoders_.end(),
                         [](const std::string& each) { return each == kEncoder; });
    });
  }
  size_t times_set_up(const std::string& encoder) {
    size_t times = 0;
    waiter_.change([&] {
      times = static_cast<size_t>(std::count(encoders_.begin(), encoders_.end(), encoder));
    });
    return times;
  }
  ~CardTrack() override {
    stop_track();
    feeder_.reset();
  }

  std::unique_ptr<Feeder> feeder_;
  std::vector<std::string> asked_;
};

TEST_F(CardTrack, GivesTheEncoderThePictureAsItIs) {
  FakeCard card;
  auto held = watch("format=NV12,width=320,height=240");
  ASSERT_EQ(held->error, "");
  Received seen = received(held);
  EXPECT_EQ(seen.error, "");
  EXPECT_EQ(seen.width, 320);
  EXPECT_TRUE(no_other_encoder());
  EXPECT_GE(card.counts().encoded_on_card, 6u);
  EXPECT_EQ(card.counts().converted, 0u);
  EXPECT_EQ(card.counts().downloaded, 0u);
  EXPECT_EQ(card.counts().encoded_in_machine, 0u);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CardTrack, ConvertsColoursOnTheCard) {
  FakeCard card;
  auto held = watch("format=RGBA,width=320,height=240");
  ASSERT_EQ(held->error, "");
  Received seen = received(held);
  EXPECT_EQ(seen.error, "");
  ASSERT_FALSE(seen.first_pixels.empty());
  EXPECT_NEAR(seen.first_pixels[0], 235, 6);  // white, of the usual range
  EXPECT_GE(card.counts().converted, 6u);
  EXPECT_GE(card.counts().encoded_on_card, 6u);
  EXPECT_EQ(card.counts().downloaded, 0u);
}

TEST_F(CardTrack, ScalesOnTheCard) {
  FakeCard card;
  auto held = watch("format=NV12,width=240,height=240,pixel-aspect-ratio=4/3");
  ASSERT_EQ(held->error, "");
  Received seen = received(held);
  EXPECT_EQ(seen.width, 320);
  EXPECT_EQ(seen.height, 240);
  EXPECT_GE(card.counts().converted, 6u);
  EXPECT_EQ(card.counts().downloaded, 0u);
}

// No converter of a card cuts a line off, and scaling by one would blur all the others.
TEST_F(CardTrack, DownloadsAPictureOfWhichALineIsCutOff) {
  FakeCard card;
  auto held = watch("format=NV12,width=321,height=241");
  ASSERT_EQ(held->error, "");
  Received seen = received(held);
  EXPECT_EQ(seen.width, 320);
  EXPECT_EQ(seen.height, 240);
  EXPECT_GE(card.counts().downloaded, 6u);
  EXPECT_GE(card.counts().encoded_in_machine, 6u);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CardTrack, DownloadsWhereTheCardHasNoConverter) {
  FakeCard card;
  FakeCard::remove("fakecardconvert");
  auto held = watch("format=RGBA,width=320,height=240");
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(received(held).error, "");
  EXPECT_GE(card.counts().downloaded, 6u);
  EXPECT_TRUE(no_other_encoder());
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CardTrack, DownloadsForAnEncoderThatKnowsNoCard) {
  FakeCard card;
  FakeCard::remove(kEncoder.c_str());
  auto held = watch("format=RGBA,width=320,height=240");
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(received(held).error, "");
  EXPECT_GE(card.counts().downloaded, 6u);
  EXPECT_EQ(card.counts().encoded_in_machine, 0u);
  EXPECT_EQ(times_set_up(kEncoder), 0u);
}

// Whoever's fault it is: the encoder is there still, and nobody after it waits for the same
// failure.
class CardFault : public CardTrack, public ::testing::WithParamInterface<FakeCardFault> {};

TEST_P(CardFault, IsGotRoundThroughTheMachineAndToldOnce) {
  FakeCard card(GetParam());
  auto held = watch("format=RGBA,width=320,height=240");
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(received(held).error, "");
  EXPECT_TRUE(no_other_encoder());
  EXPECT_GE(card.counts().encoded_in_machine, 6u);
  EXPECT_EQ(card.counts().encoded_on_card, 0u);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find(kEncoder + " does not work with the picture in the graphics card's"),
            std::string::npos)
      << warnings_[0];
}

TEST_F(CardTrack, AnEncoderThatFailsAgainWithTheCardIsTriedWithoutIt) {
  FakeCard card(FakeCardFault::encoder_dies);
  auto held = watch("format=NV12,width=320,height=240");
  ASSERT_EQ(held->error, "");
  waiter_.wait([&] { return warnings_.size() >= 2; });
  // The run that failed is gone: what comes now is the next one's.
  held->sink->wait_for_frames(held->sink->count() + 1);
  EXPECT_TRUE(no_other_encoder());
  EXPECT_GE(card.counts().encoded_in_machine, 1u);
  EXPECT_EQ(warnings_.size(), 2u);
  EXPECT_EQ(held->lost, "");
}

INSTANTIATE_TEST_SUITE_P(Each, CardFault,
                         ::testing::Values(FakeCardFault::converter_refuses,
                                           FakeCardFault::encoder_refuses));

TEST_F(CardTrack, TriesTheCardAgainWhenTheInputIsAnother) {
  FakeCard card(FakeCardFault::converter_refuses);
  auto held = watch("format=RGBA,width=320,height=240");
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(2);
  // Nothing has to be converted of it.
  feeder_->set("form", "caps", form("format=NV12,width=640,height=480"));
  while (card.counts().encoded_on_card == 0)
    held->sink->wait_for_frames(held->sink->count() + 1);
  EXPECT_EQ(warnings_.size(), 1u);
}

TEST_F(CardTrack, ElementsShareTheDeviceOfTheApplications) {
  FakeCard card;
  auto held = watch("format=RGBA,width=320,height=240");
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(2);
  EXPECT_TRUE(waiter_.look([&] {
    return !asked_.empty() &&
           std::all_of(asked_.begin(), asked_.end(),
                       [](const std::string& type) { return type == test::kFakeCardContext; });
  }));
  EXPECT_TRUE(no_other_encoder());
}

}  // namespace
}  // namespace webcast
