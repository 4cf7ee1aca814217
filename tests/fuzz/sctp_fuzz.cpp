// SCTP packets of a hostile peer, some twice and out of order: messages hold what was sent and no
// more, none is too long, and what waits is bounded.
#include "plugins/peer/messages/sctp_reader.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/hex.hpp"

using namespace webcast;

namespace {

constexpr size_t kLongest = 300;

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Packets end at line ends.
  const std::string text = test::text_of(data, size);
  std::vector<std::vector<uint8_t>> packets;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    packets.push_back(test::bytes_of(data + begin, end - begin));
    begin = end + 1;
  }
  SctpReader reader(kLongest), again(kLongest);
  size_t sent = 0, got = 0;
  std::vector<std::string> first, second;
  for (const std::vector<uint8_t>& packet : packets) {
    sent += packet.size();
    for (SctpMessage& message : reader.packet(packet)) {
      WEBCAST_EXPECT(message.data.size() <= kLongest);
      WEBCAST_EXPECT(!message.is_too_long || message.data.empty());
      got += message.data.size();
      first.push_back(std::move(message.data));
    }
  }
  // Nothing is made of nothing, nor twice of one.
  WEBCAST_EXPECT(got <= sent);
  // Retransmissions change nothing, as long as no message was overtaken by them.
  for (const std::vector<uint8_t>& packet : packets) {
    for (int times = 0; times < 2; times++)
      for (SctpMessage& message : again.packet(packet))
        second.push_back(std::move(message.data));
  }
  WEBCAST_EXPECT(first == second || again.is_lost() != reader.is_lost());
  return 0;
}
