#include "plugins/signalers/listen.hpp"

#include <set>

#include "plugins/signalers/location.hpp"
#include "plugins/signalers/server_registry.hpp"
#include "signaling/protocol/stream_meta.hpp"

namespace webcast {

namespace {

// What messages from the server's thread find as long as the signaler runs. Control thread.
class Publication : public std::enable_shared_from_this<Publication> {
 public:
  Publication(ControlThread& control, SignalerEvents events, SignalerRole role)
      : control_(control), events_(std::move(events)), role_(role) {}

  Result<void> open(const ListenAddress& address, const AccessSettings& access,
                    const StreamInfo& stream);
  void close();
  void update(const StreamInfo& stream);
  void set_access(const AccessSettings& access) { lease_->set_access(access); }
  void send(const Message& message) { peer_->send(message); }
  void forget(const std::string& session) { sessions_.erase(session); }
  bool has(const std::string& session) const { return sessions_.contains(session); }

 private:
  void on(const Message& message);
  void on_started(SessionRequest request, const Visitor& visitor);
  void on_ended(const std::string& session, const std::string& reason);
  void announce(const AccessSettings& access);
  bool is_producer() const { return role_ == SignalerRole::producer; }

  ControlThread& control_;
  SignalerEvents events_;
  const SignalerRole role_;
  std::unique_ptr<ServerLease> lease_;
  std::unique_ptr<LocalPeer> peer_;
  StreamInfo stream_;
  std::set<std::string> sessions_;
};

Result<void> Publication::open(const ListenAddress& address, const AccessSettings& access,
                               const StreamInfo& stream) {
  auto lease = lease_server(address, access, role_);
  if (!lease) return lease.error();
  auto& server = (*lease)->server();
  auto added = is_producer() ? server.add_stream(stream.name) : server.add_consumer(stream.name);
  if (!added) return added.error();
  lease_ = std::move(*lease);
  peer_ =
      lease_->server().join([&control = control_, weak = weak_from_this()](const Message& message) {
        control.post([weak, message] {
          if (auto self = weak.lock()) self->on(message);
        });
      });
  peer_->send(SetProtocolVersion{"v1_1"});
  update(stream);
  announce(access);
  return {};
}

void Publication::announce(const AccessSettings& access) {
  std::string url = lease_->server().url();
  bool open_to_others = !lease_->server().address().is_loopback();
  const std::string& token = is_producer() ? access.view_token : access.publish_token;
  bool is_tls = lease_->server().is_tls(), has_token = !token.empty();
  std::string property = is_producer() ? "view-token" : "publish-token";
  control_.post([weak = weak_from_this(), url, open_to_others, is_tls, has_token, property] {
    auto self = weak.lock();
    if (!self) return;
    if (open_to_others && !(is_tls && has_token)) {
      std::string sentence = "The stream can be reached from other machines at " + url + " ";
      if (!has_token) sentence += "by everybody, because no " + property + " is set";
      if (!has_token && !is_tls) sentence += ", and ";
      if (!is_tls) sentence += "without encryption of its pages, because no tls-certificate is set";
      self->events_.warning(
          {ErrorCode::refused, sentence + ". Set what is missing, or listen on 127.0.0.1 only."});
    }
    self->events_.state("listening", url);
  });
}

void Publication::close() {
  if (!lease_) return;
  peer_.reset();
  if (is_producer())
    lease_->server().remove_stream(stream_.name);
  else
    lease_->server().remove_consumer(stream_.name);
  lease_.reset();
}

void Publication::update(const StreamInfo& stream) {
  stream_ = stream;
  SetPeerStatus status;
  if (!is_producer()) {
    status.roles.consumer = true;
    status.meta = "{\"name\":\"" + stream.name + "\"}";
    return peer_->send(status);
  }
  StreamStatus shown{.name = stream.name,
                     .title = stream.title,
                     .live = stream.live,
                     .viewers = stream.viewers,
                     .video = stream.video,
                     .audio = stream.audio};
  for (const std::string& uri : stream.ice_servers)
    if (auto server = ice_server_of_uri(uri)) shown.ice_servers.push_back(std::move(*server));
  lease_->server().set_stream(shown);
  // Who waits for the stream, or for one more track of it, is a listener and told by this. An
  // identical status is a no-op.
  status.roles.producer = stream.live;
  status.meta = write_stream_meta(
      {stream.name, stream.video, stream.audio, stream.title, stream.notice}, TrackLines::left_out);
  peer_->send(status);
}

void Publication::on(const Message& message) {
  const char* left = is_producer() ? "The viewer left." : "The publisher left.";
  if (auto* started = std::get_if<StartSession>(&message)) {
    on_started({started->session, started->peer, started->offer}, started->visitor);
  } else if (auto* asked = std::get_if<SessionStarted>(&message)) {
    on_started({asked->session, asked->peer}, asked->visitor);
  } else if (auto* sdp = std::get_if<SessionSdp>(&message)) {
    if (has(sdp->session)) events_.description(sdp->session, sdp->is_offer, sdp->sdp);
  } else if (auto* ice = std::get_if<SessionIce>(&message)) {
    if (has(ice->session)) events_.candidate(ice->session, ice->mline, ice->candidate);
  } else if (auto* plain = std::get_if<EndSession>(&message)) {
    on_ended(plain->session, left);
  } else if (auto* told = std::get_if<EndSessionV1_1>(&message)) {
    on_ended(told->session, told->error.value_or(left));
  } else if (auto* error = std::get_if<ErrorMessage>(&message)) {
    g_debug("The room says: %s", error->details.c_str());
  }
}

void Publication::on_started(SessionRequest request, const Visitor& visitor) {
  sessions_.insert(request.session);
  request.visitor = visitor;
  events_.session_requested(request);
}

void Publication::on_ended(const std::string& session, const std::string& reason) {
  if (sessions_.erase(session) > 0) events_.session_ended(session, reason);
}

class ListenSignaler : public Signaler {
 public:
  ListenSignaler(std::string location, ListenAddress address, SignalerContext context)
      : location_(std::move(location)), address_(address), context_(std::move(context)) {}
  ~ListenSignaler() override { stop(); }

  Result<void> start(const StreamInfo& stream) override {
    auto publication =
        std::make_shared<Publication>(context_.control, context_.events, context_.role);
    if (auto opened = publication->open(address_, context_.access, stream); !opened) {
      Error error = opened.error();
      error.sentence = shown_location(location_) + ": " + error.sentence;
      return error;
    }
    publication_ = std::move(publication);
    return {};
  }
  void stop() override {
    if (auto publication = std::exchange(publication_, nullptr)) publication->close();
  }
  void set_stream(const StreamInfo& stream) override {
    if (publication_) publication_->update(stream);
  }
  void set_access(const AccessSettings& access) override {
    if (publication_) publication_->set_access(access);
  }
  void send_description(const std::string& session, bool is_offer,
                        const std::string& sdp) override {
    send(session, SessionSdp{session, is_offer, sdp});
  }
  void send_candidate(const std::string& session, unsigned mline,
                      const std::string& candidate) override {
    send(session, SessionIce{session, mline, candidate});
  }
  void end_session(const std::string& session, std::optional<std::string> error) override {
    send(session, EndSessionV1_1{session, std::move(error)});
    if (publication_) publication_->forget(session);
  }

 private:
  void send(const std::string& session, const Message& message) {
    if (publication_ && publication_->has(session)) publication_->send(message);
  }

  std::string location_;
  ListenAddress address_;
  SignalerContext context_;
  std::shared_ptr<Publication> publication_;
};

}  // namespace

Result<std::unique_ptr<Signaler>> make_listen_signaler(const std::string& location,
                                                       const std::string& address,
                                                       SignalerContext context) {
  auto parsed = parse_listen_address(address);
  if (!parsed) {
    Error error = parsed.error();
    error.sentence = shown_location(location) + ": " + error.sentence;
    return error;
  }
  return std::unique_ptr<Signaler>(
      std::make_unique<ListenSignaler>(location, *parsed, std::move(context)));
}

}  // namespace webcast
