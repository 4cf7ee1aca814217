// PadTap: what its track is given, and on what timeline.
#include "plugins/elements/pad_tap.hpp"

#include <gtest/gtest.h>

#include <condition_variable>

namespace webcast {
namespace {

struct Fed {
  GstClockTime time = GST_CLOCK_TIME_NONE;
  gsize size = 0;
  std::string caps{};
};

// Keeps what it is fed.
class RecordingTrack : public Track {
 public:
  const std::string& name() const override { return name_; }
  MediaKind kind() const override { return MediaKind::video; }
  void feed(GstBuffer* buffer, GstCaps* caps) override {
    gchar* text = gst_caps_to_string(caps);
    change([&] { fed_.push_back({GST_BUFFER_PTS(buffer), gst_buffer_get_size(buffer), text}); });
    g_free(text);
  }
  void set_orientation(GstVideoOrientationMethod) override {}
  void end() override {
    change([&] { ends_++; });
    if (on_end) on_end();
  }
  void report(const Error& error) override {
    change([&] { reports_.push_back(error.sentence); });
  }
  void set_clock(GstClock*) override {}
  bool has_input() const override { return true; }
  std::optional<Codec> encoded_input() const override { return {}; }
  std::string describe_input() const override { return {}; }
  Result<std::unique_ptr<RenditionLease>> lease(const std::vector<Codec>&,
                                                const ViewerCodecs&) override {
    return Error{ErrorCode::failed, "none"};
  }
  std::vector<Rendition*> renditions() const override { return {}; }
  void set_start_bitrate(unsigned) override {}
  void force_keyframe() override {}
  void stop() override {}

  // The first `count` buffers, once they are there; the program's watchdog ends a wait for none.
  std::vector<Fed> wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return fed_.size() >= count; });
    return fed_;
  }
  void wait_for_end(int count = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ends_ >= count; });
  }
  std::vector<std::string> reports() {
    std::lock_guard lock(mutex_);
    return reports_;
  }
  std::function<void()> on_end;

 private:
  void change(const std::function<void()>& function) {
    std::lock_guard lock(mutex_);
    function();
    changed_.notify_all();
  }
  const std::string name_ = "video_0";
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Fed> fed_;
  std::vector<std::string> reports_;
  int ends_ = 0;
};

// A pipeline whose source, "source ! …", is linked to a pad's tap.
class Tapped {
 public:
  Tapped(MediaKind kind, const std::string& launch) {
    pipeline_ = adopt(static_cast<GstElement*>(gst_object_ref_sink(gst_pipeline_new(nullptr))));
    GstElement* bin = gst_bin_new("sink");
    gst_bin_add(GST_BIN(pipeline_.get()), bin);
    Ref<GstPadTemplate> templ =
        adopt(static_cast<GstPadTemplate*>(gst_object_ref_sink(gst_pad_template_new(
            "pad", GST_PAD_SINK, GST_PAD_REQUEST, adopt(gst_caps_new_any()).get()))));
    tap_ = *PadTap::create(GST_BIN(bin), "pad", kind, templ.get());
    tap_->set_track(track_);
    track_->on_end = [this] { tap_->on_drained(); };
    gst_pad_set_active(tap_->ghost_pad(), TRUE);
    gst_element_add_pad(bin, tap_->ghost_pad());
    source_ = gst_parse_bin_from_description(launch.c_str(), TRUE, nullptr);
    gst_bin_add(GST_BIN(pipeline_.get()), source_);
    EXPECT_TRUE(gst_element_link(source_, bin));
  }
  ~Tapped() {
    tap_->cancel_drain();
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }
  void play() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }
  void seek(double rate, GstClockTime to) {
    EXPECT_TRUE(gst_element_seek(pipeline_.get(), rate, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                 GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, static_cast<gint64>(to)));
  }
  // How many buffers came before.
  size_t play_then_at(double rate) {
    play();
    track().wait_for(1);
    seek(rate, GST_SECOND);
    return track().wait_for(0).size();
  }
  GstElement* pipeline() { return pipeline_.get(); }
  GstElement* source() { return source_; }
  RecordingTrack& track() { return *track_; }

 private:
  std::shared_ptr<RecordingTrack> track_ = std::make_shared<RecordingTrack>();
  Ref<GstElement> pipeline_;
  GstElement* source_ = nullptr;
  std::shared_ptr<PadTap> tap_;
};

constexpr const char* kPictures =
    "videotestsrc ! video/x-raw,format=I420,width=64,height=64,framerate=20/1 ! identity";
constexpr const char* kSound = "audiotestsrc ! audio/x-raw,rate=48000,channels=1 ! identity";

// That time never stands still or goes back; it may jump ahead.
void expect_rising(const std::vector<Fed>& fed) {
  for (size_t i = 1; i < fed.size(); i++)
    EXPECT_GT(fed[i].time, fed[i - 1].time) << "buffer " << i;
}

TEST(PadTap, TimeGoesOnThroughFlushingSeeks) {
  Tapped tapped(MediaKind::video, kPictures);
  tapped.play();
  size_t had = 0;
  for (int round = 0; round < 4; round++) {
    had = tapped.track().wait_for(had + 3).size();
    tapped.seek(1, GST_SECOND);
  }
  expect_rising(tapped.track().wait_for(had + 3));
}

TEST(PadTap, PicturesAreSpreadByTheSpeedThatTheyArePlayedAt) {
  for (double rate : {2.0, 0.5, -2.0}) {
    Tapped tapped(MediaKind::video, kPictures);
    size_t before = tapped.play_then_at(rate);
    auto fed = tapped.track().wait_for(before + 7);
    expect_rising(fed);
    auto wanted = static_cast<double>(GST_SECOND) / 20 / std::abs(rate);
    auto took = static_cast<double>(fed[before + 6].time - fed[before + 2].time);
    EXPECT_NEAR(took / 4, wanted, GST_MSECOND) << rate;
  }
}

TEST(PadTap, SoundIsAsLongAsThePicturesAtAnySpeedForwards) {
  Tapped tapped(MediaKind::audio, kSound);
  size_t before = tapped.play_then_at(2);
  auto fed = tapped.track().wait_for(before + 3);
  EXPECT_NE(fed.back().caps.find("rate=(int)96000"), std::string::npos) << fed.back().caps;
  expect_rising(fed);
}

TEST(PadTap, SoundIsNotSentBackwardsAndSaysSoOnce) {
  Tapped tapped(MediaKind::audio, kSound);
  tapped.play_then_at(-1);
  tapped.track().wait_for_end();
  ASSERT_EQ(tapped.track().reports().size(), 1u);
  EXPECT_NE(tapped.track().reports()[0].find("backwards"), std::string::npos);
}

TEST(PadTap, EncodedMediaAreSentAtTheUsualSpeedOrSaidNotToBe) {
  Ref<GstCaps> h264 = adopt(gst_caps_from_string("video/x-h264"));
  Ref<GstCaps> opus = adopt(gst_caps_from_string("audio/x-opus"));
  EXPECT_TRUE(at_speed(MediaKind::video, h264.get(), 1).caps);
  EXPECT_TRUE(at_speed(MediaKind::video, h264.get(), 2).caps);
  EXPECT_NE(at_speed(MediaKind::video, h264.get(), -1).obstacle.find("decode"), std::string::npos);
  EXPECT_TRUE(at_speed(MediaKind::audio, opus.get(), 1).caps);
  EXPECT_NE(at_speed(MediaKind::audio, opus.get(), 1.5).obstacle.find("decode"), std::string::npos);
}

}  // namespace
}  // namespace webcast
