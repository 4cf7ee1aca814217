// Our own protocol: welcome, list, startSession, peer, endSession.
#include "tests/bench/swarm/json_writer.hpp"
#include "tests/bench/swarm/signaling.hpp"

namespace webcast::swarm {
namespace {

constexpr guint kListAgainMs = 250;

class WebcastSignaling : public SwarmSignaling {
 public:
  WebcastSignaling(SoupSession* soup, std::string stream, SignalingEvents events)
      : SwarmSignaling(soup, std::move(stream), std::move(events)) {}
  ~WebcastSignaling() override {
    if (list_again_) g_source_remove(list_again_);
  }

  void request(const std::string& offer) override {
    JsonWriter message;
    message.add("type", "startSession").add("peerId", producer_);
    if (!offer.empty()) message.add("offer", offer);
    send(message.finish());
  }

  void answer(const std::string& sdp) override {
    JsonWriter message;
    message.add("type", "peer").add("sessionId", session_);
    message.begin("sdp").add("type", "answer").add("sdp", sdp).end();
    send(message.finish());
  }

  void leave() override {
    if (!session_.empty())
      send(JsonWriter().add("type", "endSession").add("sessionId", session_).finish());
    session_.clear();
  }

 private:
  void received(JsonObject* message) override {
    std::string type = string_member(message, "type");
    if (type == "welcome") {
      send(JsonWriter().add("type", "setProtocolVersion").add("version", "v1_1").finish());
      list();
    } else if (type == "list" && producer_.empty()) {
      find_producer(message);
    } else if (type == "sessionStarted") {
      session_ = string_member(message, "sessionId");
    } else if (type == "peer") {
      received_peer(message);
    } else if (type == "endSession" || type == "endSessionV1_1") {
      session_.clear();
      events_.ended("the sender ended the session: " + string_member(message, "error"));
    } else if (type == "error") {
      events_.ended("error: " + string_member(message, "details"));
    }
  }

  void list() { send(JsonWriter().add("type", "list").finish()); }

  void find_producer(JsonObject* message) {
    JsonNode* node = json_object_get_member(message, "producers");
    JsonArray* producers =
        node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : nullptr;
    for (guint i = 0; producers && i < json_array_get_length(producers); ++i) {
      JsonObject* producer = json_array_get_object_element(producers, i);
      if (!stream_.empty() && string_member(object_member(producer, "meta"), "name") != stream_)
        continue;
      producer_ = string_member(producer, "id");
      return events_.found();
    }
    list_again_ = g_timeout_add(
        kListAgainMs,
        [](gpointer data) -> gboolean {
          auto* self = static_cast<WebcastSignaling*>(data);
          self->list_again_ = 0;
          self->list();
          return G_SOURCE_REMOVE;
        },
        this);
  }

  void received_peer(JsonObject* message) {
    if (JsonObject* description = object_member(message, "sdp"))
      events_.description(string_member(description, "type") == "offer",
                          string_member(description, "sdp"));
    else if (JsonObject* ice = object_member(message, "ice"))
      events_.candidate(string_member(ice, "candidate"));
  }

  std::string producer_, session_;
  guint list_again_ = 0;
};

}  // namespace

std::unique_ptr<SwarmSignaling> SwarmSignaling::webcast(SoupSession* soup, std::string stream,
                                                        SignalingEvents events) {
  return std::make_unique<WebcastSignaling>(soup, std::move(stream), std::move(events));
}

}  // namespace webcast::swarm
