// JSON text of the WebSocket: what is decoded is written and read again as the same.
#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/stream_meta.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = test::text_of(data, size);
  for (MessageDirection direction : {MessageDirection::to_server, MessageDirection::to_client}) {
    auto message = decode(text, direction);
    if (!message) {
      WEBCAST_EXPECT(!message.error().sentence.empty());
      continue;
    }
    const std::string written = encode(*message);
    WEBCAST_EXPECT(written.find('\n') == std::string::npos);
    auto again = decode(written, direction);
    // Escapes may make it longer than a message may be.
    if (again) WEBCAST_EXPECT(*again == *message);
    if (!again) WEBCAST_EXPECT(again.error().code == ErrorCode::limit);
  }
  const StreamMeta meta = read_stream_meta(text);
  WEBCAST_EXPECT(read_stream_meta(write_stream_meta(meta)) == meta);
  return 0;
}
