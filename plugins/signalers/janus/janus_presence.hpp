// JanusPresence: one who is in a VideoRoom, from the first connection to the last, publishing
// (janus_publish.cpp) or subscribing (janus_subscribe.cpp). Has one session at most.
//
// Owned by the signaler, on the control thread. Losing the connection ends nothing: the session at
// Janus is claimed again, and only when Janus has forgotten it all begins anew.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "plugins/signalers/janus/janus_link.hpp"
#include "plugins/signalers/signaler.hpp"

namespace webcast {

class JanusPresence : public std::enable_shared_from_this<JanusPresence> {
 public:
  static std::shared_ptr<JanusPresence> create(const JanusAddress& address,
                                               const SignalerContext& context);
  JanusPresence(const JanusAddress& address, const SignalerContext& context)
      : address_(address), control_(context.control), events_(context.events) {}
  virtual ~JanusPresence() = default;

  void open(const StreamInfo& stream, OutgoingHttp outgoing);
  void close();
  virtual void update(const StreamInfo& stream) { stream_ = stream; }
  // Our offer, or our answer.
  virtual void describe(const std::string& session, const std::string& sdp) = 0;
  void trickle(const std::string& session, unsigned mline, const std::string& candidate);
  void end(const std::string& session, const std::optional<std::string>& error);

 protected:
  using Answer = std::function<void(const JanusReply&)>;
  struct Session {
    std::string id{};
    uint64_t handle = 0;    // at Janus; 0: not yet
    bool asked = false;     // the element was asked for it
    bool answered = false;  // both descriptions are where they belong
    std::chrono::steady_clock::time_point answered_at{};
    std::vector<JanusCandidate> early{};  // told before the element was asked; bounded
  };

  // Whether there is something to do in the room.
  virtual bool has_business() const = 0;
  virtual void on_attached() = 0;
  virtual void on_joined(const JanusJoined& joined) = 0;
  virtual void on_event(const JanusReply&) {}
  // The connection is back, and everything as it was.
  virtual void on_resumed() {}
  // The session is over: what to leave, and when to begin again. `soon`: it is nobody's fault.
  virtual void on_session_over(bool soon) = 0;
  virtual void try_again() = 0;

  // The answer is called once, unless the handle or the connection goes before.
  void request(uint64_t handle, decltype(JanusRequest::what) what, Answer answer);
  // Whose reply nobody waits for.
  void tell(uint64_t handle, decltype(JanusRequest::what) what);
  void enter();
  void join(const std::string& display);
  void leave();
  void begin_session();
  void ask(SessionRequest request);
  void answered();
  // Tells the element, if it was asked for the session; "": it knows.
  void drop_session(const std::string& reason);
  // A reply that says no: told to the user, and all is tried again later.
  bool fails(const JanusReply& reply);
  void fail(const Error& error);
  void retry();
  void set_patience();

  const JanusAddress address_;
  ControlThread& control_;
  SignalerEvents events_;
  StreamInfo stream_;
  bool connected_ = false, joined_ = false;
  uint64_t handle_ = 0;  // our place in the room
  std::optional<Session> session_;
  Timer retry_, patience_;
  unsigned failures_ = 0;

 private:
  struct Pending {
    uint64_t handle;
    Answer answer;
  };

  JanusLinkEvents link_events();
  void on_connected(bool resumed);
  void on_state(const std::string& state);
  void on_reply(const JanusReply& reply);
  void on_told(const JanusReply& reply);
  void on_candidate(const JanusCandidate& told);
  std::optional<Error> why_put_out(const JanusReply& reply) const;
  void warn(const Error& error);
  bool is_proven() const;

  std::map<std::string, Pending> pending_;  // by transaction
  uint64_t left_ = 0;                       // our place before
  guint64 transactions_ = 0;
  std::string warned_;  // the same sentence is told once
  std::unique_ptr<JanusLink> link_;
};

std::shared_ptr<JanusPresence> make_janus_publisher(const JanusAddress& address,
                                                    const SignalerContext& context);
std::shared_ptr<JanusPresence> make_janus_subscriber(const JanusAddress& address,
                                                     const SignalerContext& context);

}  // namespace webcast
