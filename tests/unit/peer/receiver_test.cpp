#include "plugins/peer/receiver.hpp"

#include <gtest/gtest.h>

namespace webcast {
namespace {

TEST(Receiver, ThisMachineHasTheUsualDepayloaders) {
  gst_init(nullptr, nullptr);
  for (Codec codec : {Codec::h264, Codec::vp8, Codec::vp9, Codec::opus, Codec::pcma, Codec::pcmu})
    EXPECT_TRUE(can_depayload(codec)) << codec_name(codec);
}

}  // namespace
}  // namespace webcast
