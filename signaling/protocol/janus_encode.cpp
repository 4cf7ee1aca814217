#include "signaling/protocol/janus_codec.hpp"
#include "signaling/protocol/json_writer.hpp"

namespace webcast {

namespace {

constexpr const char* kPlugin = "janus.plugin.videoroom";

JsonWriter& id(JsonWriter& writer, const char* name, const JanusId& id) {
  if (!id.is_number) return writer.text(name, id.text);
  return writer.number(name, g_ascii_strtoll(id.text.c_str(), nullptr, 10));
}

void unless_empty(JsonWriter& writer, const char* name, const std::string& value) {
  if (!value.empty()) writer.text(name, value);
}

JsonWriter request(const char* name) {
  return JsonWriter().text("request", name);
}

// Each says what kind of message it is, and adds the rest.

struct Body {
  JsonWriter& message;

  const char* operator()(const JanusCreate&) { return "create"; }
  const char* operator()(const JanusClaim&) { return "claim"; }
  const char* operator()(const JanusKeepalive&) { return "keepalive"; }
  const char* operator()(const JanusDestroy&) { return "destroy"; }
  const char* operator()(const JanusDetach&) { return "detach"; }
  const char* operator()(const JanusAttach&) {
    message.text("plugin", kPlugin);
    return "attach";
  }
  const char* operator()(const JanusTrickle& m) {
    JsonWriter candidate;
    if (m.candidate.empty()) {
      candidate.yes("completed", true);
    } else {
      candidate.text("candidate", m.candidate).number("sdpMLineIndex", m.mline);
    }
    message.object("candidate", candidate);
    return "trickle";
  }

  const char* operator()(const JanusListRooms&) { return plugin(request("list")); }
  const char* operator()(const JanusListParticipants& m) {
    JsonWriter body = request("listparticipants");
    return plugin(id(body, "room", m.room));
  }
  const char* operator()(const JanusJoin& m) {
    JsonWriter body = request("join");
    body.text("ptype", "publisher");
    id(body, "room", m.room);
    unless_empty(body, "display", m.display);
    return may_come_in(body, m);
  }
  const char* operator()(const JanusSubscribe& m) {
    JsonWriter body = request("join");
    body.text("ptype", "subscriber");
    id(body, "room", m.room);
    JsonWriter feed;
    body.objects("streams", {id(feed, "feed", m.feed)});
    if (m.private_id != 0) body.number("private_id", static_cast<gint64>(m.private_id));
    return may_come_in(body, m);
  }
  const char* operator()(const JanusPublish& m) {
    describe("offer", m.offer);
    return plugin(request("publish"));
  }
  const char* operator()(const JanusStart& m) {
    describe("answer", m.answer);
    return plugin(request("start"));
  }
  const char* operator()(const JanusLeave&) { return plugin(request("leave")); }

 private:
  template <typename Message>
  const char* may_come_in(JsonWriter& body, const Message& m) {
    unless_empty(body, "pin", m.pin);
    unless_empty(body, "token", m.token);
    return plugin(body);
  }
  void describe(const char* type, const std::string& sdp) {
    JsonWriter description;
    message.object("jsep", description.text("type", type).text("sdp", sdp));
  }
  const char* plugin(const JsonWriter& body) {
    message.object("body", body);
    return "message";
  }
};

}  // namespace

std::string janus_encode(const JanusRequest& request) {
  JsonWriter message;
  message.text("janus", std::visit(Body{message}, request.what));
  message.text("transaction", request.transaction);
  if (request.session != 0) message.number("session_id", static_cast<gint64>(request.session));
  if (request.handle != 0) message.number("handle_id", static_cast<gint64>(request.handle));
  unless_empty(message, "apisecret", request.api_secret);
  unless_empty(message, "token", request.token);
  return message.finish();
}

}  // namespace webcast
