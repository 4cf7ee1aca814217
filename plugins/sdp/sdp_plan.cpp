// Which medium goes on which m-line, in which codec and with which numbers (sdp.hpp).
#include <algorithm>
#include <bitset>
#include <set>

#include "plugins/sdp/sdp.hpp"

namespace webcast {
namespace {

bool has_feedback(const RemotePayload& payload, std::string_view name) {
  return std::find(payload.feedback.begin(), payload.feedback.end(), name) !=
         payload.feedback.end();
}

std::string parameter(const FormatParameters& parameters, const char* name) {
  auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

// The payload names the very profile of the stream, not only one that contains it.
bool same_profile(const RemotePayload& payload, const RtpFormat& format) {
  RtpFormat named = format;
  named.parameters = payload.parameters;
  CodecCapability stream{format.codec, format.parameters};
  return can_decode(stream, named);
}

// The payload type that decodes the stream; of several, the one of the stream's own profile.
const RemotePayload* choose_payload(const RemoteMedia& media, const RtpFormat& format) {
  const RemotePayload* chosen = nullptr;
  bool fragments = false, same = false;  // what is chosen has
  for (const RemotePayload& payload : media.payloads) {
    auto codec = codec_from_name(payload.encoding);
    if (!codec || payload.clock_rate != format.clock_rate) continue;
    CodecCapability capability{*codec, payload.parameters};
    if (!can_decode(capability, format)) continue;
    bool in_fragments = names_fragments(capability), is_same = same_profile(payload, format);
    if (chosen && std::pair(in_fragments, is_same) <= std::pair(fragments, same)) continue;
    chosen = &payload;
    fragments = in_fragments;
    same = is_same;
  }
  return chosen;
}

int rtx_type_for(const RemoteMedia& media, const RemotePayload& payload) {
  if (!has_feedback(payload, "nack")) return -1;
  for (const RemotePayload& rtx : media.payloads)
    if (rtx.encoding == "RTX" && rtx.clock_rate == payload.clock_rate &&
        parameter(rtx.parameters, "apt") == std::to_string(payload.type))
      return rtx.type;
  return -1;
}

bool can_carry(const RemoteMedia& line, const RtpFormat& format) {
  return line.kind == kind_name(format.kind) && line.receives() && line.bundled && line.rtcp_mux;
}

// What the viewer names for the kinds of media that there are.
std::string codec_list(const RemoteDescription& remote, const std::vector<RtpFormat>& media) {
  std::set<std::string> names;
  for (const RemoteMedia& line : remote.media)
    for (const RtpFormat& format : media)
      for (const RemotePayload& payload : line.payloads)
        if (line.kind == kind_name(format.kind) && codec_from_name(payload.encoding))
          names.insert(payload.encoding);
  std::string list;
  for (const std::string& name : names)
    list += (list.empty() ? "" : ", ") + name;
  return list.empty() ? "nothing that is known here" : list;
}

std::string stream_list(const std::vector<RtpFormat>& media) {
  std::string list;
  for (const RtpFormat& format : media)
    list += (list.empty() ? "" : ", ") + std::string(codec_name(format.codec));
  return list;
}

// The other codecs' own headers have room for that.
bool tells_colours_beside(const RemotePayload& payload) {
  auto codec = codec_from_name(payload.encoding);
  return codec == Codec::vp8 || codec == Codec::vp9;
}

bool usable_for_receiving(const RemotePayload& payload, Codec codec) {
  int clock_rate = codec_kind(codec) == MediaKind::video ? 90000
                   : codec == Codec::opus                ? 48000
                                                         : 8000;
  if (codec_from_name(payload.encoding) != codec || payload.clock_rate != clock_rate) return false;
  // Other profiles of VP9 have more than 8 bits or other colours.
  std::string profile = parameter(payload.parameters, "profile-id");
  return codec != Codec::vp9 || profile.empty() || profile == "0";
}

// The first of `preference` that the line has; of its payload types the line's own first one.
const RemotePayload* choose_received(const RemoteMedia& line,
                                     const std::vector<Codec>& preference) {
  for (Codec codec : preference)
    for (const RemotePayload& payload : line.payloads)
      if (usable_for_receiving(payload, codec)) return &payload;
  return nullptr;
}

// The first of an answer's payload types that is one of our offer's codecs.
const RemotePayload* choose_answered(const RemoteMedia& line, const RemoteMedia& offered) {
  for (const RemotePayload& payload : line.payloads)
    for (const RemotePayload& ours : offered.payloads)
      if (ours.type == payload.type && ours.encoding == payload.encoding &&
          ours.clock_rate == payload.clock_rate && codec_from_name(ours.encoding))
        return &payload;
  return nullptr;
}

Error no_received_codec(const RemoteMedia& line, const std::vector<Codec>& preference) {
  std::set<std::string> names;
  for (const RemotePayload& payload : line.payloads)
    if (codec_from_name(payload.encoding)) names.insert(payload.encoding);
  std::string offered, taken;
  for (const std::string& name : names)
    offered += (offered.empty() ? "" : ", ") + name;
  for (Codec codec : preference)
    taken += (taken.empty() ? "" : ", ") + std::string(codec_name(codec));
  return Error{ErrorCode::not_supported,
               "The viewer sends " + line.kind + " as " +
                   (offered.empty() ? "nothing that is known here" : offered) +
                   ", and what is taken here is " + (taken.empty() ? "nothing" : taken) + "."};
}

// Told apart by payload type, or at least by the SSRCs that were announced.
bool distinct(const RemoteDescription& offer, const SessionPlan& plan, const MediumPlan& next) {
  return std::all_of(plan.begin(), plan.end(), [&](const auto& other) {
    return other->payload_type != next.payload_type ||
           (!offer.media[other->mline].ssrcs.empty() && !offer.media[next.mline].ssrcs.empty());
  });
}

}  // namespace

Result<RemoteMedia> bundle_transport(const RemoteDescription& remote) {
  const RemoteMedia& media = remote.media[candidate_mline(remote)];
  if (auto strong = require_strong_fingerprint(media.fingerprints); !strong) return strong.error();
  if (media.ufrag.empty() || media.password.empty())
    return Error{ErrorCode::invalid_argument,
                 "The viewer's session description lacks the ICE user name or password."};
  return media;
}

unsigned candidate_mline(const RemoteDescription& remote) {
  // The first m-line of the group that is not rejected, as the group orders them.
  for (const std::string& mid : remote.bundle)
    for (unsigned i = 0; i < remote.media.size(); ++i)
      if (remote.media[i].mid == mid && !remote.media[i].rejected &&
          (remote.media[i].kind == "audio" || remote.media[i].kind == "video"))
        return i;
  for (unsigned i = 0; i < remote.media.size(); ++i)
    if (remote.media[i].bundled && !remote.media[i].rejected) return i;
  return 0;
}

Result<SessionPlan> plan_answer(const RemoteDescription& offer, const std::vector<RtpFormat>& media,
                                bool retransmission) {
  SessionPlan plan(media.size());
  std::vector<bool> taken(offer.media.size());
  bool any = false, any_line = false, any_bundled = false;
  for (size_t i = 0; i < media.size(); ++i) {
    for (unsigned line = 0; line < offer.media.size() && !plan[i]; ++line) {
      const RemoteMedia& remote = offer.media[line];
      any_line |= remote.kind == kind_name(media[i].kind) && remote.receives();
      any_bundled |= can_carry(remote, media[i]);
      if (taken[line] || !can_carry(remote, media[i])) continue;
      const RemotePayload* payload = choose_payload(remote, media[i]);
      if (!payload) continue;
      MediumPlan medium;
      medium.mline = line;
      medium.payload_type = payload->type;
      if (retransmission) medium.rtx_payload_type = rtx_type_for(remote, *payload);
      medium.nack = medium.rtx_payload_type >= 0;
      if (media[i].transport_cc_id != 0 && has_feedback(*payload, "transport-cc"))
        medium.transport_cc_id = remote.transport_cc_id;
      if (media[i].playout_delay_id != 0) medium.playout_delay_id = remote.playout_delay_id;
      plan[i] = medium;
      taken[line] = any = true;
    }
  }
  if (any) return plan;
  if (any_bundled)
    return Error{ErrorCode::not_supported, "The viewer can decode " + codec_list(offer, media) +
                                               ", and the stream is " + stream_list(media) + "."};
  if (any_line)
    return Error{ErrorCode::not_supported,
                 "The viewer's offer does not bundle its media on one transport (a=group:BUNDLE "
                 "and a=rtcp-mux), which is needed here."};
  return Error{ErrorCode::not_supported,
               "The viewer's offer has no medium that would receive this stream (" +
                   stream_list(media) + ")."};
}

SessionPlan plan_offer(const std::vector<RtpFormat>& media) {
  uint8_t transport_cc = 0, playout_delay = 0;
  std::bitset<128> used;
  for (const RtpFormat& format : media) {
    if (transport_cc == 0) transport_cc = format.transport_cc_id;
    if (playout_delay == 0) playout_delay = format.playout_delay_id;
  }
  // An id means the same on all m-lines of a bundle (RFC 8843 section 14).
  if (playout_delay != 0 && playout_delay == transport_cc)
    playout_delay = static_cast<uint8_t>(transport_cc % 14 + 1);

  SessionPlan plan;
  for (size_t i = 0; i < media.size(); ++i) {
    MediumPlan medium;
    medium.mline = static_cast<unsigned>(i);
    medium.payload_type = media[i].payload_type;
    // So does a payload type: each medium has one of its own.
    for (uint8_t type = 96; used[medium.payload_type] && type < 128; ++type)
      medium.payload_type = type;
    used.set(medium.payload_type);
    if (media[i].transport_cc_id != 0) medium.transport_cc_id = transport_cc;
    if (media[i].playout_delay_id != 0) medium.playout_delay_id = playout_delay;
    plan.emplace_back(medium);
  }
  return plan;
}

Result<SessionPlan> read_answer(const RemoteDescription& answer, const SessionPlan& offered,
                                const std::vector<RtpFormat>& media) {
  if (answer.media.size() != media.size())
    return Error{ErrorCode::invalid_argument,
                 "The viewer's answer has not as many media as our offer."};
  SessionPlan plan(media.size());
  bool any = false;
  for (size_t i = 0; i < media.size(); ++i) {
    const RemoteMedia& line = answer.media[i];
    auto payload =
        std::find_if(line.payloads.begin(), line.payloads.end(), [&](const RemotePayload& p) {
          return p.type == offered[i]->payload_type &&
                 codec_from_name(p.encoding) == media[i].codec;
        });
    bool codec_taken = !line.rejected && payload != line.payloads.end();
    if (!codec_taken && media[i].kind == MediaKind::video)
      return Error{ErrorCode::not_supported, "The viewer cannot decode the video: it rejected " +
                                                 std::string(codec_name(media[i].codec)) + "."};
    if (!codec_taken || !line.receives()) continue;
    if (!line.bundled || !line.rtcp_mux)
      return Error{ErrorCode::not_supported,
                   "The viewer's answer does not bundle its media on one transport "
                   "(a=group:BUNDLE and a=rtcp-mux), which is needed here."};
    MediumPlan medium = *offered[i];
    if (!has_feedback(*payload, "nack") ||
        std::none_of(line.payloads.begin(), line.payloads.end(),
                     [&](const auto& p) { return p.type == medium.rtx_payload_type; }))
      medium.rtx_payload_type = -1;
    medium.nack = medium.rtx_payload_type >= 0;
    if (line.transport_cc_id != medium.transport_cc_id) medium.transport_cc_id = 0;
    if (line.playout_delay_id != medium.playout_delay_id) medium.playout_delay_id = 0;
    plan[i] = medium;
    any = true;
  }
  if (!any)
    return Error{ErrorCode::not_supported,
                 "The viewer took none of the media on offer (" + stream_list(media) + ")."};
  return plan;
}

Result<ReceivePlan> plan_receive(const RemoteDescription& offer, const std::vector<Codec>& video,
                                 const std::vector<Codec>& audio, bool retransmission) {
  ReceivePlan plan;
  for (unsigned i = 0; i < offer.media.size(); ++i) {
    const RemoteMedia& line = offer.media[i];
    bool is_video = line.kind == "video";
    if (!line.sends() || (!is_video && line.kind != "audio")) continue;
    if (!line.bundled || !line.rtcp_mux)
      return Error{ErrorCode::not_supported,
                   "The viewer's offer does not bundle its media on one transport (a=group:BUNDLE "
                   "and a=rtcp-mux), which is needed here."};
    const std::vector<Codec>& preference = is_video ? video : audio;
    const RemotePayload* payload = choose_received(line, preference);
    if (!payload) return no_received_codec(line, preference);
    MediumPlan medium;
    medium.mline = i;
    medium.payload_type = payload->type;
    if (retransmission) medium.rtx_payload_type = rtx_type_for(line, *payload);
    // A sender without RTX sends the packet itself once more.
    medium.nack = retransmission && has_feedback(*payload, "nack");
    if (has_feedback(*payload, "transport-cc")) medium.transport_cc_id = line.transport_cc_id;
    if (tells_colours_beside(*payload)) medium.color_space_id = line.color_space_id;
    if (!distinct(offer, plan.session, medium))
      return Error{ErrorCode::not_supported,
                   "The viewer's offer does not tell its media apart: each needs payload types of "
                   "its own, or a=ssrc lines."};
    plan.session.emplace_back(medium);
    plan.media.push_back({is_video ? MediaKind::video : MediaKind::audio,
                          *codec_from_name(payload->encoding), line.ssrcs,
                          line.wanted_layers().size() > 1, medium});
  }
  if (plan.media.empty())
    return Error{ErrorCode::not_supported,
                 "The viewer's offer sends no video and no audio (a=sendonly)."};
  return plan;
}

std::vector<Codec> in_offered_order(const RemoteDescription& offer,
                                    const std::vector<Codec>& codecs) {
  std::vector<Codec> ordered;
  auto add = [&](Codec codec) {
    bool known = std::find(ordered.begin(), ordered.end(), codec) != ordered.end();
    bool taken = std::find(codecs.begin(), codecs.end(), codec) != codecs.end();
    if (taken && !known) ordered.push_back(codec);
  };
  for (const RemoteMedia& line : offer.media)
    for (const RemotePayload& payload : line.payloads)
      if (auto codec = codec_from_name(payload.encoding); codec && line.sends()) add(*codec);
  // What it does not have stays, to be named when nothing is in common.
  for (Codec codec : codecs)
    add(codec);
  return ordered;
}

Result<ReceivePlan> read_receive_answer(const RemoteDescription& answer,
                                        const std::vector<RemoteMedia>& offered) {
  if (answer.media.size() != offered.size())
    return Error{ErrorCode::invalid_argument,
                 "The viewer's answer has not as many media as our offer."};
  ReceivePlan plan;
  plan.session.resize(offered.size());
  for (unsigned i = 0; i < offered.size(); ++i) {
    const RemoteMedia& line = answer.media[i];
    if (!line.sends() || line.kind != offered[i].kind) continue;
    const RemotePayload* payload = choose_answered(line, offered[i]);
    if (!payload)
      return Error{ErrorCode::not_supported,
                   "The viewer's answer names no codec for " + line.kind + " that was offered."};
    if (!line.bundled || !line.rtcp_mux)
      return Error{ErrorCode::not_supported,
                   "The viewer's answer does not bundle its media on one transport "
                   "(a=group:BUNDLE and a=rtcp-mux), which is needed here."};
    MediumPlan medium;
    medium.mline = i;
    medium.payload_type = payload->type;
    medium.rtx_payload_type = rtx_type_for(line, *payload);
    medium.nack = has_feedback(*payload, "nack");
    if (has_feedback(*payload, "transport-cc")) medium.transport_cc_id = line.transport_cc_id;
    if (tells_colours_beside(*payload)) medium.color_space_id = line.color_space_id;
    plan.session[i] = medium;
    Codec codec = *codec_from_name(payload->encoding);
    plan.media.push_back({codec_kind(codec), codec, line.ssrcs, false, medium});
  }
  if (plan.media.empty())
    return Error{ErrorCode::not_supported, "The viewer's answer sends no video and no audio."};
  return plan;
}

}  // namespace webcast
