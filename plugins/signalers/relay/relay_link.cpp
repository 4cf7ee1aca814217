#include "plugins/signalers/relay/relay_link.hpp"

#include <deque>

#include "plugins/signalers/websocket_link.hpp"
#include "signaling/protocol/codec.hpp"

namespace webcast {

namespace {

constexpr size_t kMostWaiting = 256;
constexpr const char* kResume = "Webcast-Resume";

class RelayTalk : public WebsocketTalk {
 public:
  RelayTalk(RelayAddress address, RelayLinkEvents events)
      : address_(std::move(address)), events_(std::move(events)) {}

  void use(WebsocketLink* link) { link_ = link; }
  void use_token(bool has_token) {
    address_.token_from = has_token ? address_.token_property : "";
  }
  void send(const Message& message);

  void prepare(SoupMessageHeaders* request) override {
    soup_message_headers_append(request, kResume, secret_.empty() ? "new" : secret_.c_str());
  }
  void opened(SoupMessageHeaders* reply) override {
    const char* secret = soup_message_headers_get_one(reply, kResume);
    secret_ = secret ? secret : "";
  }
  void heard(std::string_view text) override;
  void state(const std::string& state) override { events_.state(state); }
  void failed(const GError* error, unsigned status) override {
    Error why = relay_trouble(address_, error, status);
    if (std::exchange(trouble_, why.sentence) != why.sentence) events_.trouble(why);
  }

 private:
  void on_welcome(const std::string& peer);
  void write(const Message& message);
  // GStreamer's relay knows v1_0 only (as of 0.15.4), and does not tell.
  bool is_ours() const { return !secret_.empty(); }

  RelayAddress address_;
  RelayLinkEvents events_;
  WebsocketLink* link_ = nullptr;
  std::deque<Message> waiting_;  // for the next connection
  std::string secret_, peer_, trouble_;
};

void RelayTalk::heard(std::string_view text) {
  auto message = decode(text, MessageDirection::to_client);
  if (!message) {
    g_debug("The relay said what is not known here: %s", message.error().sentence.c_str());
  } else if (auto* welcome = std::get_if<Welcome>(&*message)) {
    on_welcome(welcome->peer);
  } else {
    events_.message(*message);
  }
}

void RelayTalk::on_welcome(const std::string& peer) {
  if (link_->is_ready()) return;
  link_->ready();
  trouble_.clear();
  bool resumed = std::exchange(peer_, peer) == peer;
  if (is_ours()) write(SetProtocolVersion{"v1_1"});
  std::deque<Message> waiting = std::exchange(waiting_, {});
  if (resumed) {
    for (const Message& message : waiting)
      write(message);
  }
  events_.connected(is_ours());
}

void RelayTalk::write(const Message& message) {
  if (auto* told = std::get_if<EndSessionV1_1>(&message); told && !is_ours())
    return write(EndSession{told->session});
  link_->write(encode(message));
}

void RelayTalk::send(const Message& message) {
  if (link_->is_ready()) {
    write(message);
  } else if (waiting_.size() < kMostWaiting) {
    waiting_.push_back(message);
  }
}

class RelayLinkImpl : public RelayLink {
 public:
  RelayLinkImpl(const RelayAddress& address, OutgoingHttp outgoing, RelayLinkEvents events)
      : talk_(std::make_shared<RelayTalk>(address, std::move(events))),
        link_({"webcast-relay", address.uri, nullptr, 2 * kMaxMessageBytes, std::move(outgoing)},
              talk_) {
    talk_->use(&link_);
    link_.start();
  }

  void send(const Message& message) override {
    link_.post([talk = talk_, message] { talk->send(message); });
  }
  void set_bearer(const std::string& token) override {
    link_.set_bearer(token);
    link_.post([talk = talk_, has_token = !token.empty()] { talk->use_token(has_token); });
  }
  void close() override { link_.close(); }

 private:
  std::shared_ptr<RelayTalk> talk_;
  WebsocketLink link_;
};

}  // namespace

std::unique_ptr<RelayLink> RelayLink::open(const RelayAddress& address, OutgoingHttp outgoing,
                                           RelayLinkEvents events) {
  return std::make_unique<RelayLinkImpl>(address, std::move(outgoing), std::move(events));
}

}  // namespace webcast
