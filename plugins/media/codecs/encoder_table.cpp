#include "plugins/media/codecs/encoder_table.hpp"

#include <array>
#include <cstring>

namespace webcast {
namespace {

constexpr bool kHardware = true, kSoftware = false;

// The bounds on the quantizer and the short rate-control buffer are those of a video call: a
// frame that is far larger than the others would arrive late.
#define WEBCAST_VPX_COMMON                                                                 \
  "end-usage=cbr lag-in-frames=0 auto-alt-ref=false min-quantizer=2 max-quantizer=56 "     \
  "buffer-size=1000 buffer-initial-size=500 buffer-optimal-size=600 undershoot=100 "       \
  "overshoot=15 max-intra-bitrate=450 static-threshold=1 resize-allowed=false deadline=1 " \
  "error-resilient=0"

constexpr std::array kEncoders = {
    KnownEncoder{
        Codec::h264, "nvautogpuh264enc", kHardware, "bitrate", 1000, "gop-size", nullptr,
        "zero-reorder-delay=true b-frames=0 bframes=0 rc-lookahead=0 cabac=false aud=false "
        "repeat-sequence-header=true rate-control=cbr rc-mode=cbr tune=ultra-low-latency",
        "preset=p2", "preset=p5"},
    KnownEncoder{Codec::h264, "nvh264enc", kHardware, "bitrate", 1000, "gop-size", nullptr,
                 "zerolatency=true bframes=0 b-adapt=false rc-lookahead=0 rc-mode=cbr aud=false "
                 "repeat-sequence-header=true zero-reorder-delay=true",
                 "preset=low-latency-hp", "preset=low-latency-hq"},
    KnownEncoder{Codec::h264, "vah264lpenc", kHardware, "bitrate", 1000, "key-int-max", nullptr,
                 "rate-control=cbr b-frames=0 ref-frames=1 aud=false cabac=false dct8x8=false",
                 "target-usage=6", "target-usage=3"},
    KnownEncoder{Codec::h264, "vah264enc", kHardware, "bitrate", 1000, "key-int-max", nullptr,
                 "rate-control=cbr b-frames=0 ref-frames=1 aud=false cabac=false dct8x8=false",
                 "target-usage=6", "target-usage=3"},
    KnownEncoder{Codec::h264, "vaapih264enc", kHardware, "bitrate", 1000, "keyframe-period",
                 nullptr,
                 "rate-control=cbr max-bframes=0 refs=1 aud=false cabac=false dct8x8=false",
                 "quality-level=7", "quality-level=4"},
    KnownEncoder{Codec::h264, "qsvh264enc", kHardware, "bitrate", 1000, "gop-size", nullptr,
                 "rate-control=cbr b-frames=0 ref-frames=1 low-latency=true rc-lookahead=0 "
                 "cc-insert=drop",
                 "target-usage=7", "target-usage=4"},
    KnownEncoder{Codec::h264, "msdkh264enc", kHardware, "bitrate", 1000, "gop-size", nullptr,
                 "rate-control=cbr b-frames=0 ref-frames=1 low-power=true async-depth=1",
                 "target-usage=7", "target-usage=4"},
    KnownEncoder{Codec::h264, "amfh264enc", kHardware, "bitrate", 1000, "gop-size", nullptr,
                 "rate-control=cbr usage=ultra-low-latency b-frames=0 cabac=false aud=false",
                 "preset=speed", "preset=balanced"},
    KnownEncoder{Codec::h264, "v4l2h264enc", kHardware, nullptr, 1, nullptr, nullptr, "", "", ""},
    KnownEncoder{Codec::h264, "mpph264enc", kHardware, "bps", 1, "gop", nullptr,
                 "rc-mode=cbr header-mode=each-idr", "", ""},
    KnownEncoder{Codec::h264, "omxh264enc", kHardware, "target-bitrate", 1, "interval-intraframes",
                 nullptr, "control-rate=constant b-frames=0", "", ""},
    KnownEncoder{Codec::h264, "vtenc_h264_hw", kHardware, "bitrate", 1000, "max-keyframe-interval",
                 nullptr, "realtime=true allow-frame-reordering=false", "", ""},
    KnownEncoder{Codec::h264, "mfh264enc", kHardware, "bitrate", 1000, "gop-size", nullptr,
                 "rc-mode=cbr low-latency=true bframes=0 cabac=false", "quality-vs-speed=0",
                 "quality-vs-speed=60"},
    // sliced threads come with zerolatency: a frame leaves as soon as it is encoded.
    KnownEncoder{Codec::h264, "x264enc", kSoftware, "bitrate", 1000, "key-int-max", "threads",
                 "tune=zerolatency bframes=0 b-adapt=false byte-stream=true aud=false "
                 "cabac=false dct8x8=false vbv-buf-capacity=300 option-string=scenecut=0",
                 "speed-preset=superfast", "speed-preset=fast"},
    KnownEncoder{Codec::h264, "openh264enc", kSoftware, "bitrate", 1, "gop-size", "multi-thread",
                 "usage-type=camera rate-control=bitrate scene-change-detection=false "
                 "background-detection=false slice-mode=auto",
                 "complexity=low", "complexity=high"},

    KnownEncoder{Codec::vp8, "vavp8enc", kHardware, "bitrate", 1000, "key-int-max", nullptr,
                 "rate-control=cbr", "target-usage=6", "target-usage=3"},
    KnownEncoder{Codec::vp8, "vaapivp8enc", kHardware, "bitrate", 1000, "keyframe-period", nullptr,
                 "rate-control=cbr", "quality-level=7", "quality-level=4"},
    KnownEncoder{Codec::vp8, "v4l2vp8enc", kHardware, nullptr, 1, nullptr, nullptr, "", "", ""},
    KnownEncoder{Codec::vp8, "vp8enc", kSoftware, "target-bitrate", 1, "keyframe-max-dist",
                 "threads",
                 // Token partitions of its own would make GStreamer's receivers (libvpx with
                 // threads that wait for each other by spinning) stutter on a busy machine.
                 WEBCAST_VPX_COMMON " token-partitions=0", "cpu-used=8", "cpu-used=4"},

    KnownEncoder{Codec::vp9, "vavp9lpenc", kHardware, "bitrate", 1000, "key-int-max", nullptr,
                 "rate-control=cbr hierarchical-level=1 ref-frames=1 gf-group-size=1",
                 "target-usage=6", "target-usage=3"},
    KnownEncoder{Codec::vp9, "vavp9enc", kHardware, "bitrate", 1000, "key-int-max", nullptr,
                 "rate-control=cbr hierarchical-level=1 ref-frames=1 gf-group-size=1",
                 "target-usage=6", "target-usage=3"},
    KnownEncoder{Codec::vp9, "vaapivp9enc", kHardware, "bitrate", 1000, "keyframe-period", nullptr,
                 "rate-control=cbr", "quality-level=7", "quality-level=4"},
    KnownEncoder{Codec::vp9, "qsvvp9enc", kHardware, "bitrate", 1000, "gop-size", nullptr,
                 "rate-control=cbr ref-frames=1", "target-usage=7", "target-usage=4"},
    KnownEncoder{Codec::vp9, "vp9enc", kSoftware, "target-bitrate", 1, "keyframe-max-dist",
                 "threads",
                 WEBCAST_VPX_COMMON " row-mt=true tile-columns=2 frame-parallel-decoding=false "
                                    "aq-mode=cyclic-refresh",
                 "cpu-used=8", "cpu-used=5"},

    KnownEncoder{Codec::av1, "nvav1enc", kHardware, "bitrate", 1000, "gop-size", nullptr,
                 "rate-control=cbr tune=ultra-low-latency zero-reorder-delay=true b-frames=0",
                 "preset=p2", "preset=p5"},
    KnownEncoder{Codec::av1, "vaav1enc", kHardware, "bitrate", 1000, "key-int-max", nullptr,
                 "rate-control=cbr hierarchical-level=1 ref-frames=1 gf-group-size=1",
                 "target-usage=6", "target-usage=3"},
    KnownEncoder{Codec::av1, "av1enc", kSoftware, "target-bitrate", 1000, "keyframe-max-dist",
                 "threads",
                 // Its own bound on the quantizer (0, in 1.22) ends in an abort of libaom's.
                 "usage-profile=realtime end-usage=cbr min-quantizer=2 max-quantizer=56 "
                 "lag-in-frames=0 row-mt=true "
                 "tile-columns=1 buf-sz=1000 buf-initial-sz=500 buf-optimal-sz=600",
                 "cpu-used=9", "cpu-used=7"},

    // Forward error correction inside the codec costs bits only when loss is expected.
    KnownEncoder{Codec::opus, "opusenc", kSoftware, "bitrate", 1, nullptr, nullptr,
                 "frame-size=20 inband-fec=true packet-loss-percentage=5 dtx=false "
                 "audio-type=generic bitrate-type=constrained-vbr bandwidth=fullband",
                 "complexity=5", "complexity=10"},
    KnownEncoder{Codec::pcma, "alawenc", kSoftware, nullptr, 1, nullptr, nullptr, "", "", ""},
    KnownEncoder{Codec::pcmu, "mulawenc", kSoftware, nullptr, 1, nullptr, nullptr, "", "", ""},
};

#undef WEBCAST_VPX_COMMON

}  // namespace

std::span<const KnownEncoder> known_encoders() {
  return kEncoders;
}

const KnownEncoder* find_known_encoder(const char* factory) {
  for (const KnownEncoder& known : kEncoders)
    if (std::strcmp(known.factory, factory) == 0) return &known;
  return nullptr;
}

}  // namespace webcast
