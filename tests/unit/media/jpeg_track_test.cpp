// Pictures that come as JPEG, as cheap cameras give them: always decoded, for whoever watches.
#include "plugins/gst/mapped_buffer.hpp"
#include "tests/unit/media/received.hpp"
#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

const std::string kPicture =
    "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! ";

class JpegTrack : public TrackTest {
 protected:
  ~JpegTrack() override { stop_track(); }

  void feed(Feeder::Edit edit = {}, TrackSettings settings = {}) {
    make_track(MediaKind::video, settings);
    feeder_ = std::make_unique<Feeder>(track(), kPicture + "jpegenc", std::move(edit));
    wait_for_input();
  }
  void expect_pictures(const std::shared_ptr<Held>& held) {
    ASSERT_EQ(held->error, "");
    held->sink->wait_for_frames(held->sink->count() + 10);
    auto received = receive(held->format, held->sink->frames());
    EXPECT_EQ(received.error, "");
    EXPECT_EQ(received.width, 320);
    EXPECT_EQ(held->lost, "");
  }

  std::unique_ptr<Feeder> feeder_;
};

TEST_F(JpegTrack, IsEncodedForEachViewerWhateverTranscodeSays) {
  feed({}, {Transcode::never});
  EXPECT_EQ(track().describe_input(), "JPEG 320x240");
  auto chromium = hold({Codec::h264, Codec::vp8});
  EXPECT_EQ(chromium->name, "h264");
  expect_pictures(chromium);
  auto firefox = hold({Codec::h264, Codec::vp8}, only({{Codec::vp8, {}}}));
  EXPECT_EQ(firefox->name, "vp8");
  expect_pictures(firefox);
  EXPECT_TRUE(warnings_.empty()) << warnings_.front();
}

TEST_F(JpegTrack, CorruptPicturesEndNothing) {
  // The feeder outlives this function.
  feed([count = 0](Ref<GstBuffer> buffer) mutable {
    int number = count++ % 4;
    gsize size = gst_buffer_get_size(buffer.get());
    if (number == 0) gst_buffer_set_size(buffer.get(), static_cast<gssize>(size / 2));
    if (number == 1) gst_buffer_set_size(buffer.get(), 3);
    if (number == 2) {
      buffer = adopt(gst_buffer_copy_deep(buffer.get()));
      gst_buffer_memset(buffer.get(), 20, 0xa5, size - 20);
    }
    return buffer;
  });
  auto held = hold({Codec::h264, Codec::vp8});
  expect_pictures(held);
  held->sink->wait_for_frames(held->sink->count() + 20);
  EXPECT_EQ(held->lost, "");
}

// Without its Huffman tables (marker FFC4), as the motion JPEG of AVI files and of cameras is.
Ref<GstBuffer> without_tables(const Ref<GstBuffer>& buffer) {
  std::vector<guint8> kept;
  {
    MappedBuffer mapped(buffer.get());
    auto bytes = mapped.bytes();
    kept.assign(bytes.begin(), bytes.begin() + 2);
    size_t at = 2;
    while (at + 4 < bytes.size() && bytes[at] == 0xff && bytes[at + 1] != 0xda) {
      size_t length = 2 + (size_t{bytes[at + 2]} << 8 | bytes[at + 3]);
      if (bytes[at + 1] != 0xc4)
        kept.insert(kept.end(), bytes.begin() + static_cast<long>(at),
                    bytes.begin() + static_cast<long>(std::min(at + length, bytes.size())));
      at += length;
    }
    kept.insert(kept.end(), bytes.begin() + static_cast<long>(at), bytes.end());
  }
  Ref<GstBuffer> copy = adopt(gst_buffer_new_memdup(kept.data(), kept.size()));
  gst_buffer_copy_into(copy.get(), buffer.get(), GST_BUFFER_COPY_METADATA, 0,
                       static_cast<gsize>(-1));
  return copy;
}

TEST_F(JpegTrack, PlaysWithoutItsHuffmanTables) {
  feed([](Ref<GstBuffer> buffer) {
    Ref<GstBuffer> cut = without_tables(buffer);
    EXPECT_LT(gst_buffer_get_size(cut.get()), gst_buffer_get_size(buffer.get()));
    return cut;
  });
  expect_pictures(hold({Codec::h264, Codec::vp8}));
}

// As avidemux gives those of an AVI file whose index does not say so.
TEST_F(JpegTrack, PlaysWhatItsFileCallsNoKeyframes) {
  feed([](Ref<GstBuffer> buffer) {
    GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
    return buffer;
  });
  expect_pictures(hold({Codec::h264, Codec::vp8}));
}

TEST_F(JpegTrack, AViewerGetsThePictureThatStands) {
  feed([count = 0](Ref<GstBuffer> buffer) mutable {
    return count++ ? Ref<GstBuffer>() : buffer;
  });
  auto held = hold({Codec::h264, Codec::vp8});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_keyframes(1);
}

TEST_F(JpegTrack, AnotherSizeInMidStreamStaysWithTheViewer) {
  feed();
  auto held = hold({Codec::h264, Codec::vp8});
  expect_pictures(held);
  feeder_.reset();
  size_t keyframes = held->sink->keyframes();
  feeder_ = std::make_unique<Feeder>(
      track(),
      "videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=30/1 ! jpegenc");
  held->sink->wait_for_keyframes(keyframes + 1);
  held->sink->wait_for_frames(held->sink->count() + 5);
  EXPECT_EQ(receive(held->format, held->sink->frames()).width, 640);
  EXPECT_EQ(held->lost, "");
  EXPECT_EQ(encoders_.front(), encoders_.back());
}

TEST_F(JpegTrack, TurnsIntoRawAndBack) {
  feed();
  expect_pictures(hold({Codec::h264, Codec::vp8}));
  feeder_.reset();
  feeder_ = std::make_unique<Feeder>(track(), kPicture + "identity");
  wait_for_input(2);
  EXPECT_EQ(track().describe_input(), "raw 320x240");
  expect_pictures(hold({Codec::h264, Codec::vp8}));
  feeder_.reset();
  feeder_ = std::make_unique<Feeder>(track(), kPicture + "jpegenc");
  wait_for_input(3);
  expect_pictures(hold({Codec::h264, Codec::vp8}));
}

TEST_F(JpegTrack, WhatWasFedBeforeTheEndIsSent) {
  make_track(MediaKind::video);
  Feeder feeder(track(),
                "videotestsrc is-live=true num-buffers=60 ! "
                "video/x-raw,width=320,height=240,framerate=30/1 ! jpegenc");
  wait_for_input();
  auto held = hold({Codec::h264, Codec::vp8});
  ASSERT_EQ(held->error, "");
  feeder.wait_for_end();
  waiter_.wait([&] { return drained_ >= 1; });
  EXPECT_GE(held->sink->count(), 1u);
}

// Of everything that decodes JPEG here.
class Ranks {
 public:
  Ranks() {
    Ref<GstCaps> caps = adopt(gst_caps_new_empty_simple("image/jpeg"));
    GList* all =
        gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL);
    GList* fit = gst_element_factory_list_filter(all, caps.get(), GST_PAD_SINK, FALSE);
    for (GList* item = fit; item; item = item->next) {
      auto* feature = GST_PLUGIN_FEATURE(item->data);
      before_.emplace_back(retain(feature), gst_plugin_feature_get_rank(feature));
      gst_plugin_feature_set_rank(feature, GST_RANK_NONE);
    }
    gst_plugin_feature_list_free(all);
    gst_plugin_feature_list_free(fit);
  }
  ~Ranks() {
    for (auto& [feature, rank] : before_)
      gst_plugin_feature_set_rank(feature.get(), rank);
  }

 private:
  std::vector<std::pair<Ref<GstPluginFeature>, guint>> before_;
};

TEST_F(JpegTrack, WithoutADecoderThePackageIsNamed) {
  Ranks none;
  feed();
  auto held = hold({Codec::h264, Codec::vp8});
  EXPECT_NE(held->error.find("gstreamer1.0-plugins-good"), std::string::npos) << held->error;
  waiter_.wait([&] { return !warnings_.empty(); });
  EXPECT_NE(warnings_[0].find("image/jpeg"), std::string::npos) << warnings_[0];
}

}  // namespace
}  // namespace webcast
