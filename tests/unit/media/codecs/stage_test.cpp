// What a stage gives its elements.
#include "plugins/media/codecs/stage.hpp"

#include <gtest/gtest.h>

#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

// One that appsrc (1.22.0) marks behind a dropped one must be nobody else's: it goes on with the
// pointer from before it was made writable.
TEST(Stage, ItsElementsGetBuffersThatNobodyElseHolds) {
  gst_init(nullptr, nullptr);
  ControlThread control("stage");
  Waiter waiter;
  std::vector<Ref<GstBuffer>> got;
  StageHandlers handlers;
  handlers.build = [](GstCaps*) -> Result<ElementChain> {
    return ElementChain{make_element("identity")};
  };
  handlers.sample = [&](GstSample* sample) {
    Ref<GstBuffer> buffer = retain(gst_sample_get_buffer(sample));
    waiter.change([&] { got.push_back(buffer); });
  };
  handlers.failed = [](const Error& error, bool) { ADD_FAILURE() << error.sentence; };
  handlers.ended = [] {};
  auto stage = Stage::create(control, {.name = "stage"}, std::move(handlers));
  Ref<GstCaps> caps = adopt(gst_caps_from_string("video/x-raw,format=GRAY8,width=4,height=4"));
  Ref<GstBuffer> held = adopt(gst_buffer_new_allocate(nullptr, 16, nullptr));
  GST_BUFFER_PTS(held.get()) = 0;
  stage->push(held.get(), caps.get());  // before the run
  waiter.wait([&] { return got.size() == 1; });
  stage->push(held.get(), caps.get());
  waiter.wait([&] { return got.size() == 2; });
  for (const Ref<GstBuffer>& buffer : got) {
    EXPECT_NE(buffer.get(), held.get());
    EXPECT_EQ(gst_buffer_peek_memory(buffer.get(), 0), gst_buffer_peek_memory(held.get(), 0));
  }
  control.call([&] { stage->stop(); });
}

}  // namespace
}  // namespace webcast
