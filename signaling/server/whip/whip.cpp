#include "signaling/server/whip/whip.hpp"

#include <algorithm>

#include "common/address_key.hpp"
#include "common/process_budget.hpp"
#include "common/random_id.hpp"
#include "signaling/protocol/sdp_fragment.hpp"
#include "signaling/protocol/stream_meta.hpp"
#include "signaling/server/http/client.hpp"
#include "signaling/server/http/http_reply.hpp"

namespace webcast {

namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
// Offers that wait for their answers, all together.
constexpr size_t kMostOfferBytes = 16 * 1024 * 1024;
constexpr unsigned kRetryWhenFull = 10, kRetryWhenNotLive = 3, kRetryWhenTaken = 2;  // s
// Not in libsoup's list.
constexpr unsigned kPreconditionRequired = 428;

Room::Time now() {
  return std::chrono::steady_clock::now();
}

void set_header(SoupServerMessage* message, const char* name, const std::string& value) {
  soup_message_headers_replace(soup_server_message_get_response_headers(message), name,
                               value.c_str());
}

void reply_error(SoupServerMessage* message, unsigned status, const std::string& sentence,
                 unsigned retry_after = 0) {
  reply_text(message, status, kText, sentence + "\n");
  if (retry_after > 0) set_header(message, "Retry-After", std::to_string(retry_after));
  if (status == kPreconditionRequired)
    soup_server_message_set_status(message, status, "Precondition Required");
}

void reply_empty(SoupServerMessage* message, unsigned status) {
  set_header(message, "Cache-Control", "no-store");
  soup_server_message_set_status(message, status, nullptr);
}

std::string body_of(SoupServerMessage* message) {
  auto bytes =
      adopt(soup_message_body_flatten(soup_server_message_get_request_body(message)));
  gsize size = 0;
  auto* data = static_cast<const char*>(g_bytes_get_data(bytes.get(), &size));
  return data ? std::string(data, size) : std::string();
}

}  // namespace

Whip::Whip(ControlThread& control, Switchboard& switchboard, WhipSettings settings,
           IceServersOf ice_servers)
    : control_(control),
      switchboard_(switchboard),
      settings_(settings),
      ice_servers_(std::move(ice_servers)),
      rate_(settings.rate),
      loopback_rate_(settings.loopback_rate) {}

void Whip::answer(const Request& request) {
  set_header(request.message, "Access-Control-Allow-Methods",
             "OPTIONS, GET, HEAD, POST, PATCH, DELETE");
  set_header(request.message, "Access-Control-Allow-Headers",
             "Authorization, Content-Type, If-Match");
  set_header(request.message, "Access-Control-Expose-Headers",
             "Location, Link, ETag, Accept-Patch, Retry-After");
  if (request.path.id.empty()) {
    answer_endpoint(request);
  } else {
    answer_resource(request);
  }
}

void Whip::answer_endpoint(const Request& request) {
  const char* method = soup_server_message_get_method(request.message);
  set_header(request.message, "Allow", "OPTIONS, GET, HEAD, POST");
  if (method == SOUP_METHOD_POST) {
    if (within_rate(request)) post(request);
  } else if (method == SOUP_METHOD_OPTIONS) {
    set_header(request.message, "Accept-Post", kSdpType);
    if (!request.is_preflight) describe(request);
    reply_empty(request.message, SOUP_STATUS_NO_CONTENT);
  } else if (method == SOUP_METHOD_HEAD && request.path.kind == WhipKind::whep) {
    reply_empty(request.message, SOUP_STATUS_OK);
    set_header(request.message, "Content-Type", kSdpType);
  } else if (method == SOUP_METHOD_GET || method == SOUP_METHOD_HEAD) {
    reply_empty(request.message, SOUP_STATUS_NO_CONTENT);
  } else {
    reply_error(request.message, SOUP_STATUS_METHOD_NOT_ALLOWED, "POST an offer here.");
  }
}

void Whip::answer_resource(const Request& request) {
  const char* method = soup_server_message_get_method(request.message);
  set_header(request.message, "Allow", "OPTIONS, PATCH, DELETE");
  if (method == SOUP_METHOD_OPTIONS) {
    set_header(request.message, "Accept-Patch", kSdpFragmentType);
    return reply_empty(request.message, SOUP_STATUS_NO_CONTENT);
  }
  bool patches = g_strcmp0(method, "PATCH") == 0, deletes = method == SOUP_METHOD_DELETE;
  if (!patches && !deletes)
    return reply_error(request.message, SOUP_STATUS_METHOD_NOT_ALLOWED,
                       "A session takes PATCH and DELETE.");
  if (!within_rate(request)) return;
  auto found = sessions_.find(request.path.id);
  if (found == sessions_.end() || found->second.resource.path() != request.path)
    return reply_error(request.message, SOUP_STATUS_NOT_FOUND, "There is no such session.");
  if (patches) return patch(request, found->second);
  reply_empty(request.message, SOUP_STATUS_OK);
  end(request.path.id);
}

bool Whip::within_rate(const Request& request) {
  RateLimit& limit = is_loopback_key(request.client_key) ? loopback_rate_ : rate_;
  auto wait = limit.take(request.client_key, now());
  if (wait.count() == 0) return true;
  refuse_for(request, wait, "Too many requests from this address.");
  return false;
}

void Whip::refuse_for(const Request& request, std::chrono::milliseconds wait,
                      const char* sentence) {
  reply_error(request.message, 429, sentence, static_cast<unsigned>((wait.count() + 999) / 1000));
  soup_server_message_set_status(request.message, 429, "Too Many Requests");
}

void Whip::describe(const Request& request) {
  auto* headers = soup_server_message_get_response_headers(request.message);
  for (const IceServer& server : ice_servers_(request.path.stream)) {
    std::string link = write_link(server);
    if (!link.empty()) soup_message_headers_append(headers, "Link", link.c_str());
  }
}

size_t Whip::sessions_of(const std::string& client_key) const {
  return static_cast<size_t>(
      std::count_if(sessions_.begin(), sessions_.end(), [&](const auto& entry) {
        return entry.second.client_key == client_key;
      }));
}

void Whip::post(const Request& request) {
  if (!is_media_type(request_header(request.message, "Content-Type"), kSdpType)) {
    set_header(request.message, "Accept-Post", kSdpType);
    return reply_error(request.message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE,
                       std::string("POST an offer as ") + kSdpType + ".");
  }
  std::string offer = body_of(request.message);
  auto checked = check_offer(offer, request.path.kind);
  if (!checked) {
    bool unfit = checked.error().code == ErrorCode::not_supported;
    return reply_error(request.message, unfit ? 422 : 400, checked.error().sentence);
  }
  size_t waiting = 0;
  for (const auto& [id, session] : sessions_)
    waiting += session.offer.size();
  if (sessions_.size() >= settings_.sessions || waiting + offer.size() > kMostOfferBytes ||
      sessions_of(request.client_key) >= request.client_limit)
    return reply_error(request.message, SOUP_STATUS_SERVICE_UNAVAILABLE,
                       "There are as many sessions as there may be.", kRetryWhenFull);
  if (auto wait = switchboard_.begin_session(request.client_key); wait.count() > 0)
    return refuse_for(request, wait, "Too many sessions were begun from this address.");
  WhipPath path = request.path;
  path.id = unguessable_id();
  Session& session =
      sessions_
          .emplace(path.id,
                   Session{WhipResource(path, std::move(*checked), now(), settings_.patience)})
          .first->second;
  session.client_key = request.client_key;
  session.token = request.token;
  session.shown = request.visitor.token;
  session.offer = std::move(offer);
  session.waiting = retain(request.message);
  soup_server_message_pause(request.message);
  call(path.id, session, request.visitor);
}

// What the room says comes back by on_message, in part before this returns: the session may be
// gone then.
void Whip::call(const std::string& id, Session& session, const Visitor& visitor) {
  bool plays = session.resource.path().kind == WhipKind::whep;
  std::string peer = switchboard_.join(
      [weak = weak_from_this(), id](const Message& message) {
        if (auto self = weak.lock()) self->on_message(id, message);
      },
      PeerKind::client, visitor);
  session.peer = peer;
  switchboard_.send(peer, SetProtocolVersion{"v1_1"});
  switchboard_.send(peer, plays ? Message(ListRequest{}) : Message(ListConsumersRequest{}));
  check(id);
}

void Whip::on_message(const std::string& id, const Message& message) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& session = found->second;
  if (auto* producers = std::get_if<List>(&message)) {
    on_entries(id, session, producers->producers);
  } else if (auto* consumers = std::get_if<ListConsumers>(&message)) {
    on_entries(id, session, consumers->consumers);
  } else if (auto* watching = std::get_if<SessionStarted>(&message)) {
    session.session = watching->session;
  } else if (auto* publishing = std::get_if<StartSession>(&message)) {
    session.session = publishing->session;
    switchboard_.send(session.peer, SessionSdp{session.session, true, session.offer});
  } else if (auto* sdp = std::get_if<SessionSdp>(&message)) {
    if (sdp->is_offer)
      return refuse(id, SOUP_STATUS_BAD_GATEWAY,
                    "The publisher makes offers only and takes none: it cannot be watched by WHEP.");
    bool trickles =
        settings_.peers_trickle || !ice_servers_(session.resource.path().stream).empty();
    session.resource.answered(sdp->sdp, trickles, now());
    check(id);
  } else if (auto* ice = std::get_if<SessionIce>(&message)) {
    session.resource.add_candidate(ice->candidate, now());
    check(id);
  } else if (auto* told = std::get_if<EndSessionV1_1>(&message)) {
    on_ended(id, session, told->error.value_or(""));
  } else if (std::holds_alternative<EndSession>(message)) {
    on_ended(id, session, "");
  } else if (auto* error = std::get_if<ErrorMessage>(&message)) {
    refuse(id, SOUP_STATUS_SERVICE_UNAVAILABLE, error->details, kRetryWhenFull);
  }
}

void Whip::on_entries(const std::string& id, Session& session,
                      const std::vector<PeerEntry>& entries) {
  const WhipPath& path = session.resource.path();
  bool plays = path.kind == WhipKind::whep;
  auto found = std::find_if(entries.begin(), entries.end(), [&](const PeerEntry& entry) {
    return read_stream_meta(entry.meta).name == path.stream;
  });
  if (found == entries.end())
    return refuse(id, SOUP_STATUS_CONFLICT,
                  plays ? "The stream \"" + path.stream + "\" is not live now: try again later."
                        : "Nobody takes a stream named \"" + path.stream +
                              "\" here now: try again later.",
                  kRetryWhenNotLive);
  std::string peer = session.peer;
  switchboard_.send(peer, StartSessionRequest{found->peer, plays ? std::optional(session.offer)
                                                                 : std::nullopt});
}

void Whip::on_ended(const std::string& id, Session& session, const std::string& reason) {
  if (!session.waiting) return end(id);
  if (reason.starts_with(kStreamFull) || reason.starts_with(kNoRoom))
    return refuse(id, SOUP_STATUS_SERVICE_UNAVAILABLE, reason, kRetryWhenFull);
  if (reason.starts_with(kStreamTaken))
    return refuse(id, SOUP_STATUS_SERVICE_UNAVAILABLE, reason, kRetryWhenTaken);
  if (reason.starts_with(kNotAuthorized)) return refuse(id, SOUP_STATUS_FORBIDDEN, reason);
  if (reason.empty())
    return refuse(id, SOUP_STATUS_CONFLICT, "The stream ended.", kRetryWhenNotLive);
  refuse(id, 422, reason);
}

// Whether the POST can be answered by now; else a timer comes here again.
void Whip::check(const std::string& id) {
  auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second.waiting) return;
  Session& session = found->second;
  if (session.resource.is_complete(now())) return created(id, session);
  if (!session.resource.has_answer() && now() >= session.resource.deadline())
    return refuse(id, SOUP_STATUS_GATEWAY_TIMEOUT, "The other side did not answer in time.",
                  kRetryWhenFull);
  auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(session.resource.deadline() -
                                                                     now());
  session.deadline = control_.after(
      std::max(delay, std::chrono::milliseconds(0)) + std::chrono::milliseconds(1),
      [weak = weak_from_this(), id] {
        if (auto self = weak.lock()) self->check(id);
      });
}

void Whip::created(const std::string& id, Session& session) {
  auto answer = session.resource.answer();
  if (!answer) {
    bool unfit = answer.error().code == ErrorCode::not_supported;
    return refuse(id, unfit ? 422 : SOUP_STATUS_BAD_GATEWAY, answer.error().sentence);
  }
  session.deadline.cancel();
  session.offer = {};
  session.resource.settled();
  auto message = std::exchange(session.waiting, nullptr);
  reply_text(message.get(), SOUP_STATUS_CREATED, kSdpType, *answer);
  std::string location = session.resource.path().text();
  if (!session.token.empty()) {
    char* escaped = g_uri_escape_string(session.token.c_str(), nullptr, FALSE);
    location += std::string("?token=") + escaped;
    g_free(escaped);
  }
  set_header(message.get(), "Location", location);
  set_header(message.get(), "ETag", session.resource.etag());
  set_header(message.get(), "Accept-Patch", kSdpFragmentType);
  describe({.message = message.get(), .path = session.resource.path()});
  soup_server_message_unpause(message.get());
}

void Whip::patch(const Request& request, Session& session) {
  PatchOutcome outcome = session.resource.patch(
      session.session, request_header(request.message, "Content-Type"),
      request_header(request.message, "If-Match"), body_of(request.message));
  if (outcome.status == 415) set_header(request.message, "Accept-Patch", kSdpFragmentType);
  if (outcome.status >= 400)
    return reply_error(request.message, outcome.status, outcome.sentence);
  reply_empty(request.message, outcome.status);
  std::string peer = session.peer;  // the session may end by what it sends
  for (SessionIce& candidate : outcome.candidates)
    switchboard_.send(peer, std::move(candidate));
}

void Whip::refuse(const std::string& id, unsigned status, const std::string& sentence,
                  unsigned retry_after) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  auto message = std::exchange(found->second.waiting, nullptr);
  end(id);
  if (!message) return;
  reply_error(message.get(), status, sentence, retry_after);
  soup_server_message_unpause(message.get());
}

void Whip::end(const std::string& id) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  std::string peer = found->second.peer;
  sessions_.erase(found);
  switchboard_.leave(peer);
}

void Whip::dismiss(const Switchboard::Admits& admits) {
  std::vector<std::string> leaving;
  for (const auto& [id, session] : sessions_)
    if (admits(session.shown, session.resource.path().kind == WhipKind::whip) != Admission::whole)
      leaving.push_back(id);
  for (const std::string& id : leaving)
    refuse(id, SOUP_STATUS_UNAUTHORIZED, "The token is not valid any more.");
}

void Whip::close() {
  while (!sessions_.empty())
    refuse(std::string(sessions_.begin()->first), SOUP_STATUS_SERVICE_UNAVAILABLE,
           "The server is going down.", kRetryWhenFull);
}

}  // namespace webcast
