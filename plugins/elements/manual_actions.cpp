#include "plugins/elements/manual_actions.hpp"

#include "plugins/elements/webcast_sink.hpp"
#include "plugins/elements/webcast_src.hpp"

namespace webcast {
namespace {

constexpr const char* kDescription = "manual-description";

// What an action returns: nothing, or why it was not taken.
char* refusal(const Result<void>& taken) {
  return taken ? nullptr : g_strdup(taken.error().sentence.c_str());
}

char* not_started() {
  return g_strdup("The element is not started: set its pipeline to PLAYING first.");
}

char* set_answer(WebcastSink* self, const char* sdp) {
  auto broadcast = self->state->current_broadcast();
  return broadcast ? refusal(broadcast->set_answer(sdp ? sdp : "")) : not_started();
}

char* set_offer(WebcastSrc* self, const char* sdp) {
  auto reception = self->state->current_reception();
  return reception ? refusal(reception->set_offer(sdp ? sdp : "")) : not_started();
}

void install(GType type, const char* action, GCallback handler) {
  g_signal_new(kDescription, type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE, 2,
               G_TYPE_STRING, G_TYPE_STRING);
  g_signal_new_class_handler(action, type,
                             static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                             handler, nullptr, nullptr, nullptr, G_TYPE_STRING, 1, G_TYPE_STRING);
}

}  // namespace

void install_sink_manual(GType type) {
  install(type, "set-answer", G_CALLBACK(set_answer));
}

void install_source_manual(GType type) {
  install(type, "set-offer", G_CALLBACK(set_offer));
}

void tell_handed_out(GstElement* element, bool is_offer, const std::string& sdp) {
  const char* type = is_offer ? "offer" : "answer";
  GstStructure* told = gst_structure_new("webcast-manual-description", "type", G_TYPE_STRING, type,
                                         "sdp", G_TYPE_STRING, sdp.c_str(), nullptr);
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), told));
  g_signal_emit_by_name(element, kDescription, type, sdp.c_str());
}

}  // namespace webcast
