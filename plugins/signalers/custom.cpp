#include "plugins/signalers/custom.hpp"

#include <mutex>
#include <set>

#include "common/clean_text.hpp"
#include "common/connection.hpp"
#include "common/ref.hpp"

namespace webcast {

namespace {

const char* description_type(bool is_offer) {
  return is_offer ? "offer" : "answer";
}

// What the object's signals find, on whatever thread they are emitted. A thread that is in the
// middle of one keeps it beyond the signaler and the control thread: close() comes before.
class Inbox : public std::enable_shared_from_this<Inbox> {
 public:
  Inbox(ControlThread& control, SignalerEvents events, SignalerRole role)
      : control_(control), events_(std::move(events)), role_(role) {}

  void listen_to(WebcastSignaler* object);
  // Control thread. Nothing is posted, and nothing that was is told, after it.
  void close() {
    std::lock_guard lock(mutex_);
    open_ = false;
  }
  void forget(const std::string& session) { sessions_.erase(session); }
  bool has(const std::string& session) const { return sessions_.contains(session); }

 private:
  template <typename Function>
  void post(Function function) {
    auto told = [weak = weak_from_this(), function = std::move(function)] {
      auto self = weak.lock();
      if (self && self->open_) function(*self);
    };
    // It only queues.
    std::lock_guard lock(mutex_);
    if (open_) control_.post(std::move(told));
  }
  void on_requested(const SessionRequest& request);

  ControlThread& control_;
  SignalerEvents events_;
  const SignalerRole role_;
  std::set<std::string> sessions_;
  std::mutex mutex_;                     // control_ is there as long as it is open
  bool open_ = true;                     // written on the control thread only
  std::vector<Connection> connections_;  // last: no call comes when the rest goes
};

void Inbox::on_requested(const SessionRequest& request) {
  if (!sessions_.insert(request.session).second) {
    events_.warning({ErrorCode::invalid_argument,
                     "The signaler asked for a session named \"" + clean_text(request.session) +
                         "\" while there is one: give each session a name of its own."});
    return;
  }
  events_.session_requested(request);
}

void Inbox::listen_to(WebcastSignaler* object) {
  auto self = shared_from_this();
  connections_.push_back(connect(
      object, "session-requested", self,
      +[](Inbox& inbox, const char* session, const char* peer, const char* offer) {
        SessionRequest request{session, peer};
        if (offer) request.offer = offer;
        request.wants_offer = !offer && inbox.role_ == SignalerRole::consumer;
        request.visitor.emplace();
        inbox.post([request](Inbox& to) { to.on_requested(request); });
      }));
  connections_.push_back(connect(
      object, "description-received", self,
      +[](Inbox& inbox, const char* session, const char* type, const char* sdp) {
        inbox.post([session = std::string(session), is_offer = g_strcmp0(type, "offer") == 0,
                    sdp = std::string(sdp)](Inbox& to) {
          if (to.has(session)) to.events_.description(session, is_offer, sdp);
        });
      }));
  connections_.push_back(connect(
      object, "candidate-received", self,
      +[](Inbox& inbox, const char* session, guint mline, const char* candidate) {
        inbox.post(
            [session = std::string(session), mline, candidate = std::string(candidate)](Inbox& to) {
              if (to.has(session)) to.events_.candidate(session, mline, candidate);
            });
      }));
  connections_.push_back(connect(
      object, "session-ended", self, +[](Inbox& inbox, const char* session, const char* reason) {
        // It may be the other side's own words.
        inbox.post([session = std::string(session), reason = clean_text(reason)](Inbox& to) {
          if (to.sessions_.erase(session) > 0) to.events_.session_ended(session, reason);
        });
      }));
  connections_.push_back(connect(
      object, "state-changed", self, +[](Inbox& inbox, WebcastSignalerState state) {
        auto* states = static_cast<GEnumClass*>(g_type_class_ref(WEBCAST_TYPE_SIGNALER_STATE));
        const GEnumValue* value = g_enum_get_value(states, state);
        std::string name = value ? value->value_nick : "";
        g_type_class_unref(states);
        inbox.post([name](Inbox& to) { to.events_.state(name, ""); });
      }));
}

class CustomSignaler : public Signaler {
 public:
  CustomSignaler(WebcastSignaler* object, SignalerContext context)
      : object_(retain(object)), context_(std::move(context)) {}
  ~CustomSignaler() override { stop(); }

  Result<void> start(const StreamInfo& stream) override {
    inbox_ = std::make_shared<Inbox>(context_.control, context_.events, context_.role);
    inbox_->listen_to(object_.get());
    GError* error = nullptr;
    if (webcast_signaler_start(object_.get(), stream.name.c_str(), &error)) return {};
    std::exchange(inbox_, nullptr)->close();
    std::string cause = error ? clean_text(error->message) : "it gave no reason";
    g_clear_error(&error);
    return Error{ErrorCode::failed, std::string("The signaler ") +
                                        G_OBJECT_TYPE_NAME(object_.get()) +
                                        " could not start: " + cause};
  }
  void stop() override {
    auto inbox = std::exchange(inbox_, nullptr);
    if (!inbox) return;
    inbox->close();
    webcast_signaler_stop(object_.get());
  }
  // It is the application's: what is live there it knows.
  void set_stream(const StreamInfo&) override {}
  void send_description(const std::string& session, bool is_offer,
                        const std::string& sdp) override {
    if (has(session))
      webcast_signaler_send_description(object_.get(), session.c_str(), description_type(is_offer),
                                        sdp.c_str());
  }
  void send_candidate(const std::string& session, unsigned mline,
                      const std::string& candidate) override {
    if (has(session))
      webcast_signaler_send_candidate(object_.get(), session.c_str(), mline, candidate.c_str());
  }
  void end_session(const std::string& session, std::optional<std::string> error) override {
    if (!has(session)) return;
    inbox_->forget(session);
    webcast_signaler_end_session(object_.get(), session.c_str(), error ? error->c_str() : nullptr);
  }

 private:
  bool has(const std::string& session) const { return inbox_ && inbox_->has(session); }

  Ref<WebcastSignaler> object_;
  SignalerContext context_;
  std::shared_ptr<Inbox> inbox_;
};

}  // namespace

std::unique_ptr<Signaler> make_custom_signaler(WebcastSignaler* object, SignalerContext context) {
  return std::make_unique<CustomSignaler>(object, std::move(context));
}

}  // namespace webcast
