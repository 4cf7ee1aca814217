#include "plugins/media/choice.hpp"

#include <algorithm>
#include <cctype>

namespace webcast {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string parameter(const InputInfo& input, const char* name) {
  auto found = input.parameters.find(name);
  return found == input.parameters.end() ? "" : found->second;
}

// Why the encoded input cannot go to this viewer as it is.
std::string pass_through_refusal(const ChoiceRequest& request) {
  const InputInfo& input = request.input;
  std::string name(codec_name(*input.codec));
  if (!request.can_pass(*input.codec)) return "this machine has no RTP payloader for " + name;
  if (!input.obstacle.empty()) return input.obstacle;
  // Who does not tell gets what is sure; where nothing may be converted, it tries.
  if (!request.viewer.known && request.transcode == Transcode::never) return {};
  if (can_decode(request.viewer, passed_format(input))) return {};
  std::string profile = parameter(input, "profile-level-id");
  if (profile.empty()) profile = parameter(input, "profile-id");
  return "your browser does not play " + name + (profile.empty() ? "" : " of profile " + profile);
}

// The encoded input as it is can stand for what an encoder of ours would make of it.
bool passes_as(const ChoiceRequest& request, Codec codec) {
  const InputInfo& input = request.input;
  return input.codec == codec && input.obstacle.empty() && request.can_pass(codec) &&
         can_decode(CodecCapability{codec, encoded_format(codec).parameters}, passed_format(input));
}

std::string names(const std::vector<Codec>& codecs) {
  std::string text;
  for (Codec codec : codecs)
    text += (text.empty() ? "" : ", ") + std::string(codec_name(codec));
  return text;
}

Error nothing_fits(const ChoiceRequest& request, const std::vector<Codec>& made_here) {
  std::string kind = request.input.kind == MediaKind::video ? "video" : "audio";
  // The viewer can do nothing about it.
  if (made_here.empty())
    return Error{ErrorCode::not_found,
                 "The stream is misconfigured: its sender has nothing that "
                 "makes its " +
                     kind + " fit to be sent. Tell whoever runs it"};
  return Error{ErrorCode::not_supported, "Your browser plays none of the " + kind +
                                             " codecs that the sender can make (" +
                                             names(made_here) + ")"};
}

}  // namespace

std::string Choice::name() const {
  return lower(codec_name(codec)) + (pass_through ? "-passthrough" : "");
}

RtpFormat passed_format(const InputInfo& input) {
  RtpFormat format;
  format.kind = input.kind;
  format.codec = *input.codec;
  format.parameters = input.parameters;
  return format;
}

RtpFormat encoded_format(Codec codec) {
  RtpFormat format;
  format.kind = codec_kind(codec);
  format.codec = codec;
  if (codec == Codec::h264)
    format.parameters = {{"profile-level-id", "42e01f"}, {"packetization-mode", "1"}};
  return format;
}

Result<Choice> choose(const ChoiceRequest& request) {
  const InputInfo& input = request.input;
  if (!input.known)
    return Error{ErrorCode::not_found, "Nothing has come from the source yet: try again"};
  if (input.codec) {
    std::string refusal = pass_through_refusal(request);
    if (refusal.empty()) return Choice{*input.codec, true};
    if (request.transcode == Transcode::never)
      return Error{ErrorCode::not_supported,
                   "The stream cannot be played as it is: " + refusal +
                       ". The sender may not convert it (transcode=never)"};
  }
  std::vector<Codec> made_here;
  for (Codec codec : request.preference) {
    if (codec_kind(codec) != input.kind || !request.can_encode(codec)) continue;
    made_here.push_back(codec);
    if (!request.viewer.known) return Choice{codec, passes_as(request, codec)};
    if (can_decode(request.viewer, encoded_format(codec))) return Choice{codec, false};
  }
  // Nothing can be made here, so there is but the input's own codec to try.
  if (!request.viewer.known && input.codec && passes_as(request, *input.codec))
    return Choice{*input.codec, true};
  return nothing_fits(request, made_here);
}

bool breaks_pass_through(const InputInfo& before, const InputInfo& after) {
  if (before.obstacle.empty() && !after.obstacle.empty()) return true;
  // profile_idc and the constraint flags; the last two digits are the level.
  std::string was = parameter(before, "profile-level-id"),
              is = parameter(after, "profile-level-id");
  return was.substr(0, 4) != is.substr(0, 4) ||
         parameter(before, "profile-id") != parameter(after, "profile-id");
}

}  // namespace webcast
