// What one relay says to another, and what the other makes of it.
#include "signaling/protocol/relay_codec.hpp"
#include "signaling/server/room/federation.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto message = decode_relay(test::text_of(data, size));
  if (!message) {
    WEBCAST_EXPECT(!message.error().sentence.empty());
    return 0;
  }
  auto again = decode_relay(encode_relay(*message));
  // Escapes may make it longer than a message may be.
  if (again) WEBCAST_EXPECT(*again == *message);
  if (!again) WEBCAST_EXPECT(again.error().code == ErrorCode::limit);

  unsigned next = 0;
  const Room::Time now{std::chrono::seconds(1000)};
  Room room([&] { return "p" + std::to_string(next++); },
            {.clients_may_publish = true, .is_federated = true});
  Federation federation(room, "self");
  federation.up(now);
  Outbox out;
  std::string here = room.connect(PeerKind::client, out);
  room.receive(here, SetPeerStatus{{.producer = true}, R"({"name":"live"})"}, now);
  federation.heard({message->relay, RelayHello{true}}, now);
  federation.heard(*message, now);
  federation.heard(*message, now);
  federation.heard({message->relay, RelayComplete{}}, now);
  federation.down(now);
  WEBCAST_EXPECT(room.has(here));
  room.expire(now + std::chrono::hours(1));
  // Nothing of another relay outlives it.
  WEBCAST_EXPECT(room.sessions() == 0 && room.peers() == 1);
  return 0;
}
