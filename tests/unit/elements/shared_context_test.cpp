// What our pipelines' elements get of the contexts that the application's share.
#include "plugins/elements/shared_context.hpp"

#include <gtest/gtest.h>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {
namespace {

constexpr const char* kType = "some.card";

Ref<GstContext> new_context() {
  return adopt(gst_context_new(kType, TRUE));
}

class SharedContext : public ::testing::Test {
 protected:
  SharedContext() {
    gst_bin_add(GST_BIN(inner_.get()), element_.get());
    gst_bin_add(GST_BIN(pipeline_.get()), inner_.get());
  }
  Ref<GstContext> shared() {
    share_context(element_.get(), asker_.get(), kType);
    return adopt(gst_element_get_context(asker_.get(), kType));
  }

  Ref<GstElement> pipeline_ = make_element("pipeline"), inner_ = make_element("bin"),
                  element_ = make_element("bin"), asker_ = make_element("identity");
};

TEST_F(SharedContext, IsThatOfTheElement) {
  Ref<GstContext> context = new_context();
  gst_element_set_context(element_.get(), context.get());
  EXPECT_EQ(shared().get(), context.get());
}

TEST_F(SharedContext, IsThatOfTheApplicationsPipeline) {
  // As another element's that made it; the pipeline hands it to nobody who does not ask.
  Ref<GstContext> context = new_context();
  gst_element_post_message(
      inner_.get(),
      gst_message_new_have_context(GST_OBJECT(inner_.get()), gst_context_ref(context.get())));
  Ref<GstContext> own = adopt(gst_element_get_context(element_.get(), kType));
  EXPECT_FALSE(own);
  EXPECT_EQ(shared().get(), context.get());
}

TEST_F(SharedContext, IsThatOfTheApplicationsHandler) {
  Ref<GstContext> context = new_context();
  Ref<GstBus> bus = adopt(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(
      bus.get(),
      [](GstBus*, GstMessage* message, gpointer given) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_NEED_CONTEXT)
          gst_element_set_context(GST_ELEMENT(GST_MESSAGE_SRC(message)),
                                  static_cast<GstContext*>(given));
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      context.get(), nullptr);
  EXPECT_EQ(shared().get(), context.get());
}

TEST_F(SharedContext, IsNoneWhereNobodyHasOne) {
  EXPECT_FALSE(shared());
}

}  // namespace
}  // namespace webcast
