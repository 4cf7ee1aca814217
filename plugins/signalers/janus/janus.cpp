#include "plugins/signalers/janus/janus.hpp"

#include "plugins/signalers/janus/janus_presence.hpp"

namespace webcast {

namespace {

class JanusSignaler : public Signaler {
 public:
  JanusSignaler(JanusAddress address, SignalerContext context)
      : address_(std::move(address)), context_(std::move(context)) {}
  ~JanusSignaler() override { stop(); }

  Result<void> start(const StreamInfo& stream) override {
    auto outgoing = OutgoingHttp::load(context_.outgoing);
    if (!outgoing) return outgoing.error();
    presence_ = JanusPresence::create(address_, context_);
    presence_->open(stream, std::move(*outgoing));
    return {};
  }
  void stop() override {
    if (auto presence = std::exchange(presence_, nullptr)) presence->close();
  }
  void set_stream(const StreamInfo& stream) override {
    if (presence_) presence_->update(stream);
  }
  void send_description(const std::string& session, bool, const std::string& sdp) override {
    if (presence_) presence_->describe(session, sdp);
  }
  void send_candidate(const std::string& session, unsigned mline,
                      const std::string& candidate) override {
    if (presence_) presence_->trickle(session, mline, candidate);
  }
  void end_session(const std::string& session, std::optional<std::string> error) override {
    if (presence_) presence_->end(session, error);
  }

 private:
  const JanusAddress address_;
  const SignalerContext context_;
  std::shared_ptr<JanusPresence> presence_;
};

}  // namespace

Result<std::unique_ptr<Signaler>> make_janus_signaler(const std::string& location,
                                                      SignalerContext context) {
  auto address = parse_janus_address(location);
  if (!address) return address.error();
  return std::unique_ptr<Signaler>(
      std::make_unique<JanusSignaler>(std::move(*address), std::move(context)));
}

}  // namespace webcast
