// PadTap: what its track is given, and on what timeline.
#include "plugins/broadcast/pad_tap.hpp"

#include <gst/app/gstappsrc.h>
#include <gtest/gtest.h>

#include <condition_variable>

#include "plugins/broadcast/alternate_fields.hpp"
#include "plugins/broadcast/arrival_times.hpp"

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
  bool lacks_keyframes() const override { return false; }
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
  size_t play_then_at(double rate, GstClockTime to = 10 * GST_SECOND) {
    play();
    track().wait_for(1);
    seek(rate, to);
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

// A change of speed without a flush: what is on its way plays faster.
TEST(PadTap, PicturesAreSpreadAnewWhenTheSpeedChangesAtOnce) {
  Tapped tapped(MediaKind::video, kPictures);
  tapped.play();
  size_t count = tapped.track().wait_for(3).size();
  // As a demuxer answers such a seek.
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(tapped.source(), "src"));
  ASSERT_TRUE(
      gst_pad_push_event(pad.get(), gst_event_new_instant_rate_change(2, GST_SEGMENT_FLAG_NONE)));
  for (int in_a_row = 0; in_a_row < 4; count++) {
    auto fed = tapped.track().wait_for(count + 1);
    expect_rising(fed);
    auto apart = static_cast<double>(fed[count].time - fed[count - 1].time);
    bool faster = std::abs(apart - static_cast<double>(GST_SECOND) / 40) < GST_MSECOND;
    in_a_row = faster ? in_a_row + 1 : 0;
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
  tapped.play_then_at(-1, GST_SECOND);
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

// Of 64x64 in I420.
constexpr gsize kFrame = 64 * 64 * 3 / 2;

void push_bytes(GstElement* appsrc, gsize size) {
  gst_app_src_push_buffer(GST_APP_SRC(appsrc), gst_buffer_new_allocate(nullptr, size, nullptr));
}

TEST(PadTap, BytesBecomeWholeFramesAtTheirCapsOwnPace) {
  Tapped tapped(MediaKind::video,
                "appsrc name=a caps=video/x-raw,format=I420,width=64,height=64,framerate=20/1");
  Ref<GstElement> appsrc = adopt(gst_bin_get_by_name(GST_BIN(tapped.source()), "a"));
  tapped.play();
  for (int piece = 0; piece < 9; piece++)
    push_bytes(appsrc.get(), 1000);
  push_bytes(appsrc.get(), 4 * kFrame - 9000);
  auto fed = tapped.track().wait_for(4);
  for (const Fed& frame : fed)
    EXPECT_EQ(frame.size, kFrame);
  expect_rising(fed);
  EXPECT_GE(fed[3].time - fed[1].time, 2 * GST_SECOND / 20);
}

TEST(PadTap, SoundWithoutTimesIsOneStretch) {
  Tapped tapped(MediaKind::audio,
                "appsrc name=a caps=audio/x-raw,format=S16LE,rate=48000,channels=2,"
                "layout=interleaved");
  Ref<GstElement> appsrc = adopt(gst_bin_get_by_name(GST_BIN(tapped.source()), "a"));
  tapped.play();
  push_bytes(appsrc.get(), 4 * 960 + 3);
  push_bytes(appsrc.get(), 4 * 960 - 3);
  auto fed = tapped.track().wait_for(2);
  EXPECT_EQ(fed[0].size, 4u * 960u);
  EXPECT_EQ(fed[1].size, 4u * 960u);
  EXPECT_GE(fed[1].time - fed[0].time, 20 * GST_MSECOND);
}

TEST(PadTap, TimesThatStandStillGiveWayToTheArrival) {
  Tapped tapped(MediaKind::video,
                "videotestsrc is-live=true ! video/x-raw,width=64,height=64,framerate=20/1 ! "
                "identity name=i");
  Ref<GstElement> identity = adopt(gst_bin_get_by_name(GST_BIN(tapped.source()), "i"));
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(identity.get(), "sink"));
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo* info, gpointer) {
        GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) = 0;
        return GST_PAD_PROBE_OK;
      },
      nullptr, nullptr);
  tapped.play();
  size_t still = 1;  // so many of one time, until the arrival counts
  auto fed = tapped.track().wait_for(still + 6);
  while (fed[still].time == fed[0].time)
    fed = tapped.track().wait_for(++still + 6);
  expect_rising({fed.begin() + static_cast<long>(still), fed.end()});
}

TEST(PadTap, WithoutAClockTheArrivalCounts) {
  Tapped tapped(MediaKind::video, kPictures);
  gst_pipeline_use_clock(GST_PIPELINE(tapped.pipeline()), nullptr);
  Ref<GstClock> clock = adopt(gst_system_clock_obtain());
  GstClockTime before = gst_clock_get_time(clock.get());
  tapped.play();
  auto fed = tapped.track().wait_for(3);
  EXPECT_GE(fed[0].time, before);
  EXPECT_LE(fed[2].time, gst_clock_get_time(clock.get()));
}

TEST(AlternateFields, EachTopFieldIsAPictureOfItsOwn) {
  Ref<GstCaps> caps = adopt(gst_caps_from_string(
      "video/x-raw(format:Interlaced),format=I420,width=720,height=576,framerate=25/1,"
      "interlace-mode=alternate,pixel-aspect-ratio=16/15"));
  ASSERT_TRUE(has_alternate_fields(caps.get()));
  Ref<GstCaps> expected =
      adopt(gst_caps_from_string("video/x-raw,format=I420,width=720,height=288,framerate=25/1,"
                                 "interlace-mode=progressive,pixel-aspect-ratio=8/15"));
  Ref<GstCaps> field = top_field_caps(caps.get());
  EXPECT_TRUE(gst_caps_is_equal(field.get(), expected.get()));
  EXPECT_FALSE(has_alternate_fields(field.get()));
}

TEST(ArrivalTimes, WhoIsPacedNeitherRunsAheadNorFallsBehind) {
  ArrivalTimes times;
  EXPECT_EQ(times.next(GST_CLOCK_TIME_NONE, 40, true), 0u);
  EXPECT_EQ(times.next(10, 40, true), 40u);
  EXPECT_EQ(times.next(500, 40, true), 500u);
  EXPECT_EQ(times.next(501, 40, true), 540u);
}

TEST(ArrivalTimes, LiveSoundIsSmoothedWithinReason) {
  ArrivalTimes times;
  EXPECT_EQ(times.next(GST_SECOND, 20 * GST_MSECOND, false), GST_SECOND);
  EXPECT_EQ(times.next(GST_SECOND + 70 * GST_MSECOND, 20 * GST_MSECOND, false),
            GST_SECOND + 20 * GST_MSECOND);
  EXPECT_EQ(times.next(3 * GST_SECOND, 20 * GST_MSECOND, false), 3 * GST_SECOND);
}

TEST(ArrivalTimes, PartsOfOnePictureMayShareATimeForAMoment) {
  ArrivalTimes times;
  EXPECT_TRUE(times.trust(7, GST_CLOCK_TIME_NONE, 0));
  EXPECT_TRUE(times.trust(7, GST_CLOCK_TIME_NONE, 100'000));
  EXPECT_FALSE(times.trust(7, GST_CLOCK_TIME_NONE, 250'000));
  EXPECT_TRUE(times.trust(8, GST_CLOCK_TIME_NONE, 260'000));
  EXPECT_FALSE(times.trust(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 270'000));
}

}  // namespace
}  // namespace webcast
