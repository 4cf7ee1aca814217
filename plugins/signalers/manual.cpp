#include "plugins/signalers/manual.hpp"

#include "common/backoff.hpp"
#include "common/random_id.hpp"
#include "plugins/signalers/gathering.hpp"
#include "signaling/protocol/description_text.hpp"
#include "signaling/protocol/sdp_text.hpp"

namespace webcast {

namespace {

using std::chrono::milliseconds;

// Nothing can follow what is carried by hand: slow servers are waited for, too.
constexpr GatherPatience kPatience{milliseconds(1'000), milliseconds(5'000)};
// After an offer that ended before anybody could have answered it.
constexpr BackoffSettings kBackoff{milliseconds(250), milliseconds(30'000)};
constexpr std::chrono::seconds kProven{10};

Error wrong(const std::string& sentence) {
  return {ErrorCode::invalid_argument, sentence};
}

// By what only an offer has (RFC 8842 section 5.3), where nothing else tells.
bool looks_like_offer(const std::string& sdp) {
  return sdp.find("\na=setup:actpass") != std::string::npos;
}

std::string with_line_ends(const std::string& text) {
  std::string sdp;
  for (size_t start = 0; start < text.size();) {
    size_t end = std::min(text.find('\n', start), text.size());
    std::string line = text.substr(start, end - start);
    start = end + 1;
    size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos) continue;
    sdp += line.substr(first, line.find_last_not_of(" \t\r") + 1 - first) + "\r\n";
  }
  return sdp;
}

class ByHand final : public ManualSignaler {
 public:
  explicit ByHand(SignalerContext context) : context_(std::move(context)) {}

  Result<void> start(const StreamInfo& stream) override;
  void stop() override;
  void set_stream(const StreamInfo& stream) override;
  void send_description(const std::string& session, bool is_offer, const std::string& sdp) override;
  void send_candidate(const std::string& session, unsigned mline,
                      const std::string& candidate) override;
  void end_session(const std::string& session, std::optional<std::string> error) override;
  Result<void> take(const std::string& text) override;
  std::string handed_out() const override { return handed_out_; }

 private:
  bool offers() const { return context_.role == SignalerRole::producer; }
  void begin(std::optional<std::string> offer);
  void begin_after(milliseconds delay);
  void hand_out(const std::string& sdp);
  void forget();
  Result<void> take_offer(const std::string& sdp);
  Result<void> take_answer(const std::string& sdp);
  Result<void> outcome(const std::string& session);
  void warn(const std::string& sentence);

  SignalerContext context_;
  StreamInfo stream_{};
  bool open_ = false, answered_ = false;
  std::string session_{};     // empty: there is none
  std::string handed_out_{};  // until it is answered
  std::unique_ptr<Gathering> gathering_{};
  std::chrono::steady_clock::time_point begun_{};
  std::optional<std::string> refusal_{};  // why the last session ended
  std::string warned_{};                  // the same sentence is told once
  unsigned failures_ = 0;
  Timer again_{};
};

Result<void> ByHand::start(const StreamInfo& stream) {
  open_ = true;
  set_stream(stream);
  return {};
}

void ByHand::set_stream(const StreamInfo& stream) {
  stream_ = stream;
  if (!open_ || !offers()) return;
  if (!stream_.live)
    again_.cancel();
  else if (session_.empty() && !again_)
    begin_after(milliseconds(0));  // not within this call: it is the element's own
}

void ByHand::begin_after(milliseconds delay) {
  again_ = context_.control.after(delay, [this] {
    again_.cancel();
    begin(std::nullopt);
  });
}

void ByHand::begin(std::optional<std::string> offer) {
  session_ = unguessable_uuid();
  answered_ = false;
  refusal_.reset();
  begun_ = std::chrono::steady_clock::now();
  gathering_ = std::make_unique<Gathering>(context_.control,
                                           [this](const std::string& sdp) { hand_out(sdp); });
  SessionRequest request;
  request.session = session_;
  request.viewer = kManualScheme;
  request.offer = std::move(offer);
  request.by_hand = true;
  context_.events.session_requested(request);
}

void ByHand::send_description(const std::string& session, bool is_offer, const std::string& sdp) {
  if (session != session_ || is_offer != offers()) return;
  bool gathers = !stream_.ice_servers.empty() || stream_.has_own_servers;
  gathering_->describe(sdp, gathers ? kPatience : GatherPatience{});
}

// One that comes after the description has no way any more.
void ByHand::send_candidate(const std::string& session, unsigned, const std::string& candidate) {
  if (session == session_ && !candidate.empty()) gathering_->add(candidate);
}

void ByHand::hand_out(const std::string& sdp) {
  handed_out_ = sdp;
  warned_.clear();
  context_.events.handed_out(offers(), sdp);
}

Result<void> ByHand::take(const std::string& text) {
  if (!open_) return wrong("The element has stopped.");
  auto sdp = read_by_hand(text, !offers());
  if (!sdp) return sdp.error();
  return offers() ? take_answer(*sdp) : take_offer(*sdp);
}

Result<void> ByHand::take_answer(const std::string& sdp) {
  if (answered_)
    return wrong(
        "The offer has its answer already, and one offer is for one viewer: when that session has "
        "ended, the next offer is made.");
  if (handed_out_.empty()) return wrong("There is no offer yet that this could be an answer to.");
  if (auto ok = check_answer_fits(handed_out_, sdp); !ok) return ok;
  answered_ = true;
  handed_out_.clear();
  std::string session = session_;
  context_.events.description(session, false, sdp);
  return outcome(session);
}

Result<void> ByHand::take_offer(const std::string& sdp) {
  if (!session_.empty()) {
    std::string replaced = session_;
    forget();
    context_.events.session_ended(replaced, "Another offer was set in its place.");
  }
  begin(sdp);
  return outcome(session_);
}

// What is wrong with a description at first sight, the element says in the call.
Result<void> ByHand::outcome(const std::string& session) {
  if (!session.empty() && session == session_) return {};
  std::string sentence = refusal_.value_or("The session ended at once.");
  if (offers()) sentence += " That offer is spent: the next one is made.";
  return Error{ErrorCode::refused, sentence};
}

void ByHand::end_session(const std::string& session, std::optional<std::string> error) {
  if (session != session_) return;
  bool proven = answered_ || std::chrono::steady_clock::now() - begun_ > kProven;
  bool made = answered_ || !handed_out_.empty();
  forget();
  refusal_ = error;
  if (!open_ || !offers() || !stream_.live) return;
  if (error && !made) warn("manual: no offer could be made: " + *error);
  if (proven) failures_ = 0;
  begin_after(proven ? milliseconds(0) : backoff(failures_++, jitter(), kBackoff));
}

void ByHand::warn(const std::string& sentence) {
  if (sentence == warned_) return;
  warned_ = sentence;
  context_.events.warning({ErrorCode::failed, sentence});
}

void ByHand::forget() {
  session_.clear();
  handed_out_.clear();
  gathering_.reset();
}

void ByHand::stop() {
  open_ = false;
  again_.cancel();
  forget();
}

}  // namespace

Result<std::string> read_by_hand(const std::string& text, bool is_offer) {
  const std::string wanted = is_offer ? "an offer" : "an answer";
  const std::string other = is_offer ? "an answer" : "an offer";
  auto description = read_description_text(text);
  if (!description) return description.error();
  std::string sdp = with_line_ends(description->sdp);
  auto read = read_sdp_text(sdp);
  if (!read) return read.error();
  if (description->is_offer.value_or(looks_like_offer(sdp)) != is_offer)
    return wrong("This is " + other + ", and " + wanted + " is needed: the other side's " +
                 (is_offer ? "offer." : "answer to our offer."));
  if (read->ufrag.empty() || read->password.empty())
    return wrong("The description lacks a=ice-ufrag or a=ice-pwd: was it copied in whole?");
  return sdp;
}

Result<void> check_answer_fits(const std::string& offer, const std::string& answer) {
  auto asked = read_sdp_text(offer), said = read_sdp_text(answer);
  bool fits = asked && said && asked->media.size() == said->media.size();
  for (size_t i = 0; fits && i < asked->media.size(); i++)
    fits = asked->media[i].kind == said->media[i].kind;
  if (fits) return {};
  return wrong(
      "This is an answer to another offer: its media are not those of the one that waits.");
}

Result<std::unique_ptr<Signaler>> make_manual_signaler(const std::string& location,
                                                       const std::string& rest,
                                                       SignalerContext context) {
  if (!rest.empty())
    return wrong(location + ": nothing stands behind \"manual:\", as people know the way.");
  return std::unique_ptr<Signaler>(std::make_unique<ByHand>(std::move(context)));
}

}  // namespace webcast
