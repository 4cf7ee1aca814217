// Janus' WebSocket API and its streaming plugin: create, attach, watch, start, keepalive.
#include "tests/bench/swarm/json_writer.hpp"
#include "tests/bench/swarm/signaling.hpp"

namespace webcast::swarm {
namespace {

constexpr guint kKeepaliveSeconds = 20;

class JanusSignaling : public SwarmSignaling {
 public:
  JanusSignaling(SoupSession* soup, std::string stream, SignalingEvents events)
      : SwarmSignaling(soup, std::move(stream), std::move(events)) {}
  ~JanusSignaling() override {
    if (keepalive_) g_source_remove(keepalive_);
  }

  const char* subprotocol() const override { return "janus-protocol"; }

  // The plugin always offers.
  void request(const std::string&) override {
    JsonWriter message = to_plugin("message");
    message.begin("body").add("request", "watch");
    message.add("id", stream_.empty() ? gint64{1} : g_ascii_strtoll(stream_.c_str(), nullptr, 10));
    send(message.end().finish());
  }

  void answer(const std::string& sdp) override {
    JsonWriter message = to_plugin("message");
    message.begin("body").add("request", "start").end();
    message.begin("jsep").add("type", "answer").add("sdp", sdp).end();
    send(message.finish());
    JsonWriter end = to_plugin("trickle");
    send(end.begin("candidate").add("completed", true).end().finish());
  }

  void leave() override {
    if (session_) send(to_session("destroy").finish());
    session_ = 0;
  }

 private:
  JsonWriter to_session(const char* what) {
    JsonWriter message;
    message.add("janus", what).add("transaction", std::to_string(++transaction_));
    if (session_) message.add("session_id", session_);
    return message;
  }
  JsonWriter to_plugin(const char* what) {
    JsonWriter message = to_session(what);
    message.add("handle_id", handle_);
    return message;
  }

  void opened() override { send(to_session("create").finish()); }

  void received(JsonObject* message) override {
    std::string what = string_member(message, "janus");
    JsonObject* data = object_member(message, "data");
    if (what == "success" && data && !session_) {
      session_ = json_object_get_int_member_with_default(data, "id", 0);
      send(to_session("attach").add("plugin", "janus.plugin.streaming").finish());
      keepalive_ = g_timeout_add_seconds(kKeepaliveSeconds, &JanusSignaling::on_keepalive, this);
    } else if (what == "success" && data && !handle_) {
      handle_ = json_object_get_int_member_with_default(data, "id", 0);
      events_.found();
    } else if (what == "event") {
      received_event(message);
    } else if (what == "error") {
      events_.ended("Janus: " + string_member(object_member(message, "error"), "reason"));
    } else if (what == "hangup") {
      events_.ended("Janus hung up: " + string_member(message, "reason"));
    }
  }

  void received_event(JsonObject* message) {
    JsonObject* plugin = object_member(object_member(message, "plugindata"), "data");
    std::string error = string_member(plugin, "error");
    if (!error.empty()) return events_.ended("Janus: " + error);
    if (JsonObject* jsep = object_member(message, "jsep"))
      events_.description(string_member(jsep, "type") == "offer", string_member(jsep, "sdp"));
  }

  static gboolean on_keepalive(gpointer data) {
    auto* self = static_cast<JanusSignaling*>(data);
    self->send(self->to_session("keepalive").finish());
    return G_SOURCE_CONTINUE;
  }

  gint64 session_ = 0, handle_ = 0;
  unsigned transaction_ = 0;
  guint keepalive_ = 0;
};

}  // namespace

std::unique_ptr<SwarmSignaling> SwarmSignaling::janus(SoupSession* soup, std::string stream,
                                                      SignalingEvents events) {
  return std::make_unique<JanusSignaling>(soup, std::move(stream), std::move(events));
}

}  // namespace webcast::swarm
