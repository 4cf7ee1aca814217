#include "plugins/signalers/janus/janus_presence.hpp"

#include <glib.h>

#include "common/backoff.hpp"
#include "common/random_id.hpp"

namespace webcast {

namespace {

using std::chrono::milliseconds;

// From asking for a place in the room until it is given.
constexpr milliseconds kPatience{10'000};
// A session that held so long was a good one: the next attempt comes soon again.
constexpr std::chrono::seconds kProven{10};
// As many as the element takes before it has a description.
constexpr size_t kMostEarly = 64;
constexpr BackoffSettings kBackoff{milliseconds(1'000), milliseconds(30'000)};

}  // namespace

std::shared_ptr<JanusPresence> JanusPresence::create(const JanusAddress& address,
                                                     const SignalerContext& context) {
  return context.role == SignalerRole::producer ? make_janus_publisher(address, context)
                                                : make_janus_subscriber(address, context);
}

JanusLinkEvents JanusPresence::link_events() {
  auto post = [&control = control_, weak = weak_from_this()](auto function) {
    control.post([weak, function] {
      if (auto self = weak.lock(); self && self->link_) function(*self);
    });
  };
  JanusLinkEvents events;
  events.connected = [post](bool resumed) {
    post([resumed](JanusPresence& self) { self.on_connected(resumed); });
  };
  events.reply = [post](const JanusReply& reply) {
    post([reply](JanusPresence& self) { self.on_reply(reply); });
  };
  events.state = [post](const std::string& state) {
    post([state](JanusPresence& self) { self.on_state(state); });
  };
  events.trouble = [post](const Error& error) {
    post([error](JanusPresence& self) { self.events_.warning(error); });
  };
  return events;
}

void JanusPresence::open(const StreamInfo& stream, OutgoingHttp outgoing) {
  stream_ = stream;
  link_ = JanusLink::open(address_, std::move(outgoing), link_events());
}

void JanusPresence::close() {
  retry_.cancel();
  patience_.cancel();
  pending_.clear();
  session_.reset();
  if (auto link = std::exchange(link_, nullptr)) link->close();
}

void JanusPresence::request(uint64_t handle, decltype(JanusRequest::what) what, Answer answer) {
  std::string transaction = std::to_string(++transactions_);
  pending_[transaction] = {handle, std::move(answer)};
  link_->send({.transaction = transaction, .handle = handle, .what = std::move(what)});
}

void JanusPresence::tell(uint64_t handle, decltype(JanusRequest::what) what) {
  link_->send(
      {.transaction = std::to_string(++transactions_), .handle = handle, .what = std::move(what)});
}

void JanusPresence::on_state(const std::string& state) {
  connected_ = false;
  retry_.cancel();
  patience_.cancel();
  events_.state(state, "");
}

void JanusPresence::on_connected(bool resumed) {
  connected_ = true;
  // What was asked and not answered is lost with the connection.
  bool settled = joined_ && (!session_ || session_->answered);
  pending_.clear();
  if (resumed && settled) {
    events_.state("connected", "");
    return on_resumed();
  }
  if (!resumed) {  // there is nothing to leave
    handle_ = 0;
    if (session_) session_->handle = 0;
  }
  drop_session(resumed ? "The connection to Janus broke."
                       : "Janus does not know the session any more.");
  leave();
  if (!has_business()) return events_.state("connected", "");
  enter();
}

void JanusPresence::enter() {
  if (!connected_ || !has_business()) return;
  retry_.cancel();
  set_patience();
  request(0, JanusAttach{}, [this](const JanusReply& reply) {
    if (fails(reply)) return;
    if (auto* success = std::get_if<JanusSuccess>(&reply.what)) handle_ = success->id;
    on_attached();
  });
}

void JanusPresence::set_patience() {
  patience_ = control_.after(kPatience, [weak = weak_from_this()] {
    if (auto self = weak.lock())
      self->fail({ErrorCode::timeout,
                  self->address_.shown + ": Janus does not answer. It is tried again and again."});
  });
}

void JanusPresence::join(const std::string& display) {
  request(handle_, JanusJoin{address_.room, display, address_.pin, address_.token},
          [this](const JanusReply& reply) {
            auto* joined = std::get_if<JanusJoined>(&reply.what);
            if (fails(reply) || !joined) return;
            patience_.cancel();
            joined_ = true;
            events_.state("connected", "");
            on_joined(*joined);
          });
}

void JanusPresence::leave() {
  joined_ = false;
  patience_.cancel();
  pending_.clear();
  if (uint64_t handle = std::exchange(handle_, 0)) {
    left_ = handle;
    tell(handle, JanusLeave{});
    tell(handle, JanusDetach{});
  }
}

void JanusPresence::begin_session() {
  session_ = Session{};
  session_->id = unguessable_uuid();
}

void JanusPresence::ask(SessionRequest request) {
  session_->asked = true;
  const auto early = std::exchange(session_->early, {});
  request.session = session_->id;
  request.viewer = address_.shown;
  events_.session_requested(request);
  for (const JanusCandidate& each : early) {
    if (!session_ || session_->id != request.session) return;  // it was turned away
    events_.candidate(request.session, each.mline, each.candidate);
  }
}

void JanusPresence::answered() {
  patience_.cancel();
  session_->answered = true;
  session_->answered_at = std::chrono::steady_clock::now();
  warned_.clear();
}

bool JanusPresence::is_proven() const {
  return session_->answered && std::chrono::steady_clock::now() - session_->answered_at > kProven;
}

void JanusPresence::drop_session(const std::string& reason) {
  if (!session_) return;
  if (is_proven()) failures_ = 0;
  Session session = std::move(*session_);
  session_.reset();
  std::erase_if(pending_, [&](const auto& pending) {
    return session.handle != 0 && pending.second.handle == session.handle;
  });
  if (session.handle != 0 && session.handle != handle_) tell(session.handle, JanusDetach{});
  if (session.asked && !reason.empty()) events_.session_ended(session.id, reason);
}

void JanusPresence::trickle(const std::string& session, unsigned mline,
                            const std::string& candidate) {
  if (session_ && session_->id == session && session_->handle != 0)
    tell(session_->handle, JanusTrickle{mline, candidate});
}

void JanusPresence::end(const std::string& session, const std::optional<std::string>& error) {
  if (!session_ || session_->id != session) return;
  if (error && !is_proven()) warn({ErrorCode::failed, address_.shown + ": " + *error});
  drop_session("");  // it knows
  on_session_over(false);
}

bool JanusPresence::fails(const JanusReply& reply) {
  auto* failure = std::get_if<JanusFailure>(&reply.what);
  if (failure) fail(janus_refusal(address_, *failure));
  return failure;
}

void JanusPresence::fail(const Error& error) {
  warn(error);
  drop_session(error.sentence);
  leave();
  retry();
}

void JanusPresence::retry() {
  if (!connected_) return;
  retry_ = control_.after(backoff(failures_++, jitter(), kBackoff), [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->retry_.cancel();
    self->try_again();
  });
}

void JanusPresence::on_reply(const JanusReply& reply) {
  auto found = pending_.find(reply.transaction);
  if (found != pending_.end()) {
    if (std::holds_alternative<JanusAck>(reply.what)) return;
    Answer answer = std::move(found->second.answer);
    pending_.erase(found);
    return answer(reply);
  }
  // A handle that came after it was given up.
  if (auto* success = std::get_if<JanusSuccess>(&reply.what); success && success->id != 0)
    return tell(success->id, JanusDetach{});
  on_told(reply);
}

// What comes after we noticed, by the end of the media, and left ourselves, counts too.
std::optional<Error> JanusPresence::why_put_out(const JanusReply& reply) const {
  const std::string again = " It is tried again and again.";
  auto* left = std::get_if<JanusLeft>(&reply.what);
  if (left && left->kicked)
    return Error{ErrorCode::refused,
                 address_.shown + ": Janus put us out of the room (kicked)." + again};
  if (std::holds_alternative<JanusRoomDestroyed>(reply.what))
    return Error{ErrorCode::not_found, address_.shown + ": the room was closed." + again};
  return std::nullopt;
}

void JanusPresence::on_told(const JanusReply& reply) {
  bool is_session = session_ && session_->handle != 0 && session_->handle == reply.handle;
  bool is_room = handle_ != 0 && handle_ == reply.handle;
  if (auto put_out = why_put_out(reply)) {
    if (is_room) return fail(*put_out);
    if (left_ == reply.handle) warn(*put_out);
    return;
  }
  if (!is_session && !is_room) return;
  if (auto* hangup = std::get_if<JanusHangup>(&reply.what)) {
    if (!is_session) return;
    drop_session("Janus ended the session: " + hangup->reason + ".");
    on_session_over(false);
  } else if (std::holds_alternative<JanusDetached>(reply.what)) {
    drop_session("Janus ended the session.");
    if (is_room) leave();
    on_session_over(false);
  } else if (auto* candidate = std::get_if<JanusCandidate>(&reply.what)) {
    if (is_session) on_candidate(*candidate);
  } else if (std::holds_alternative<JanusWebrtcUp>(reply.what)) {
    g_debug("%s: Janus has the media's connection", address_.shown.c_str());
  } else if (auto* media = std::get_if<JanusMedia>(&reply.what)) {
    g_debug("%s: Janus gets %s %s", address_.shown.c_str(), media->receiving ? "some" : "no",
            media->kind.c_str());
  } else if (auto* slow = std::get_if<JanusSlowLink>(&reply.what)) {
    g_debug("%s: Janus lost %" G_GUINT64_FORMAT " packets %s us", address_.shown.c_str(),
            static_cast<guint64>(slow->lost), slow->uplink ? "from" : "to");
  } else {
    on_event(reply);
  }
}

// With full_trickle Janus tells them while it still makes its offer.
void JanusPresence::on_candidate(const JanusCandidate& told) {
  if (session_->asked)
    events_.candidate(session_->id, told.mline, told.candidate);
  else if (session_->early.size() < kMostEarly)
    session_->early.push_back(told);
}

void JanusPresence::warn(const Error& error) {
  if (std::exchange(warned_, error.sentence) != error.sentence) events_.warning(error);
}

}  // namespace webcast
