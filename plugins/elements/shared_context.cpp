#include "plugins/elements/shared_context.hpp"

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

void share_context(GstElement* element, GstElement* asker, const char* type) {
  Ref<GstContext> context = adopt(gst_element_get_context(element, type));
  if (!context) {
    // A bin that has it, or the application's synchronous handler, sets it before this returns.
    gst_element_post_message(element, gst_message_new_need_context(GST_OBJECT(element), type));
    context = adopt(gst_element_get_context(element, type));
  }
  if (context) gst_element_set_context(asker, context.get());
}

}  // namespace webcast
