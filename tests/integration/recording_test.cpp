// A recording of what a webcastsrc receives: one file that plays, whoever goes and comes back.
#include <glib/gstdio.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

// A watchdog: who was killed has to be found silent, and who comes back is refused until then.
constexpr auto kLongPatience = std::chrono::minutes(2);
constexpr unsigned kEnough = 45;

class TemporaryFile {
 public:
  TemporaryFile() {
    char* name = nullptr;
    g_close(g_file_open_tmp("webcast-recording-XXXXXX", &name, nullptr), nullptr);
    name_ = name;
    g_free(name);
  }
  ~TemporaryFile() { g_unlink(name_.c_str()); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

// What goes through the outlet of an element.
struct Flow {
  std::atomic<unsigned> frames{0}, back{0};
  GstClockTime last = 0;

  void watch(GstElement* element) {
    Ref<GstPad> pad = adopt(gst_element_get_static_pad(element, "src"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_buffer, this, nullptr);
  }
  bool more(unsigned count) {
    unsigned before = frames;
    return SinkPipeline::eventually([&] { return frames >= before + count; }, kLongPatience);
  }
  static GstPadProbeReturn on_buffer(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto& flow = *static_cast<Flow*>(data);
    GstClockTime time = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    if (!GST_CLOCK_TIME_IS_VALID(time) || time < flow.last)
      flow.back++;
    else
      flow.last = time;
    flow.frames++;
    return GST_PAD_PROBE_OK;
  }
};

// What the file holds, decoded.
struct Played {
  unsigned pictures = 0, sounds = 0, back = 0;
  std::string error;
};

constexpr char kPictures[] = "all. ! video/x-raw ! identity name=picture ! fakesink ";
constexpr char kSounds[] = "all. ! audio/x-raw ! identity name=sound ! fakesink ";

Played play(const std::string& file, const std::string& what) {
  GError* error = nullptr;
  std::string line = "filesrc location=" + file + " ! decodebin name=all " + what;
  Ref<GstElement> pipeline = adopt(gst_parse_launch(line.c_str(), &error));
  gst_object_ref_sink(pipeline.get());
  Flow pictures, sounds;
  for (auto [name, flow] : {std::pair{"picture", &pictures}, {"sound", &sounds}}) {
    Ref<GstElement> element = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
    if (element) flow->watch(element.get());
  }
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  Ref<GstBus> bus = adopt(gst_element_get_bus(pipeline.get()));
  constexpr auto kEnds = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  Ref<GstMessage> end = adopt(gst_bus_timed_pop_filtered(bus.get(), 120 * GST_SECOND, kEnds));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  Played played{pictures.frames, sounds.frames, pictures.back + sounds.back, {}};
  if (!end)
    played.error = "it does not end";
  else if (GST_MESSAGE_TYPE(end.get()) == GST_MESSAGE_ERROR)
    played.error = SinkPipeline::text_of(end.get());
  return played;
}

std::unique_ptr<Process> publish(const std::string& url, const std::string& codec,
                                 const std::vector<std::string>& more = {}) {
  const char* program = g_getenv("WEBCAST_TEST_PUBLISHER");
  std::vector<std::string> command = {program ? program : "webcast-test-publisher", "--url",
                                      "ws" + url.substr(4) + "ws", "--codec", codec, "--again"};
  command.insert(command.end(), more.begin(), more.end());
  return std::make_unique<Process>(command);
}

// As in README's line: picture and sound are linked.
std::string recorder(const std::string& muxer, const std::string& parser, const std::string& file) {
  return "webcastsrc name=s decode=false location=listen://127.0.0.1:0 "
         "local-addresses=\"<127.0.0.1>\" s.video_0 ! queue name=picture ! " +
         parser + "file.video_0 s.audio_0 ! queue name=sound ! file.audio_0 " + muxer +
         " name=file ! filesink location=" + file;
}

void records_one_who_comes_back(const std::string& muxer, const std::string& codec,
                                const std::string& parser) {
  TemporaryFile file;
  SinkPipeline source(recorder(muxer, parser, file.name()));
  Flow pictures, sounds;
  pictures.watch(source.element("picture"));
  sounds.watch(source.element("sound"));
  std::string url = source.play_and_listen();
  ASSERT_FALSE(url.empty());
  auto publisher = publish(url, codec);
  auto error = [&] { return source.wait_for_error(std::chrono::seconds(1)); };
  ASSERT_TRUE(pictures.more(kEnough)) << error();
  ASSERT_TRUE(sounds.more(kEnough)) << error();
  publisher = publish(url, codec);  // the first one is killed
  ASSERT_TRUE(source.wait_for("webcast-publisher-removed", kLongPatience));
  ASSERT_TRUE(source.wait_for("webcast-publisher-connected", kLongPatience));
  ASSERT_TRUE(pictures.more(kEnough)) << error();
  ASSERT_TRUE(sounds.more(kEnough)) << error();
  ASSERT_TRUE(gst_element_send_event(source.pipeline(), gst_event_new_eos()));
  ASSERT_TRUE(source.wait_for_end(kLongPatience));
  EXPECT_EQ(source.sink()->numsrcpads, 2u);
  source.stop();
  EXPECT_EQ(sounds.back, 0u);
  Played played = play(file.name(), std::string(kPictures) + kSounds);
  EXPECT_EQ(played.error, "");
  EXPECT_EQ(played.pictures, pictures.frames) << "each picture";
  EXPECT_GE(played.sounds, 2 * kEnough);
  EXPECT_EQ(played.back, 0u);
}

TEST(Recording, AMatroskaFileGoesOnWhenThePublisherComesBack) {
  records_one_who_comes_back("matroskamux", "VP8", "");
}

TEST(Recording, AnMp4FileGoesOnWhenThePublisherComesBack) {
  records_one_who_comes_back("mp4mux", "H264", "h264parse ! ");
}

TEST(Recording, AFragmentedMp4FileGoesOnWhenThePublisherComesBack) {
  records_one_who_comes_back("mp4mux fragment-duration=500", "H264", "h264parse ! ");
}

bool has_pads(SinkPipeline& source, unsigned count) {
  return SinkPipeline::eventually([&] { return source.sink()->numsrcpads == count; },
                                  kLongPatience);
}

// A muxer takes no medium late, so the sound of who comes next is not in the file.
void records_without_sound(const std::string& muxer, const std::string& codec,
                           const std::string& parser) {
  TemporaryFile file;
  SinkPipeline source(recorder(muxer, parser, file.name()));
  Flow pictures, sounds;
  pictures.watch(source.element("picture"));
  sounds.watch(source.element("sound"));
  std::string url = source.play_and_listen();
  ASSERT_FALSE(url.empty());
  auto publisher = publish(url, codec, {"--audio", ""});
  auto error = [&] { return source.wait_for_error(std::chrono::seconds(1)); };
  ASSERT_TRUE(pictures.more(kEnough)) << error();
  ASSERT_TRUE(has_pads(source, 1)) << "that of the sound has ended";
  publisher->say("stop");
  ASSERT_TRUE(source.wait_for("webcast-publisher-removed", kLongPatience));
  publisher = publish(url, codec);
  ASSERT_TRUE(has_pads(source, 2)) << "sound comes";
  ASSERT_TRUE(pictures.more(kEnough)) << error();
  ASSERT_TRUE(gst_element_send_event(source.pipeline(), gst_event_new_eos()));
  ASSERT_TRUE(source.wait_for_end(kLongPatience)) << error();
  source.stop();
  Played played = play(file.name(), kPictures);
  EXPECT_EQ(played.error, "");
  EXPECT_EQ(played.pictures, pictures.frames) << "each picture";
  EXPECT_EQ(played.back, 0u);
  EXPECT_EQ(sounds.frames, 0u);
}

TEST(Recording, AMatroskaFileOfAPublisherWithoutSoundHasItsPicture) {
  records_without_sound("matroskamux", "VP8", "");
}

TEST(Recording, AnMp4FileOfAPublisherWithoutSoundHasItsPicture) {
  records_without_sound("mp4mux", "H264", "h264parse ! ");
}

TEST(Recording, SoundThatWasAnnouncedAndNeverCameEndsWithWhoAnnouncesNone) {
  TemporaryFile file;
  SinkPipeline source(recorder("matroskamux", "", file.name()));
  Flow pictures;
  pictures.watch(source.element("picture"));
  std::string url = source.play_and_listen();
  ASSERT_FALSE(url.empty());
  auto publisher = publish(url, "VP8", {"--silent"});
  ASSERT_TRUE(has_pads(source, 1)) << "the picture comes";
  publisher->say("stop");
  ASSERT_TRUE(source.wait_for("webcast-publisher-removed", kLongPatience));
  publisher = publish(url, "VP8", {"--audio", ""});
  EXPECT_TRUE(pictures.more(kEnough)) << "the muxer waits no more";
}

TEST(Recording, AMatroskaFileOfAPublisherWithoutPictureHasItsSound) {
  TemporaryFile file;
  SinkPipeline source(recorder("matroskamux", "", file.name()));
  Flow sounds;
  sounds.watch(source.element("sound"));
  std::string url = source.play_and_listen();
  ASSERT_FALSE(url.empty());
  auto publisher = publish(url, "");
  ASSERT_TRUE(sounds.more(kEnough)) << source.wait_for_error(std::chrono::seconds(1));
  ASSERT_TRUE(gst_element_send_event(source.pipeline(), gst_event_new_eos()));
  ASSERT_TRUE(source.wait_for_end(kLongPatience));
  source.stop();
  Played played = play(file.name(), kSounds);
  EXPECT_EQ(played.error, "");
  EXPECT_GE(played.sounds, kEnough);
  EXPECT_EQ(played.back, 0u);
}

}  // namespace
