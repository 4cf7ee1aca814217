// Broadcast: what webcastsink does between its start and its stop.
//
// Tracks, signalers and viewers meet here. Owned by the element; its state belongs to its control
// thread, and the public functions may be called from the application's threads.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "plugins/broadcast/caption_pad.hpp"
#include "plugins/broadcast/pad_tap.hpp"
#include "plugins/broadcast/sink_settings.hpp"
#include "plugins/broadcast/viewer.hpp"
#include "plugins/session/authorization.hpp"
#include "plugins/session/token_rule.hpp"
#include "plugins/signalers/manual.hpp"
#include "plugins/signalers/signaler_set.hpp"

namespace webcast {

// What comes before every pad has its caps waits this long for the others.
inline constexpr auto kTrackWait = std::chrono::milliseconds(1500);
// A sink to which nothing is linked says so after this.
inline constexpr auto kLinkWait = std::chrono::seconds(5);
// Who plays a file again when it has ended keeps the viewers if it begins within this.
inline constexpr auto kReplayWait = std::chrono::milliseconds(1500);

// How the broadcast speaks to the world: bus messages and signals of the element.
struct BroadcastEvents {  // any thread
  std::function<SinkSettings()> settings;  // as they are now
  std::function<void(const std::string& url)> listening;
  std::function<void(const std::string& location, const std::string& state)> signaling_state;
  std::function<bool(const AskedFor&, const SessionRequest&)> authorize;
  std::function<void(const std::string& id, const std::string& signaler)> viewer_added;
  std::function<void(const std::string& id, const ViewerConnected&)> viewer_connected;
  std::function<void(const std::string& id, const std::string& reason)> viewer_removed;
  std::function<void(const Error&)> warning;
  std::function<void(const std::string& sentence)> info;
  std::function<bool(const std::string& rendition, GstElement* encoder)> encoder_setup;
  std::function<void(GstElement* asker, const char* type)> context_needed;
  std::function<void(bool is_offer, const std::string& sdp)> handed_out;
  std::function<void(const std::string& id, const PeerMessage&)> message;
};

class Broadcast : public std::enable_shared_from_this<Broadcast> {
 public:
  static std::shared_ptr<Broadcast> create(SinkSettings settings, CheckedSettings checked,
                                           BroadcastEvents events);
  ~Broadcast();

  // Opens the ways in. The error is the element's: nothing was left open.
  Result<void> start();
  // Once, after which nothing happens any more. Whether the media had ended by itself decides what
  // the viewers are told.
  void stop(bool media_ended);

  // The clock of the user's pipeline; viewers are let in from the first one on.
  void set_clock(GstClock* clock);
  // `no_encoder_told`: what comes first cannot be encoded, and the user knows.
  void add_tap(const std::shared_ptr<PadTap>& tap, bool no_encoder_told = false);
  void remove_tap(const std::shared_ptr<PadTap>& tap);
  // What it hands on goes to all viewers that come from here on and take messages.
  void add_captions(const std::shared_ptr<CaptionPad>& pad);

  unsigned viewers() const { return connected_viewers_; }
  StructurePtr stats();
  StructurePtr viewer_stats(const std::string& id);  // null: no such viewer
  bool disconnect_viewer(const std::string& id, const std::string& reason);
  void force_keyframe();
  // One of those that may change while it runs (is_live) has: BroadcastEvents::settings tells.
  void settings_changed();
  // To one viewer, or to all that are connected and take messages (empty). The error of one does
  // not keep it from the others.
  Result<void> send_message(const std::string& id, const PeerMessage& message);
  // By hand (manual:); the error is for the person who brought it.
  Result<void> set_answer(const std::string& text);
  std::string manual_offer();  // empty: none waits

 private:
  struct Way {             // one location
    std::string location;  // or the type of the application's signaler
    std::unique_ptr<Signaler> signaler;
    bool listens = false;  // so that it is we who ask for tokens
  };
  struct Session {
    std::shared_ptr<Viewer> viewer;
    Way* way = nullptr;
    std::string session;
    bool is_server = false, by_hand = false;  // as the request said
    std::vector<std::string> ice_servers;     // its own
    std::vector<std::string> codecs;          // that it takes; empty: it did not tell
    std::optional<Visitor> visitor;
    Timer wait_for_tracks, deadline;          // until it begins
    std::shared_ptr<Place> place;             // in the budget of the process
    bool in_line = false;                     // for it
  };

  Broadcast(SinkSettings settings, CheckedSettings checked, BroadcastEvents events);
  Result<void> open_way(const std::string& location, const MakeSignaler& make);
  SignalerEvents signaler_events(Way* way);
  void on_session_requested(Way* way, const SessionRequest& request);
  void admit(Session& session);
  void admit_waiting();
  void fail_without_keyframe();
  bool has_place(Session& session);
  void admit_line();
  void warn_of_shortage(const Error& error);
  ViewerEvents viewer_events(const std::string& id);
  void on_viewer_connected(const std::string& id, const ViewerConnected& connected);
  Session* find_session(Way* way, const std::string& session);
  void remove_viewer(const std::string& id, const std::string& reason, bool tell,
                     std::optional<std::string> told);
  void fail_viewer(const std::string& id, const Error& reason);
  void show_caption(const Caption& caption);
  void greet_with_caption(const std::string& id);
  void count_viewers();
  bool is_full() const;
  void apply(const SinkSettings& settings);
  bool is_revoked(const Way& way, const std::optional<Visitor>& visitor) const;

  std::shared_ptr<Track> make_track(const std::shared_ptr<PadTap>& tap, bool no_encoder_told);
  void on_input_changed(const std::string& track);
  void on_keyframes_changed();
  bool tracks_ready() const;
  void on_track_ended();
  void look_for_links();
  void on_track_resumed();
  bool all_ended() const;
  void update_stream();
  void update_stream_soon();
  std::string title() const;
  void on_title_changed();  // any thread
  std::vector<std::string> told_servers();
  bool may_announce(bool any_input);

  SinkSettings settings_;
  TokenRule view_token_;
  const CheckedSettings checked_;
  const BroadcastEvents events_;
  std::vector<std::unique_ptr<Way>> ways_;
  ManualSignaler* manual_ = nullptr;                      // one of theirs
  std::map<std::string, std::shared_ptr<PadTap>> taps_;   // by pad name
  std::map<std::string, std::shared_ptr<Track>> tracks_;  // by pad name
  std::map<std::string, Session> sessions_;               // by viewer id
  Ref<GstClock> clock_;
  Timer stream_update_;
  Timer line_;  // set while somebody is in it
  std::optional<std::chrono::steady_clock::time_point> warned_of_shortage_;
  Timer partial_wait_;
  Timer replay_wait_;
  Timer link_wait_;
  bool ended_ = false;  // and nobody began anew in time
  Timer renew_credentials_;
  bool has_captions_ = false;
  std::string caption_;  // that stands now
  Timer caption_end_;
  bool partial_allowed_ = false;
  bool stopping_ = false;
  std::atomic<unsigned> connected_viewers_{0};
  std::unique_ptr<ControlThread> control_;  // last: joined before what its work touches goes
};

}  // namespace webcast
