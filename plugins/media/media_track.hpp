// MediaTrack: the one implementation of Track.
//
//   raw      feed ──────────────────────────── raw_ ── renditions (encode)
//   encoded  feed ── inspector_ ── output ──┬───────── rendition (pass-through)
//                                           └─ decoder_ ── raw_ ── renditions (transcode)
//   JPEG     feed ── jpegs_ ── decoder_ ── raw_ ── renditions (encode)
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "plugins/media/choice.hpp"
#include "plugins/media/codecs/decoder.hpp"
#include "plugins/media/input_check.hpp"
#include "plugins/media/input_info.hpp"
#include "plugins/media/inspector.hpp"
#include "plugins/media/jpeg_outlet.hpp"
#include "plugins/media/media_rendition.hpp"
#include "plugins/media/raw_outlet.hpp"
#include "plugins/media/track.hpp"

namespace webcast {

class MediaTrack : public Track, public std::enable_shared_from_this<MediaTrack> {
 public:
  MediaTrack(std::string name, MediaKind kind, ControlThread& control, TrackSettings settings,
             TrackEvents events);

  const std::string& name() const override { return name_; }
  MediaKind kind() const override { return kind_; }
  void feed(GstBuffer* buffer, GstCaps* caps) override;
  void set_orientation(GstVideoOrientationMethod orientation) override;
  void end() override;
  void report(const Error& error) override;
  void set_clock(GstClock* clock) override;
  bool has_input() const override { return info_.known; }
  bool lacks_keyframes() const override { return keyless_ && !bypassed_; }
  std::optional<Codec> encoded_input() const override { return info_.codec; }
  std::string describe_input() const override { return describe(info_); }
  Result<std::unique_ptr<RenditionLease>> lease(const std::vector<Codec>& preference,
                                                const ViewerCodecs& viewer) override;
  std::vector<Rendition*> renditions() const override;
  void set_start_bitrate(unsigned bitrate) override { settings_.start_bitrate = bitrate; }
  void force_keyframe() override;
  void stop() override;

 private:
  struct Entry {
    std::shared_ptr<MediaRendition> rendition;
    bool ended = false;
  };

  // Streaming thread, with input_mutex_ held.
  void on_caps(GstCaps* caps);
  bool is_usable(GstBuffer* buffer);
  std::shared_ptr<Inspector> make_inspector(Codec codec);

  // Control thread.
  void on_new_input(const InputInfo& info, std::shared_ptr<Inspector> inspector);
  void on_raw_caps(const InputInfo& info);
  void on_orientation(bool turned);
  void take_inspected();
  void on_inspected(const Inspector* inspector, const InputInfo& info);
  const std::vector<std::string>& encoders(Codec codec);
  void forget_failures();
  std::shared_ptr<MediaRendition> start(const Choice& choice);
  RenditionHooks make_hooks(const Choice& choice);
  void connect(MediaRendition& rendition);
  void start_decoder();
  void stop_decoder();
  void ask_for_keyframe();
  void on_sight(bool lost);
  void on_recovery_seen();
  void bypass_keyframes();
  void tell_of_no_keyframe();
  void forget_keyframes();
  std::optional<std::string> obstacle_here() const;
  void on_decoder_failed(const Error& error);
  void tell_of_no_encoder(const std::vector<Codec>& preference);
  void remove(const std::string& name);
  void drop_all(const Error& error);
  GstClockTime now() const;
  void begin_drain();
  void resume();
  void mark_ended(const std::string& name);
  void check_drained();
  void warn(const Error& error);

  const std::string name_;
  const MediaKind kind_;
  ControlThread& control_;
  TrackSettings settings_;
  const TrackEvents events_;
  RawOutlet raw_;
  JpegOutlet jpegs_;

  std::mutex input_mutex_;
  Ref<GstCaps> input_caps_;
  InputInfo input_kind_;
  std::shared_ptr<Inspector> feeding_;  // takes what is fed; null: raw_
  bool accepts_ = false;                // the caps are of a kind that we know
  bool at_end_ = false;
  InputCheck check_;         // of raw buffers
  bool fault_told_ = false;  // of these caps

  // Control thread.
  InputInfo info_;
  InputInfo inspected_;  // without what tags say of it
  bool turned_ = false;
  bool keyless_ = false;      // somebody waits for a keyframe, and none is in sight
  bool recoverable_ = false;  // a decoder can begin where there is no keyframe
  bool bypassed_ = false;     // so newcomers get what a decoder makes of it
  bool keyless_told_ = false;
  Ref<GstClock> clock_;
  std::shared_ptr<Inspector> inspector_;
  std::unique_ptr<Decoder> decoder_;
  std::map<std::string, Entry> renditions_;
  std::map<Codec, std::vector<std::string>> encoders_;  // as found, without those that failed
  std::set<std::string> off_card_;  // encoders that failed with a graphics card's memory
  bool stopped_ = false, no_encoder_told_ = settings_.no_encoder_told;
  bool draining_ = false, inspector_ended_ = true, decoder_ended_ = true;
};

}  // namespace webcast
