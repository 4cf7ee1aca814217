#include "plugins/session/authorization.hpp"

#include "plugins/gst/gst_ref.hpp"

namespace webcast {
namespace {

// The class's own handler, the first to be run.
gboolean allow(GstElement*, GstStructure*) {
  return TRUE;
}

// The first handler that refuses decides.
gboolean all_must_allow(GSignalInvocationHint*, GValue* result, const GValue* one, gpointer) {
  g_value_copy(one, result);
  return g_value_get_boolean(one);
}

StructurePtr describe(const AskedFor& asked, const SessionRequest& request) {
  const Visitor& visitor = *request.visitor;
  const char* role = asked.our_role == SignalerRole::producer ? "view" : "publish";
  StructurePtr structure(gst_structure_new(
      "webcast-request", "id", G_TYPE_STRING, request.session.c_str(), "stream", G_TYPE_STRING,
      asked.stream.c_str(), "role", G_TYPE_STRING, role, "signaler", G_TYPE_STRING,
      asked.signaler.c_str(), "token-valid", G_TYPE_BOOLEAN, visitor.token_valid, nullptr));
  auto set_known = [&](const char* name, const std::string& text) {
    if (!text.empty())
      gst_structure_set(structure.get(), name, G_TYPE_STRING, text.c_str(), nullptr);
  };
  set_known("peer", request.viewer);
  set_known("address", visitor.address);
  set_known("origin", visitor.origin);
  set_known("token", visitor.token);
  return structure;
}

}  // namespace

void install_authorize(GType element_type) {
  g_signal_new_class_handler("authorize", element_type, G_SIGNAL_RUN_FIRST, G_CALLBACK(allow),
                             all_must_allow, nullptr, nullptr, G_TYPE_BOOLEAN, 1,
                             GST_TYPE_STRUCTURE);
}

bool is_authorized(GstElement* element, const AskedFor& asked, const SessionRequest& request) {
  gboolean allowed = TRUE;
  g_signal_emit_by_name(element, "authorize", describe(asked, request).get(), &allowed);
  return allowed;
}

}  // namespace webcast
