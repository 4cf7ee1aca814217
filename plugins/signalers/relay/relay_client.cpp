#include "plugins/signalers/relay/relay_client.hpp"

#include <algorithm>
#include <map>

#include "common/backoff.hpp"
#include "plugins/signalers/relay/relay_address.hpp"
#include "plugins/signalers/relay/relay_link.hpp"
#include "signaling/protocol/stream_meta.hpp"

namespace webcast {

namespace {

// A status that was refused is said again: the name may be free by then.
constexpr std::chrono::milliseconds kSayAgain{3'000};
// A session that was refused or ended is asked for again.
constexpr BackoffSettings kAskAgain{std::chrono::seconds(1), std::chrono::seconds(30)};

// What the link's messages find as long as the signaler runs. Control thread.
class RelayPresence : public std::enable_shared_from_this<RelayPresence> {
 public:
  explicit RelayPresence(const SignalerContext& context)
      : control_(context.control), events_(context.events), role_(context.role) {}

  void open(RelayAddress address, OutgoingHttp outgoing, const StreamInfo& stream);
  void close() { link_->close(); }
  void set_bearer(const std::string& token) { link_->set_bearer(token); }
  void update(const StreamInfo& stream);
  void end(const std::string& session, std::optional<std::string> error);
  void send(const std::string& session, const Message& message) {
    if (sessions_.contains(session)) link_->send(message);
  }

 private:
  bool is_producer() const { return role_ == SignalerRole::producer; }
  RelayLinkEvents link_events();
  void say_status();
  void say_taker();
  void on_connected(bool ours);
  void on(const Message& message);
  void on_started(const SessionRequest& request);
  void on_list(const List& list);
  void on_producer(const std::string& peer, bool produces, const std::string& meta);
  void replace_lost();
  void tell_page();
  void ask();
  void ask_later();
  void forget(const std::string& session);
  void on_ended(const std::string& session, const std::string& reason);
  void on_refused(const std::string& details);
  void on_status_refused(const std::string& details);

  ControlThread& control_;
  SignalerEvents events_;
  const SignalerRole role_;
  RelayAddress address_;
  StreamInfo stream_;
  // And the producer that was asked for it; none: the other side began. A session outlives the
  // connection, and the relay: its media flows from here to the viewer.
  std::map<std::string, std::string> sessions_;
  bool told_page_ = false;
  bool connected_ = false;
  std::string refusal_;
  Timer say_again_;
  // Of a consumer: who has the stream now, and who was asked for it.
  std::string producer_, asked_;
  // Whom the relay lost, on this connection, while its session went on.
  std::string lost_;
  unsigned attempt_ = 0, refusals_ = 0;
  Timer ask_again_;
  std::unique_ptr<RelayLink> link_;
};

RelayLinkEvents RelayPresence::link_events() {
  auto post = [&control = control_, weak = weak_from_this()](auto function) {
    control.post([weak, function] {
      if (auto self = weak.lock()) function(*self);
    });
  };
  RelayLinkEvents events;
  events.connected = [post](bool ours) {
    post([ours](RelayPresence& self) { self.on_connected(ours); });
  };
  events.message = [post](const Message& message) {
    post([message](RelayPresence& self) { self.on(message); });
  };
  events.state = [post](const std::string& state) {
    post([state](RelayPresence& self) {
      self.connected_ = false;
      self.say_again_.cancel();
      self.ask_again_.cancel();
      self.events_.state(state, "");
    });
  };
  events.trouble = [post](const Error& error) {
    post([error](RelayPresence& self) { self.events_.warning(error); });
  };
  return events;
}

void RelayPresence::open(RelayAddress address, OutgoingHttp outgoing, const StreamInfo& stream) {
  address_ = std::move(address);
  stream_ = stream;
  link_ = RelayLink::open(address_, std::move(outgoing), link_events());
}

void RelayPresence::update(const StreamInfo& stream) {
  stream_ = stream;
  if (connected_) say_status();
}

// An identical status is a no-op at the relay.
void RelayPresence::say_status() {
  SetPeerStatus status;
  if (is_producer()) {
    status.roles.producer = stream_.live;
    status.meta = write_stream_meta({stream_.name, stream_.video, stream_.audio, stream_.title, stream_.notice});
  } else {
    status.roles.listener = true;
  }
  link_->send(status);
}

// Clients of WHIP and the relay's page bring a stream to who is a consumer under its name. A status
// of its own, since it may be refused; at our relay only: others fail on that role.
void RelayPresence::say_taker() {
  SetPeerStatus status;
  status.roles.listener = status.roles.consumer = true;
  status.meta = write_stream_meta({stream_.name});
  link_->send(status);
}

void RelayPresence::on_connected(bool ours) {
  connected_ = true;
  refusal_.clear();
  refusals_ = 0;
  say_status();
  producer_.clear();
  asked_.clear();
  lost_.clear();
  if (!is_producer() && ours) say_taker();
  if (is_producer() && ours) tell_page();
  if (!is_producer()) link_->send(ListRequest{});
  events_.state("connected", "");
}

// GStreamer's relay has no pages.
void RelayPresence::tell_page() {
  if (std::exchange(told_page_, true)) return;
  std::string page = relay_page(address_, "watch/" + stream_.name);
  if (!page.empty()) events_.info("Watch at " + page);
}

void RelayPresence::on(const Message& message) {
  const char* left = is_producer() ? "The viewer left." : "The publisher left.";
  if (auto* started = std::get_if<StartSession>(&message)) {
    SessionRequest request{started->session, started->peer, started->offer};
    request.visitor.emplace();
    on_started(request);
  } else if (auto* given = std::get_if<SessionStarted>(&message)) {
    SessionRequest request{given->session, given->peer};
    if (given->peer != asked_) request.visitor.emplace();  // it came by itself
    if (given->peer == asked_) asked_.clear();
    on_started(request);
  } else if (auto* list = std::get_if<List>(&message)) {
    on_list(*list);
  } else if (auto* status = std::get_if<PeerStatusChanged>(&message)) {
    on_producer(status->peer, status->roles.producer, status->meta);
  } else if (auto* sdp = std::get_if<SessionSdp>(&message)) {
    if (sessions_.contains(sdp->session))
      events_.description(sdp->session, sdp->is_offer, sdp->sdp);
  } else if (auto* ice = std::get_if<SessionIce>(&message)) {
    if (sessions_.contains(ice->session))
      events_.candidate(ice->session, ice->mline, ice->candidate);
  } else if (auto* plain = std::get_if<EndSession>(&message)) {
    on_ended(plain->session, left);
  } else if (auto* told = std::get_if<EndSessionV1_1>(&message)) {
    on_ended(told->session, told->error.value_or(left));
  } else if (auto* error = std::get_if<ErrorMessage>(&message)) {
    on_refused(error->details);
  }
}

void RelayPresence::on_ended(const std::string& session, const std::string& reason) {
  if (!sessions_.contains(session)) return;
  attempt_ = 0;
  forget(session);
  events_.session_ended(session, reason);
}

void RelayPresence::on_started(const SessionRequest& request) {
  // Without a visitor it was we who asked.
  sessions_[request.session] = request.visitor ? "" : request.viewer;
  events_.session_requested(request);
}

// Where a name is not one publisher's alone, the first of them is as good as another; and the one
// that came since the list was asked for is asked already.
void RelayPresence::on_list(const List& list) {
  for (const PeerEntry& entry : list.producers)
    if (producer_.empty() || producer_ == entry.peer) on_producer(entry.peer, true, entry.meta);
}

void RelayPresence::on_producer(const std::string& peer, bool produces, const std::string& meta) {
  if (is_producer()) return;
  if (produces && read_stream_meta(meta).name == stream_.name) {
    producer_ = peer;
    if (lost_ == peer) lost_.clear();
  } else {
    bool is_theirs = std::any_of(sessions_.begin(), sessions_.end(),
                                 [&](const auto& session) { return session.second == peer; });
    if (is_theirs) lost_ = peer;
    if (peer == producer_) {
      producer_.clear();
      asked_.clear();
      // GStreamer's relay, and ours in a federation, may know another of that name.
      if (connected_) link_->send(ListRequest{});
    }
  }
  replace_lost();
  ask();
}

// A publisher whose process was killed says no goodbye: the relay saw its connection break, and
// here is another of that name. Without it the session goes on, for its media may.
void RelayPresence::replace_lost() {
  if (lost_.empty() || producer_.empty() || lost_ == producer_) return;
  std::string lost = std::exchange(lost_, "");
  auto found = std::find_if(sessions_.begin(), sessions_.end(),
                            [&](const auto& session) { return session.second == lost; });
  if (found == sessions_.end()) return;
  std::string session = found->first;
  sessions_.erase(found);
  attempt_ = 0;
  link_->send(EndSessionV1_1{session, std::nullopt});
  events_.session_ended(session, "The publisher was lost, and one of that name came.");
}

// Whoever sends now is over first.
void RelayPresence::ask() {
  if (!connected_ || producer_.empty() || asked_ == producer_ || !sessions_.empty()) return;
  ask_again_.cancel();
  asked_ = producer_;
  link_->send(StartSessionRequest{producer_, std::nullopt});
}

void RelayPresence::ask_later() {
  asked_.clear();
  ask_again_ = control_.after(backoff(attempt_++, jitter(), kAskAgain),
                              [weak = weak_from_this()] {
                                auto self = weak.lock();
                                if (!self) return;
                                self->ask_again_.cancel();
                                self->ask();
                              });
}

// The session is over. A consumer asks for another, ever later while those that it gets are turned
// away.
void RelayPresence::forget(const std::string& session) {
  sessions_.erase(session);
  if (!is_producer() && sessions_.empty() && asked_.empty()) ask_later();
}

void RelayPresence::on_refused(const std::string& details) {
  if (is_producer() || details.starts_with(kNotTaker)) return on_status_refused(details);
  ask_later();
}

void RelayPresence::on_status_refused(const std::string& details) {
  if (std::exchange(refusal_, details) != details) {
    std::string sentence = "The relay " + address_.shown + " says: " + details;
    if (is_producer())
      events_.warning({ErrorCode::refused, sentence});
    else
      events_.info(sentence + " What is published there is watched all the same.");
  }
  if (say_again_ || !connected_) return;
  auto delay = is_producer() ? kSayAgain : backoff(refusals_++, jitter(), kAskAgain);
  say_again_ = control_.after(delay, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->say_again_.cancel();
    if (!self->connected_) return;
    if (self->is_producer())
      self->say_status();
    else
      self->say_taker();
  });
}

void RelayPresence::end(const std::string& session, std::optional<std::string> error) {
  if (!sessions_.contains(session)) return;
  forget(session);
  link_->send(EndSessionV1_1{session, std::move(error)});
}

class RelaySignaler : public Signaler {
 public:
  RelaySignaler(RelayAddress address, SignalerContext context)
      : address_(std::move(address)), context_(std::move(context)) {}
  ~RelaySignaler() override { stop(); }

  Result<void> start(const StreamInfo& stream) override {
    auto settings = context_.outgoing;
    if (address_.token_from == address_.token_property)
      settings.headers = with_bearer(std::move(settings.headers), context_.shown_token());
    auto outgoing = OutgoingHttp::load(settings);
    if (!outgoing) return outgoing.error();
    presence_ = std::make_shared<RelayPresence>(context_);
    presence_->open(address_, std::move(*outgoing), stream);
    return {};
  }
  void stop() override {
    if (auto presence = std::exchange(presence_, nullptr)) presence->close();
  }
  void set_stream(const StreamInfo& stream) override {
    if (presence_) presence_->update(stream);
  }
  // A token in the location, or in the headers, stays what it is.
  void set_access(const AccessSettings& access) override {
    context_.access = access;
    if (presence_ && address_.token_from != kLocationToken && !has_own_authorization())
      presence_->set_bearer(context_.shown_token());
  }
  void send_description(const std::string& session, bool is_offer,
                        const std::string& sdp) override {
    if (presence_) presence_->send(session, SessionSdp{session, is_offer, sdp});
  }
  void send_candidate(const std::string& session, unsigned mline,
                      const std::string& candidate) override {
    if (presence_) presence_->send(session, SessionIce{session, mline, candidate});
  }
  void end_session(const std::string& session, std::optional<std::string> error) override {
    if (presence_) presence_->end(session, std::move(error));
  }

 private:
  bool has_own_authorization() const {
    const HttpHeaders& headers = context_.outgoing.headers;
    return std::any_of(headers.begin(), headers.end(), [](const auto& header) {
      return g_ascii_strcasecmp(header.first.c_str(), "authorization") == 0;
    });
  }

  const RelayAddress address_;
  SignalerContext context_;
  std::shared_ptr<RelayPresence> presence_;
};

}  // namespace

Result<std::unique_ptr<Signaler>> make_relay_signaler(const std::string& location,
                                                      SignalerContext context) {
  auto address = parse_relay_address(location, shown_token_property(context.role),
                                     !context.shown_token().empty());
  if (!address) return address.error();
  return std::unique_ptr<Signaler>(
      std::make_unique<RelaySignaler>(std::move(*address), std::move(context)));
}

}  // namespace webcast
