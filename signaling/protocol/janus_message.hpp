// What a client and a Janus server say to each other about a VideoRoom, one struct each: Janus' own
// API and that of its VideoRoom plugin (1.x).
//
// Plain values. The codec (janus_codec.hpp) turns them into JSON text and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace webcast {

// Of a room or a publisher ("feed"): a number, or a text where Janus is set so (string_ids).
struct JanusId {
  bool is_number = true;
  std::string text{};
  friend bool operator==(const JanusId&, const JanusId&) = default;
  friend auto operator<=>(const JanusId&, const JanusId&) = default;
};

// Client to Janus.

struct JanusCreate {};     // a session
struct JanusClaim {};      // the session again, on a new connection
struct JanusKeepalive {};  // a session that says nothing for 60 s is over
struct JanusDestroy {};    // the session, and all in it
struct JanusAttach {};     // a handle of the VideoRoom plugin: one place in a room
struct JanusDetach {};
// To the plugin, by a handle.
struct JanusListRooms {};
struct JanusListParticipants {
  JanusId room{};
};
// To be told who publishes, and to publish.
struct JanusJoin {
  JanusId room{};
  std::string display{};  // empty: none
  std::string pin{}, token{};
};
struct JanusSubscribe {
  JanusId room{}, feed{};
  uint64_t private_id = 0;  // of our own join
  std::string pin{}, token{};
};
struct JanusPublish {
  std::string offer{};
};
struct JanusStart {
  std::string answer{};
};
struct JanusLeave {};  // ends what is published, too
struct JanusTrickle {
  unsigned mline = 0;
  std::string candidate{};  // empty: there are no more
};

struct JanusRequest {
  std::string transaction{};
  uint64_t session = 0, handle = 0;  // 0: none
  std::string api_secret{}, token{};
  std::variant<JanusCreate, JanusClaim, JanusKeepalive, JanusDestroy, JanusAttach, JanusDetach,
               JanusListRooms, JanusListParticipants, JanusJoin, JanusSubscribe, JanusPublish,
               JanusStart, JanusLeave, JanusTrickle>
      what{};
};

// Janus to client.

struct JanusFeed {
  JanusId id{};
  std::string display{};
  std::vector<std::string> media{};  // "audio" and "video", one a stream; empty: it is not told
  friend bool operator==(const JanusFeed&, const JanusFeed&) = default;
};

struct JanusAck {};  // the reply follows
struct JanusSuccess {
  uint64_t id = 0;  // of the session or the handle that was made
};
// Of Janus, or of the plugin.
struct JanusFailure {
  unsigned code = 0;
  std::string reason{};
};
struct JanusRoom {
  JanusId id{};
  std::string video_codecs{}, audio_codecs{};  // "vp8,h264", in the order of preference
};
struct JanusRooms {
  std::vector<JanusRoom> rooms{};
};
struct JanusJoined {
  JanusId id{};  // our own
  uint64_t private_id = 0;
  std::vector<JanusFeed> feeds{};  // that are published now
};
struct JanusFeeds {  // new ones
  std::vector<JanusFeed> feeds{};
};
struct JanusParticipants {
  std::vector<JanusFeed> feeds{};  // those of them who publish
  std::vector<JanusId> present{};  // all of them
};
struct JanusFeedGone {  // it is no more published
  JanusId feed{};
};
struct JanusLeft {  // ourselves, by our own wish or not
  bool kicked = false;
};
struct JanusRoomDestroyed {};
// Of what we publish or receive: `reply.description` has the SDP that came with it.
struct JanusNegotiated {};
struct JanusWebrtcUp {};
struct JanusMedia {
  std::string kind{};
  bool receiving = false;
};
struct JanusSlowLink {
  bool uplink = false;
  uint64_t lost = 0;
};
struct JanusHangup {
  std::string reason{};
};
struct JanusDetached {};
struct JanusTimeout {};  // the session is over
struct JanusCandidate {
  unsigned mline = 0;
  std::string candidate{};  // empty: no more will come
};
struct JanusOther {};  // nothing that we look at

struct JanusDescription {
  bool is_offer = false;
  std::string sdp{};
};

struct JanusReply {
  std::string transaction{};  // empty: nobody asked
  uint64_t session = 0;
  uint64_t handle = 0;  // that it is about; 0: none
  std::optional<JanusDescription> description{};
  std::variant<JanusOther, JanusAck, JanusSuccess, JanusFailure, JanusRooms, JanusJoined,
               JanusFeeds, JanusParticipants, JanusFeedGone, JanusLeft, JanusRoomDestroyed,
               JanusNegotiated, JanusWebrtcUp, JanusMedia, JanusSlowLink, JanusHangup,
               JanusDetached, JanusTimeout, JanusCandidate>
      what{};
};

}  // namespace webcast
