// MediaTrack: what becomes of an encoded input that shows no keyframes.
#include "plugins/media/media_track.hpp"

namespace webcast {
namespace {

const char* const kWaitsInVain = "no keyframe comes to begin at";

}  // namespace

void MediaTrack::ask_for_keyframe() {
  if (inspector_) inspector_->want_keyframe();
  if (events_.upstream_keyframe) events_.upstream_keyframe();
}

void MediaTrack::on_sight(bool lost) {
  if (stopped_) return;
  keyless_ = lost;
  // Who comes after a keyframe gets the stream as it is; who has it encoded keeps that.
  if (!lost && std::exchange(bypassed_, false)) take_inspected();
  if (lost) bypass_keyframes();
  if (lost) tell_of_no_keyframe();
  if (events_.keyframes_changed) events_.keyframes_changed();
}

void MediaTrack::on_recovery_seen() {
  if (stopped_ || std::exchange(recoverable_, true) || !keyless_) return;
  bypass_keyframes();
  if (bypassed_ && events_.keyframes_changed) events_.keyframes_changed();
}

// Until the stream shows a keyframe.
void MediaTrack::bypass_keyframes() {
  if (bypassed_ || !recoverable_ || !inspected_.known ||
      settings_.transcode != Transcode::automatic)
    return;
  // Where nothing can be encoded, waiting is all that helps.
  constexpr Codec kMade[] = {Codec::h264, Codec::vp8, Codec::vp9, Codec::av1, Codec::h265};
  if (std::none_of(std::begin(kMade), std::end(kMade),
                   [this](Codec codec) { return !encoders(codec).empty(); }))
    return;
  bypassed_ = true;
  info_ = inspected_;
  if (info_.obstacle.empty()) info_.obstacle = *obstacle_here();
  std::vector<std::shared_ptr<MediaRendition>> waited_for;
  for (auto& [name, entry] : renditions_)
    if (entry.rendition->pass_through()) waited_for.push_back(entry.rendition);
  for (auto& rendition : waited_for)
    rendition->tell_stuck(
        Error{ErrorCode::timeout, std::string("The stream cannot be passed on as it is: ") +
                                      kWaitsInVain + ". It is encoded anew, so try again"});
}

std::optional<std::string> MediaTrack::obstacle_here() const {
  // Players take no notice of it: what they are to show upright has to be turned here.
  if (turned_ && settings_.transcode == Transcode::automatic) return "its picture has to be turned";
  if (bypassed_) return kWaitsInVain;
  return std::nullopt;
}

void MediaTrack::tell_of_no_keyframe() {
  if (std::exchange(keyless_told_, true)) return;
  std::string text = "The encoded stream on the pad " + name_ +
                     " shows no keyframe, and its encoder makes none when it is asked for one: ";
  text += bypassed_ ? "who comes now gets it decoded and encoded anew, which takes processor time. "
                    : "who comes now gets no picture until one comes. ";
  text +=
      "Have the encoder make a keyframe each second or two (x264enc: key-int-max=60 "
      "intra-refresh=false; a camera: its I-frame interval)";
  warn({ErrorCode::timeout, text});
}

void MediaTrack::forget_keyframes() {
  bool lacked = lacks_keyframes();
  keyless_ = recoverable_ = bypassed_ = keyless_told_ = false;
  if (lacked && events_.keyframes_changed) events_.keyframes_changed();
}

}  // namespace webcast
