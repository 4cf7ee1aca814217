// The ways of a picture on a graphics card to its encoder, by templates as elements of 1.22 have
// them.
#include "plugins/media/codecs/card_path.hpp"

#include <gtest/gtest.h>

namespace webcast {
namespace {

using Names = std::vector<std::string>;

Ref<GstCaps> caps(const std::string& text) {
  return adopt(gst_caps_from_string(text.c_str()));
}

const std::string kCuda = "video/x-raw(memory:CUDAMemory)", kGl = "video/x-raw(memory:GLMemory)",
                  kVa = "video/x-raw(memory:VAMemory)", kDmabuf = "video/x-raw(memory:DMABuf)",
                  kD3d11 = "video/x-raw(memory:D3D11Memory)";
const std::string kHd = ",width=1280,height=720,framerate=30/1";
const std::string kFormats = ",format={ I420, NV12, P010_10LE, RGBA, BGRA }";

const std::string kForm =
    "video/x-raw,format={ I420, NV12, YV12 },width=1280,height=720,pixel-aspect-ratio=1/1";

const std::string kNvenc = "video/x-raw,format={ NV12, YV12, I420, BGRA }; " + kGl +
                           ",format={ NV12, YV12, I420, BGRA }; " + kCuda +
                           ",format={ NV12, YV12, I420, BGRA }";
const std::string kVaenc = kVa + ",format=NV12; video/x-raw,format=NV12";

CardConverter converter(const char* factory, const std::string& takes, const std::string& gives) {
  return {factory, caps(takes), caps(gives), true};
}

CardConverter cudaconvertscale() {
  CardConverter made = converter("cudaconvertscale", kCuda + kFormats, kCuda + kFormats);
  made.scales = true;
  return made;
}

CardConverter cudaconvert() {
  return converter("cudaconvert", kCuda + kFormats, kCuda + kFormats);
}

CardConverter cudascale() {
  CardConverter made = cudaconvertscale();
  made.factory = "cudascale";
  made.converts = false;
  return made;
}

// It lets through whatever it does nothing with.
CardConverter vapostproc() {
  std::string all = kVa + kFormats + "; " + kDmabuf + kFormats + "; video/x-raw" + kFormats +
                    "; video/x-raw(ANY)";
  CardConverter made = converter("vapostproc", all, all);
  made.scales = true;
  return made;
}

CardConverter d3d11convert() {
  CardConverter made = converter("d3d11convert", kD3d11 + kFormats, kD3d11 + kFormats);
  made.scales = made.turns = true;
  return made;
}

CardConverter glupload() {
  CardConverter made =
      converter("glupload",
                kDmabuf + ",format={ RGBA, NV12 }; " + kGl + kFormats + "; video/x-raw" + kFormats,
                kGl + kFormats);
  made.converts = false;
  return made;
}

CardConverter glcolorconvert() {
  return converter("glcolorconvert", kGl + kFormats, kGl + kFormats);
}

// The factories and the memory that the encoder gets, "memory:X"; empty: none.
struct Way {
  bool found = false;
  Names converters;
  std::string memory;
};

Way way(const std::string& input, const std::string& encoder,
        const std::vector<CardConverter>& converters, const std::string& form = kForm,
        bool turn = false) {
  auto path =
      plan_card_path(caps(input).get(), caps(form).get(), turn, caps(encoder).get(), converters);
  if (!path) return {};
  return {true, path->converters, card_memory_of(gst_caps_get_features(path->prepared.get(), 0))};
}

TEST(CardPath, APictureThatIsAsTheEncoderTakesItGoesAsItIs) {
  Way found = way(kCuda + ",format=NV12" + kHd, kNvenc, {cudaconvertscale()});
  EXPECT_TRUE(found.found);
  EXPECT_EQ(found.converters, Names{});
  EXPECT_EQ(found.memory, "memory:CUDAMemory");
}

TEST(CardPath, WhatTheEncoderGetsHasTheFormAndTheMemory) {
  auto path = plan_card_path(caps(kCuda + ",format=RGBA" + kHd).get(), caps(kForm).get(), false,
                             caps(kNvenc).get(), {cudaconvertscale()});
  ASSERT_TRUE(path);
  Ref<GstCaps> expected = caps(kCuda + kForm.substr(std::string("video/x-raw").size()));
  EXPECT_TRUE(gst_caps_is_equal(path->prepared.get(), expected.get()));
}

TEST(CardPath, ColoursAreConvertedWhereThePictureIs) {
  std::vector<CardConverter> all = {cudaconvertscale(), vapostproc(), d3d11convert(), glupload(),
                                    glcolorconvert()};
  EXPECT_EQ(way(kCuda + ",format=RGBA" + kHd, kNvenc, all).converters, Names{"cudaconvertscale"});
  EXPECT_EQ(way(kGl + ",format=RGBA" + kHd, kNvenc, all).converters, Names{"glcolorconvert"});
  EXPECT_EQ(way(kVa + ",format=P010_10LE" + kHd, kVaenc, all).converters, Names{"vapostproc"});
  EXPECT_EQ(way(kD3d11 + ",format=BGRA" + kHd, kD3d11 + ",format=NV12", all).converters,
            Names{"d3d11convert"});
}

// 8 bits of 4:2:0 is all that browsers are sure to decode, whatever else an encoder takes.
TEST(CardPath, WhatBrowsersDoNotDecodeIsNotEncodedThoughTheEncoderCould) {
  EXPECT_FALSE(way(kCuda + ",format=BGRA" + kHd, kNvenc, {}).found);
  EXPECT_FALSE(way(kVa + ",format=P010_10LE" + kHd, kVa + ",format={ NV12, P010_10LE }", {}).found);
}

TEST(CardPath, AFullRangeIsConverted) {
  std::string form = kForm + ",colorimetry=bt709", full = ",format=NV12,colorimetry=1:3:5:1";
  EXPECT_EQ(way(kCuda + full + kHd, kNvenc, {cudaconvert()}, form).converters,
            Names{"cudaconvert"});
  EXPECT_FALSE(way(kCuda + full + kHd, kNvenc, {}, form).found);
}

TEST(CardPath, WhoseSizeIsAnotherIsScaled) {
  std::string narrow = ",format=NV12,width=960,height=720,pixel-aspect-ratio=4/3";
  EXPECT_EQ(
      way(kCuda + narrow, kNvenc, {cudaconvert(), cudascale(), cudaconvertscale()}).converters,
      Names{"cudascale"});
  std::string coloured = ",format=RGBA,width=960,height=720,pixel-aspect-ratio=4/3";
  EXPECT_EQ(way(kCuda + coloured, kNvenc, {cudaconvert(), cudascale()}).converters,
            (Names{"cudaconvert", "cudascale"}));
  EXPECT_FALSE(way(kCuda + narrow, kNvenc, {cudaconvert()}).found);
}

TEST(CardPath, APictureIsTurnedByWhoCan) {
  std::string lying = ",format=NV12,width=720,height=1280", level = ",format=NV12" + kHd;
  std::string encoder = kD3d11 + ",format=NV12; " + kCuda + ",format=NV12";
  auto path = plan_card_path(caps(kD3d11 + lying).get(), caps(kForm).get(), true,
                             caps(encoder).get(), {cudaconvertscale(), d3d11convert()});
  ASSERT_TRUE(path);
  EXPECT_EQ(path->converters, Names{"d3d11convert"});
  EXPECT_EQ(path->turner, 0u);
  // Upside down: the sizes alone would not tell.
  EXPECT_EQ(way(kD3d11 + level, encoder, {d3d11convert()}, kForm, true).converters,
            Names{"d3d11convert"});
  EXPECT_FALSE(way(kCuda + lying, encoder, {cudaconvertscale()}, kForm, true).found);
  EXPECT_FALSE(way(kCuda + level, encoder, {cudaconvertscale()}, kForm, true).found);
}

TEST(CardPath, AnotherMemoryIsReachedByWhoLeadsThere) {
  EXPECT_EQ(way(kDmabuf + ",format=NV12" + kHd, kVaenc, {vapostproc()}).converters,
            Names{"vapostproc"});
  Way found = way(kDmabuf + ",format=RGBA" + kHd, kNvenc, {glcolorconvert(), glupload()});
  EXPECT_EQ(found.converters, (Names{"glupload", "glcolorconvert"}));
  EXPECT_EQ(found.memory, "memory:GLMemory");
}

TEST(CardPath, TheMemoryThatItIsInComesFirst) {
  std::string encoder = kVa + ",format=NV12; " + kDmabuf + ",format=NV12";
  EXPECT_EQ(way(kDmabuf + ",format=RGBA" + kHd, encoder, {vapostproc()}).memory, "memory:DMABuf");
}

TEST(CardPath, ToTakeAnyMemoryIsNoPromise) {
  EXPECT_FALSE(way(kCuda + ",format=RGBA" + kHd, kNvenc, {vapostproc()}).found);
  EXPECT_FALSE(way(kCuda + ",format=NV12" + kHd, "video/x-raw(ANY)", {}).found);
}

TEST(CardPath, NoneLeadsThroughTheMachine) {
  EXPECT_FALSE(way("video/x-raw,format=NV12" + kHd, kNvenc, {glupload()}).found);
  EXPECT_FALSE(
      way(kGl + ",format=NV12" + kHd, "video/x-raw,format=NV12", {glcolorconvert()}).found);
  EXPECT_FALSE(way(kD3d11 + ",format=NV12" + kHd, kVaenc, {d3d11convert(), vapostproc()}).found);
}

// What lies over it (subtitles) would be lost.
TEST(CardPath, APictureWithMoreThanItsMemoryIsDownloaded) {
  EXPECT_FALSE(
      way("video/x-raw(memory:CUDAMemory,meta:GstVideoOverlayComposition),format=NV12" + kHd,
          kNvenc, {cudaconvert()})
          .found);
}

TEST(CardPath, WhoTakesItAndGivesTheMachinesMemoryDownloadsIt) {
  CardConverter other = converter("nvvidconv", "video/x-raw(memory:NVMM),format=NV12",
                                  "video/x-raw(memory:NVMM); video/x-raw,format=NV12");
  std::vector<CardConverter> all = {cudaconvert(), vapostproc(), other};
  EXPECT_EQ(find_downloader(caps("video/x-raw(memory:NVMM),format=NV12" + kHd).get(), all),
            "nvvidconv");
  EXPECT_EQ(find_downloader(caps(kCuda + ",format=NV12" + kHd).get(), all), "");
  EXPECT_EQ(find_downloader(caps("video/x-raw,format=NV12" + kHd).get(), all), "");
}

}  // namespace
}  // namespace webcast
