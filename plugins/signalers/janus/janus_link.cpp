#include "plugins/signalers/janus/janus_link.hpp"

#include <deque>

#include "plugins/signalers/websocket_link.hpp"
#include "signaling/protocol/janus_codec.hpp"

namespace webcast {

namespace {

// Janus ends a session that says nothing for 60 s.
constexpr std::chrono::seconds kKeepalive{25};
constexpr size_t kMostWaiting = 256;
// Of the session's own requests; its owner's begin otherwise.
constexpr const char *kCreate = "session", *kClaim = "claim", *kQuiet = "quiet";
// As apierror.h has it.
constexpr unsigned kNoSuchSession = 458;

class JanusTalk : public WebsocketTalk {
 public:
  JanusTalk(JanusAddress address, JanusLinkEvents events)
      : address_(std::move(address)), events_(std::move(events)) {}

  void use(WebsocketLink* link) { link_ = link; }
  void send(JanusRequest request);
  void end();

  void prepare(SoupMessageHeaders*) override {}
  void opened(SoupMessageHeaders*) override { begin(); }
  void heard(std::string_view text) override;
  void state(const std::string& state) override { events_.state(state); }
  void failed(const GError* error, unsigned status) override {
    tell(janus_unreachable(address_, error, status));
  }

 private:
  void begin();
  void write(JanusRequest request);
  void on_own(const JanusReply& reply);
  void on_session(bool resumed);
  bool is_over(const JanusReply& reply) const;
  void lose_session();
  void tell(const Error& why) {
    if (std::exchange(trouble_, why.sentence) != why.sentence) events_.trouble(why);
  }

  const JanusAddress address_;
  JanusLinkEvents events_;
  WebsocketLink* link_ = nullptr;
  std::deque<JanusRequest> waiting_;  // for the next connection
  uint64_t session_ = 0;
  bool has_session_ = false;   // on this connection
  std::string trouble_;
  Timer keepalive_;
};

// A session that is new, or the one that was before.
void JanusTalk::begin() {
  has_session_ = false;
  if (session_ != 0)
    write({.transaction = kClaim, .what = JanusClaim{}});
  else
    write({.transaction = kCreate, .what = JanusCreate{}});
}

void JanusTalk::write(JanusRequest request) {
  request.session = session_;
  request.api_secret = address_.secret;
  request.token = address_.token;
  link_->write(janus_encode(request));
}

void JanusTalk::heard(std::string_view text) {
  auto reply = janus_decode(text);
  if (!reply) {
    g_debug("Janus said what is not known here: %s", reply.error().sentence.c_str());
  } else if (reply->transaction == kCreate || reply->transaction == kClaim) {
    on_own(*reply);
  } else if (is_over(*reply)) {
    lose_session();
  } else if (reply->transaction != kQuiet && has_session_) {
    events_.reply(*reply);
  }
}

// Janus tells of a timeout, but not of a session that its operator ended: that one just is no more.
bool JanusTalk::is_over(const JanusReply& reply) const {
  if (session_ == 0 || reply.session != session_) return false;
  auto* failure = std::get_if<JanusFailure>(&reply.what);
  return std::holds_alternative<JanusTimeout>(reply.what) ||
         (failure && failure->code == kNoSuchSession);
}

// Where that happens again and again, the link's wait stands between the attempts.
// A new one is made on a new connection, which has a deadline and a wait before it.
void JanusTalk::lose_session() {
  session_ = 0;
  has_session_ = false;
  link_->give_up();
}

void JanusTalk::on_own(const JanusReply& reply) {
  if (auto* failure = std::get_if<JanusFailure>(&reply.what)) {
    bool is_forgotten = reply.transaction == kClaim && failure->code == kNoSuchSession;
    session_ = 0;
    if (is_forgotten) return begin();
    tell(janus_refusal(address_, *failure));
    return link_->give_up();
  }
  auto* success = std::get_if<JanusSuccess>(&reply.what);
  if (!success) return;
  if (reply.transaction == kCreate) session_ = success->id;
  on_session(reply.transaction == kClaim);
}

void JanusTalk::on_session(bool resumed) {
  link_->ready();
  has_session_ = true;
  trouble_.clear();
  std::deque<JanusRequest> waiting = std::exchange(waiting_, {});
  if (resumed) {
    for (JanusRequest& request : waiting)
      write(std::move(request));
  }
  if (!keepalive_)
    keepalive_ = link_->every(kKeepalive, [this] {
      if (link_->is_ready()) write({.transaction = kQuiet, .what = JanusKeepalive{}});
    });
  events_.connected(resumed);
}

void JanusTalk::send(JanusRequest request) {
  if (link_->is_ready() && has_session_) {
    write(std::move(request));
  } else if (waiting_.size() < kMostWaiting) {
    waiting_.push_back(std::move(request));
  }
}

void JanusTalk::end() {
  keepalive_.cancel();
  if (link_->is_ready()) write({.transaction = kQuiet, .what = JanusDestroy{}});
}

class JanusLinkImpl : public JanusLink {
 public:
  JanusLinkImpl(const JanusAddress& address, OutgoingHttp outgoing, JanusLinkEvents events)
      : talk_(std::make_shared<JanusTalk>(address, std::move(events))),
        link_({"webcast-janus", address.uri, "janus-protocol", kMaxJanusBytes, std::move(outgoing)},
              talk_) {
    talk_->use(&link_);
    link_.start();
  }
  ~JanusLinkImpl() override { close(); }

  void send(JanusRequest request) override {
    link_.post([talk = talk_, request = std::move(request)] { talk->send(request); });
  }
  void close() override {
    if (std::exchange(closed_, true)) return;
    link_.post([talk = talk_] { talk->end(); });
    link_.close();
  }

 private:
  std::shared_ptr<JanusTalk> talk_;
  WebsocketLink link_;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<JanusLink> JanusLink::open(const JanusAddress& address, OutgoingHttp outgoing,
                                           JanusLinkEvents events) {
  return std::make_unique<JanusLinkImpl>(address, std::move(outgoing), std::move(events));
}

}  // namespace webcast
