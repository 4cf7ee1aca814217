#include "tests/integration/janus/janus_operator.hpp"

#include "signaling/protocol/janus_codec.hpp"
#include "tests/integration/janus/janus_process.hpp"
#include "tests/support/sink_pipeline.hpp"

namespace webcast::test {

namespace {

WebsocketSettings janus_websocket() {
  const std::string uri = "ws://" + kJanusHost + ":" + std::to_string(kJanusPort);
  return {"janus-operator", adopt(g_uri_parse(uri.c_str(), G_URI_FLAGS_ENCODED, nullptr)),
          "janus-protocol", kMaxJanusBytes};
}

}  // namespace

JanusOperator::JanusOperator() : link_(janus_websocket(), talk_) {
  link_.start();
  talk_->next();
  uint64_t session = make(R"("janus":"create")");
  place_ = R"(,"session_id":)" + std::to_string(session);
  uint64_t handle = make(R"("janus":"attach","plugin":"janus.plugin.videoroom")");
  place_ += R"(,"handle_id":)" + std::to_string(handle);
  link_.post([this] { link_.ready(); });
}

std::optional<JanusReply> JanusOperator::ask(const std::string& request) {
  auto reply = say(R"("janus":"message","body":)" + request);
  return reply && std::holds_alternative<JanusFailure>(reply->what) ? std::nullopt : reply;
}

uint64_t JanusOperator::make(const std::string& members) {
  auto reply = say(members);
  auto* made = reply ? std::get_if<JanusSuccess>(&reply->what) : nullptr;
  return made ? made->id : 0;
}

std::optional<JanusReply> JanusOperator::say(const std::string& members) {
  // The recipe's secret.
  link_.post(
      [this, text = "{" + members + place_ + R"(,"transaction":"1","apisecret":"CHANGE-ME"})"] {
        link_.write(text);
      });
  return talk_->next();
}

void JanusOperator::Talk::heard(std::string_view text) {
  if (auto reply = janus_decode(text); reply && !std::holds_alternative<JanusAck>(reply->what))
    put(*reply);
}

void JanusOperator::Talk::put(JanusReply reply) {
  std::lock_guard lock(mutex_);
  replies_.push_back(std::move(reply));
  changed_.notify_all();
}

std::optional<JanusReply> JanusOperator::Talk::next() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return !replies_.empty(); }))
    return std::nullopt;
  JanusReply reply = std::move(replies_.front());
  replies_.pop_front();
  return reply;
}

}  // namespace webcast::test
