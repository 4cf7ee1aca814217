#include "plugins/session/message_signal.hpp"

namespace webcast {

void tell_message(GstElement* element, const std::string& peer, const PeerMessage& message) {
  g_signal_emit_by_name(element, kMessageSignal, peer.c_str(), message.label.c_str(), message.data.get(),
                        message.is_text);
}

void add_message_stats(GstStructure* stats, const MessageStats& messages) {
  gst_structure_set(stats, "messages-sent", G_TYPE_UINT64, guint64{messages.sent},
                    "messages-received", G_TYPE_UINT64, guint64{messages.received},
                    "messages-dropped", G_TYPE_UINT64, guint64{messages.dropped},
                    "messages-refused", G_TYPE_UINT64, guint64{messages.refused}, nullptr);
}

}  // namespace webcast
