// Reception: what webcastsrc does between its start and its stop.
//
// Signalers bring publishers, one at a time; its media go to pads that outlive it. Owned by the
// element; its state belongs to its control thread, and the public functions may be called from
// the application's threads.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "plugins/peer/receiver.hpp"
#include "plugins/reception/source_pad.hpp"
#include "plugins/reception/source_settings.hpp"
#include "plugins/reception/tenure.hpp"
#include "plugins/session/authorization.hpp"
#include "plugins/session/token_rule.hpp"
#include "plugins/signalers/manual.hpp"
#include "plugins/signalers/signaler_set.hpp"

namespace webcast {

struct PublisherConnected {
  std::string video_codec, audio_codec;  // of the first of each kind; "": none
  std::chrono::milliseconds setup{};
};

// How the reception speaks to the world: bus messages of the element, and its pads.
struct ReceptionEvents {  // the control thread
  std::function<SourceSettings()> settings;  // as they are now
  std::function<void(const std::string& url)> listening;
  std::function<void(const std::string& location, const std::string& state)> signaling_state;
  std::function<bool(const AskedFor&, const SessionRequest&)> authorize;
  std::function<void(const std::string& id, const PublisherConnected&)> publisher_connected;
  std::function<void(const std::string& id, const std::string& reason)> publisher_removed;
  std::function<void(const Error&)> warning;
  std::function<void(const std::string& sentence)> info;
  std::function<void()> no_more_pads;
  std::function<void(bool is_offer, const std::string& sdp)> handed_out;
  std::function<void(const std::string& id, const PeerMessage&)> message;
  // A pad's own thread: what is downstream of it cannot take the data.
  std::function<void(GstFlowReturn)> flow_error;
};

class Reception : public std::enable_shared_from_this<Reception> {
 public:
  // `element` outlives it.
  static std::shared_ptr<Reception> create(GstElement* element, SourceSettings settings,
                                           CheckedSettings checked, ReceptionEvents events);
  ~Reception();

  // Opens the ways in. The error is the element's: nothing was left open.
  Result<void> start();
  // Once, after which nothing happens any more and no pad is left.
  void stop();
  // To PLAYING, with the pipeline's clock; publishers are let in from the first one on. To PAUSED.
  void play(GstClock* clock);
  void pause();
  // To the element: EOS ends every pad, for good; what else a source takes goes to all of them.
  bool send_event(GstEvent* event);

  // One of those that may change while it runs (is_live) has: ReceptionEvents::settings tells.
  void settings_changed();
  // To the publisher; `id`: its, or empty.
  Result<void> send_message(const std::string& id, const PeerMessage& message);
  StructurePtr stats();
  // By hand (manual:); the error is for the person who brought it.
  Result<void> set_offer(const std::string& text);
  std::string manual_answer();  // empty: none waits

 private:
  struct Way {             // one location
    std::string location;  // or the type of the application's signaler
    std::unique_ptr<Signaler> signaler;
    bool listens = false;  // so that it is we who ask for tokens
  };
  // Where frames of one publisher go. Its threads see it as long as it sends.
  struct Feed {
    std::atomic<bool> open{true};
    std::vector<std::shared_ptr<SourcePad>> pads;  // by track; set before the first frame
  };
  struct Publisher {
    Way* way = nullptr;
    std::string session;
    std::shared_ptr<Receiver> receiver;  // once its offer came and there is a clock
    std::optional<std::string> offer;    // until then
    bool wants_offer = false;            // it answers ours
    bool by_hand = false;
    std::optional<Visitor> visitor;
    IceSettings ice;  // ours and what its server named
    std::vector<IceCandidate> early_candidates;
    std::shared_ptr<Feed> feed;
    PublisherConnected what;
    bool connected = false;
    std::shared_ptr<Place> place;  // in the budget of the process; none: not asked for yet
    Timer deadline;                // until there is a receiver, which has its own

    Tenure tenure() const;
  };

  Reception(GstElement* element, SourceSettings settings, CheckedSettings checked,
            ReceptionEvents events);
  Result<void> open_way(const std::string& location, const MakeSignaler& make);
  SignalerEvents signaler_events(Way* way);
  void apply(const SourceSettings& settings);
  bool is_revoked(const Way& way, const std::optional<Visitor>& visitor) const;
  void on_session_requested(Way* way, const SessionRequest& request);
  void on_description(bool is_offer, const std::string& sdp);
  bool make_room(Way* way, const SessionRequest& request);
  void begin_deadline();
  bool is_current(Way* way, const std::string& session) const;
  bool has_place();
  void receive();
  ReceiverSettings receiver_settings() const;
  ReceiverEvents receiver_events(const std::shared_ptr<Feed>& feed);
  void on_tracks(const std::vector<ReceivedTrack>& tracks);
  std::shared_ptr<SourcePad> pad_for(MediaKind kind, unsigned index);
  SourcePadEvents pad_events(const std::string& name);
  void on_first_frame(const std::string& name);
  void tell_no_more_pads();
  void end_absent_media();
  void on_keyframe_wanted(const std::string& name);
  void on_overrun(const std::string& name);
  void on_pad_ended(const std::string& name);
  // `told`: what the publisher is told; none: it knows, or needs no reason.
  void finish();
  void end_publisher(const std::string& reason, bool tell, std::optional<std::string> told);

  GstElement* const element_;
  SourceSettings settings_;
  TokenRule publish_token_;
  const CheckedSettings checked_;
  const ReceptionEvents events_;
  std::vector<std::unique_ptr<Way>> ways_;
  ManualSignaler* manual_ = nullptr;  // one of theirs
  std::optional<Publisher> publisher_;
  std::map<std::string, std::shared_ptr<SourcePad>> pads_;  // by name
  std::vector<std::shared_ptr<SourcePad>> ending_;
  Ref<GstClock> clock_;
  bool playing_ = false, stopping_ = false, finished_ = false, told_no_more_pads_ = false;
  std::unique_ptr<ControlThread> control_;  // last: joined before what its work touches goes
};

}  // namespace webcast
