// The messages of the WebSocket signaling protocol, one struct each (docs/protocol.md).
//
// Plain values. The codec turns them into JSON text and back; the room decides about them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace webcast {

struct Roles {
  bool producer = false;
  bool listener = false;
  bool consumer = false;
  friend bool operator==(const Roles&, const Roles&) = default;
};

// `meta` in all messages: JSON text of any value, "null" when there is none.

// Server to client.

struct Welcome {
  std::string peer{};
  friend bool operator==(const Welcome&, const Welcome&) = default;
};

struct PeerStatusChanged {
  std::string peer{};
  Roles roles{};
  std::string meta = "null";
  friend bool operator==(const PeerStatusChanged&, const PeerStatusChanged&) = default;
};

struct PeerEntry {
  std::string peer{};
  std::string meta = "null";
  friend bool operator==(const PeerEntry&, const PeerEntry&) = default;
};

struct List {
  std::vector<PeerEntry> producers{};
  friend bool operator==(const List&, const List&) = default;
};

struct ListConsumers {
  std::vector<PeerEntry> consumers{};
  friend bool operator==(const ListConsumers&, const ListConsumers&) = default;
};

// Who asks for a session, as its request told. Only a peer in the server's own process gets it,
// which may have to decide: it stands in no text.
struct Visitor {
  std::string address{};     // empty: not known
  std::string origin{};      // of a page
  std::string token{};       // that it showed; never logged
  bool token_valid = false;  // it is one that the server asks for
  friend bool operator==(const Visitor&, const Visitor&) = default;
};

// To the consumer; `peer` is the producer.
struct SessionStarted {
  std::string peer{};
  std::string session{};
  Visitor visitor{};  // the producer, if it asked
  friend bool operator==(const SessionStarted&, const SessionStarted&) = default;
};

// To the producer; `peer` is the consumer.
struct StartSession {
  std::string peer{};
  std::string session{};
  std::optional<std::string> offer{};
  Visitor visitor{};  // the consumer, if it asked
  friend bool operator==(const StartSession&, const StartSession&) = default;
};

// Nobody sends this one to a producer that is not ours: webrtcsink takes it for fatal.
struct ErrorMessage {
  std::string details{};
  friend bool operator==(const ErrorMessage&, const ErrorMessage&) = default;
};

// An ErrorMessage's `details` that begin so: the role consumer under a stream's name is refused.
inline constexpr const char* kNotTaker = "What is brought here goes to others";

// Client to server.

struct SetProtocolVersion {
  std::string version{};
  friend bool operator==(const SetProtocolVersion&, const SetProtocolVersion&) = default;
};

struct SetPeerStatus {
  Roles roles{};
  std::string meta = "null";
  std::optional<std::string> peer{};
  friend bool operator==(const SetPeerStatus&, const SetPeerStatus&) = default;
};

struct ListRequest {
  friend bool operator==(const ListRequest&, const ListRequest&) = default;
};

struct ListConsumersRequest {
  friend bool operator==(const ListConsumersRequest&, const ListConsumersRequest&) = default;
};

struct StartSessionRequest {
  std::string peer{};
  std::optional<std::string> offer{};
  friend bool operator==(const StartSessionRequest&, const StartSessionRequest&) = default;
};

// Both ways.

struct SessionSdp {
  std::string session{};
  bool is_offer = false;  // else an answer
  std::string sdp{};
  friend bool operator==(const SessionSdp&, const SessionSdp&) = default;
};

struct SessionIce {
  std::string session{};
  unsigned mline = 0;
  std::string candidate{};  // empty: no more will come
  friend bool operator==(const SessionIce&, const SessionIce&) = default;
};

struct EndSession {
  std::string session{};
  friend bool operator==(const EndSession&, const EndSession&) = default;
};

// An EndSessionV1_1's `error` that begins so: there is no room now, and may be some later.
inline constexpr const char* kStreamFull = "The stream is full";
// The same, of a source that takes one publisher at a time.
inline constexpr const char* kStreamTaken = "Somebody else publishes here";
// The same: not this one.
inline constexpr const char* kNotAuthorized = "Refused by the application";

// Only for a peer that asked for version v1_1; `error` absent: ended as it should.
struct EndSessionV1_1 {
  std::string session{};
  std::optional<std::string> error{};
  friend bool operator==(const EndSessionV1_1&, const EndSessionV1_1&) = default;
};

using Message =
    std::variant<Welcome, PeerStatusChanged, List, ListConsumers, SessionStarted, StartSession,
                 ErrorMessage, SetProtocolVersion, SetPeerStatus, ListRequest, ListConsumersRequest,
                 StartSessionRequest, SessionSdp, SessionIce, EndSession, EndSessionV1_1>;

}  // namespace webcast
