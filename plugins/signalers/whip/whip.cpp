#include "plugins/signalers/whip/whip.hpp"

#include <algorithm>
#include <map>

#include "common/backoff.hpp"
#include "common/random_id.hpp"
#include "plugins/signalers/gathering.hpp"
#include "plugins/signalers/location.hpp"
#include "plugins/signalers/whip/whip_client.hpp"
#include "signaling/protocol/sdp_text.hpp"

namespace webcast {

namespace {

using std::chrono::milliseconds;

// Beside ICE servers candidates follow the offer: it waits for them, but not for ever. Later ones
// are patched in.
constexpr GatherPatience kPatience{milliseconds(200), milliseconds(1'500)};
// A session that held so long was a good one: the next attempt comes soon again.
constexpr std::chrono::seconds kProven{10};
constexpr BackoffSettings kBackoff{milliseconds(1'000), milliseconds(30'000)};
// For the DELETEs when the element stops.
constexpr milliseconds kGoodbyePatience{1'000};

class WhipSignaler : public Signaler, public std::enable_shared_from_this<WhipSignaler> {
 public:
  WhipSignaler(const std::string& location, std::string url, SignalerContext context)
      : location_(shown_location(location)), url_(std::move(url)), context_(std::move(context)) {}

  Result<void> start(const StreamInfo& stream) override;
  void stop() override;
  void set_stream(const StreamInfo& stream) override;
  void set_access(const AccessSettings& access) override;
  void send_description(const std::string& session, bool is_offer, const std::string& sdp) override;
  void send_candidate(const std::string& session, unsigned mline,
                      const std::string& candidate) override;
  void end_session(const std::string& session, std::optional<std::string> error) override;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Attempt {
    std::shared_ptr<WhipClient> client{};
    bool asked = false;     // the element was asked for a session
    bool answered = false;  // and the server took it
    bool has_servers = false;
    std::unique_ptr<Gathering> gathering{};  // of the offer
    Time answered_at{};
  };
  using Attempts = std::map<std::string, Attempt>;

  static Time now() { return std::chrono::steady_clock::now(); }
  WhipClientEvents client_events(const std::string& session);
  void begin();
  void on_ready(const std::string& session, const std::vector<IceServer>& servers);
  void on_answered(const std::string& session, const std::string& sdp);
  void on_failed(const std::string& session, const WhipFailure& failure);
  void on_lost(const std::string& session);
  void drop(const std::string& session);
  void send_goodbyes();
  void retry(milliseconds at_least);
  void warn(const Error& error);
  bool plays() const { return context_.role == SignalerRole::consumer; }

  const std::string location_, url_;
  SignalerContext context_;
  StreamInfo stream_;
  OutgoingHttp outgoing_;
  std::unique_ptr<HttpClient> http_;
  Attempts attempts_;  // the current one, and the one that it is to replace while that flows
  std::string current_;
  std::vector<HttpRequest> goodbyes_;
  std::vector<HttpCall> leaving_;
  Timer retry_;
  unsigned failures_ = 0;
  std::string warned_;  // the same sentence is told once
};

Result<void> WhipSignaler::start(const StreamInfo& stream) {
  auto outgoing = OutgoingHttp::load(context_.outgoing);
  if (!outgoing) return outgoing.error();
  outgoing_ = std::move(*outgoing);
  http_ = std::make_unique<HttpClient>(outgoing_);
  StreamInfo known = stream;
  known.live |= plays();  // whether there is anything to play, the server knows
  set_stream(known);
  return {};
}

void WhipSignaler::set_stream(const StreamInfo& stream) {
  stream_ = stream;
  if (!http_) return;
  if (!stream_.live) {
    retry_.cancel();
  } else if (current_.empty() && !retry_) {
    begin();
  }
}

// For the next session; at once where that waits after a refusal.
void WhipSignaler::set_access(const AccessSettings& access) {
  std::string before = context_.shown_token();
  context_.access = access;
  if (context_.shown_token() == before || !retry_ || !stream_.live || !current_.empty()) return;
  failures_ = 0;
  begin();
}

void WhipSignaler::begin() {
  retry_.cancel();
  current_ = unguessable_uuid();
  Attempt& attempt = attempts_[current_];
  WhipToken token{context_.shown_token(), shown_token_property(context_.role)};
  attempt.client = std::make_shared<WhipClient>(*http_, url_, std::move(token), outgoing_.headers(),
                                                client_events(current_));
  attempt.gathering = std::make_unique<Gathering>(
      context_.control,
      [client = attempt.client](const std::string& offer) { client->offer(offer); });
  attempt.client->start();
}

WhipClientEvents WhipSignaler::client_events(const std::string& session) {
  auto bound = [weak = weak_from_this(), session](auto method) {
    return [weak, session, method](const auto&... arguments) {
      std::string id = session;  // the client, and this function with it, may go in the call
      if (auto self = weak.lock()) ((*self).*method)(id, arguments...);
    };
  };
  WhipClientEvents events;
  events.warned = [weak = weak_from_this()](const Error& error) {
    if (auto self = weak.lock()) self->warn(error);
  };
  events.ready = bound(&WhipSignaler::on_ready);
  events.answered = bound(&WhipSignaler::on_answered);
  events.failed = bound(&WhipSignaler::on_failed);
  events.lost = bound(&WhipSignaler::on_lost);
  return events;
}

void WhipSignaler::on_ready(const std::string& session, const std::vector<IceServer>& servers) {
  auto found = attempts_.find(session);
  if (found == attempts_.end()) return;
  found->second.asked = true;
  found->second.has_servers =
      !servers.empty() || !stream_.ice_servers.empty() || stream_.has_own_servers;
  SessionRequest request;
  request.session = session;
  request.viewer = url_;
  request.is_server = true;
  request.wants_offer = plays();
  for (const IceServer& server : servers)
    request.ice_servers.push_back(uri_of_ice_server(server));
  context_.events.session_requested(request);
}

void WhipSignaler::send_description(const std::string& session, bool is_offer,
                                    const std::string& sdp) {
  auto found = attempts_.find(session);
  if (found == attempts_.end() || !is_offer) return;
  found->second.gathering->describe(sdp, found->second.has_servers ? kPatience : GatherPatience{});
}

void WhipSignaler::send_candidate(const std::string& session, unsigned mline,
                                  const std::string& candidate) {
  auto found = attempts_.find(session);
  if (found == attempts_.end() || candidate.empty()) return;
  Attempt& attempt = found->second;
  if (attempt.gathering->add(candidate)) return;
  auto text = read_sdp_text(attempt.gathering->description());
  if (text && mline < text->media.size())
    attempt.client->add_candidate(text->media[mline].mid, candidate);
}

void WhipSignaler::on_answered(const std::string& session, const std::string& sdp) {
  auto found = attempts_.find(session);
  if (found == attempts_.end()) return;
  found->second.answered = true;
  found->second.answered_at = now();
  warned_.clear();
  context_.events.state("connected", url_);
  context_.events.description(session, false, sdp);
  if (current_ != session) return;  // it was not taken: what flowed goes on
  // Make before break: what flowed until now goes.
  std::vector<std::string> replaced;
  for (auto& [id, attempt] : attempts_)
    if (id != current_) replaced.push_back(id);
  for (const std::string& id : replaced) {
    drop(id);
    context_.events.session_ended(id, "A new session with the server took its place.");
  }
}

void WhipSignaler::on_failed(const std::string& session, const WhipFailure& failure) {
  auto found = attempts_.find(session);
  if (found == attempts_.end()) return;
  bool asked = found->second.asked;
  drop(session);
  warn(failure.error);
  if (asked) context_.events.session_ended(session, failure.error.sentence);
  retry(failure.retry_after);
}

// The server forgot the session. Its media may still flow: it stays until a new one is there.
void WhipSignaler::on_lost(const std::string& session) {
  if (session != current_ || !stream_.live) return;
  context_.events.state("reconnecting", url_);
  if (plays()) {  // a source takes one at a time
    drop(session);
    context_.events.session_ended(session, "The server does not know the session any more.");
  }
  begin();
}

void WhipSignaler::end_session(const std::string& session, std::optional<std::string> error) {
  auto found = attempts_.find(session);
  if (found == attempts_.end()) return;
  bool proven = found->second.answered && now() - found->second.answered_at > kProven;
  bool was_current = session == current_;
  drop(session);
  if (proven) failures_ = 0;
  if (error) warn({ErrorCode::failed, *error});
  if (was_current) retry(milliseconds(0));
}

void WhipSignaler::drop(const std::string& session) {
  auto found = attempts_.find(session);
  if (found == attempts_.end()) return;
  if (auto goodbye = found->second.client->goodbye()) {
    // A moment later: when the element stops, stop() sends it and waits for it.
    goodbyes_.push_back(*goodbye);
    context_.control.post([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->send_goodbyes();
    });
  }
  auto client = found->second.client;
  attempts_.erase(found);
  if (session == current_) current_.clear();
}

void WhipSignaler::send_goodbyes() {
  std::erase_if(leaving_, [](const HttpCall& call) { return !call.open(); });
  if (!http_) return;
  for (const HttpRequest& goodbye : std::exchange(goodbyes_, {}))
    leaving_.push_back(http_->send(goodbye, [](const HttpReply&) {}));
}

void WhipSignaler::retry(milliseconds at_least) {
  if (!http_ || !stream_.live) return;
  context_.events.state("reconnecting", url_);
  auto delay = std::max(at_least, backoff(failures_++, jitter(), kBackoff));
  retry_ = context_.control.after(delay, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->retry_.cancel();
    if (self->stream_.live && self->current_.empty()) self->begin();
  });
}

void WhipSignaler::warn(const Error& error) {
  if (error.sentence == warned_) return;
  warned_ = error.sentence;
  context_.events.warning({error.code, location_ + ": " + error.sentence, error.cause});
}

void WhipSignaler::stop() {
  if (!http_) return;
  retry_.cancel();
  for (auto& [id, attempt] : attempts_)
    if (auto goodbye = attempt.client->goodbye()) goodbyes_.push_back(*goodbye);
  attempts_.clear();
  current_.clear();
  leaving_.clear();
  http_.reset();
  HttpClient::send_and_wait(outgoing_, std::exchange(goodbyes_, {}), kGoodbyePatience);
}

// The element's side of it: what the signaler's own callbacks hold weakly.
class WhipHandle : public Signaler {
 public:
  explicit WhipHandle(std::shared_ptr<WhipSignaler> signaler) : signaler_(std::move(signaler)) {}
  ~WhipHandle() override { signaler_->stop(); }
  Result<void> start(const StreamInfo& stream) override { return signaler_->start(stream); }
  void stop() override { signaler_->stop(); }
  void set_stream(const StreamInfo& stream) override { signaler_->set_stream(stream); }
  void set_access(const AccessSettings& access) override { signaler_->set_access(access); }
  void send_description(const std::string& session, bool is_offer,
                        const std::string& sdp) override {
    signaler_->send_description(session, is_offer, sdp);
  }
  void send_candidate(const std::string& session, unsigned mline,
                      const std::string& candidate) override {
    signaler_->send_candidate(session, mline, candidate);
  }
  void end_session(const std::string& session, std::optional<std::string> error) override {
    signaler_->end_session(session, std::move(error));
  }

 private:
  std::shared_ptr<WhipSignaler> signaler_;
};

}  // namespace

Result<std::string> whip_url(const std::string& scheme, const std::string& rest) {
  std::string url = (scheme.ends_with("s") ? "https://" : "http://") + rest;
  GUri* uri = g_uri_parse(url.c_str(), G_URI_FLAGS_NONE, nullptr);
  const char* host = uri ? g_uri_get_host(uri) : nullptr;
  bool good = host && *host, has_user = uri && g_uri_get_userinfo(uri);
  if (uri) g_uri_unref(uri);
  if (has_user)
    return Error{ErrorCode::invalid_argument,
                 "a user or a token has no place before the host: set " +
                     std::string(scheme.starts_with("whep") ? "view-token." : "publish-token.")};
  std::string plain = scheme.substr(0, 4);
  if (!good)
    return Error{ErrorCode::invalid_argument, "it looks like " + plain + "://HOST/PATH, or " +
                                                  plain + "s://HOST/PATH for https."};
  return url;
}

Result<std::unique_ptr<Signaler>> make_whip_signaler(const std::string& location,
                                                     const std::string& scheme,
                                                     const std::string& rest,
                                                     SignalerContext context) {
  bool plays = scheme.starts_with("whep");
  if (!plays && context.role != SignalerRole::producer)
    return Error{ErrorCode::not_supported,
                 scheme +
                     "://: WHIP is for publishing: a source cannot play from there, but from "
                     "whep://HOST/PATH."};
  if (plays && context.role != SignalerRole::consumer)
    return Error{ErrorCode::not_supported,
                 scheme +
                     "://: WHEP is for playing: a sink cannot publish there, but to "
                     "whip://HOST/PATH."};
  auto url = whip_url(scheme, rest);
  if (!url) {
    Error error = url.error();
    error.sentence = shown_location(location) + ": " + error.sentence;
    return error;
  }
  auto signaler = std::make_shared<WhipSignaler>(location, *url, std::move(context));
  return std::unique_ptr<Signaler>(std::make_unique<WhipHandle>(std::move(signaler)));
}

}  // namespace webcast
