#include "plugins/rtp/rtcp_bye.hpp"

#include <algorithm>

namespace webcast {
namespace {

constexpr uint8_t kVersion = 0x80, kReceiverReport = 201, kDescription = 202, kBye = 203;
constexpr uint8_t kCname = 1;
constexpr size_t kMaxSources = 31, kMaxName = 255;

void put_word(std::vector<uint8_t>& packet, uint32_t word) {
  for (int shift = 24; shift >= 0; shift -= 8)
    packet.push_back(static_cast<uint8_t>(word >> shift));
}

// `words`: of 32 bits, behind the header.
void put_header(std::vector<uint8_t>& packet, size_t count, uint8_t type, size_t words) {
  packet.push_back(static_cast<uint8_t>(kVersion | count));
  packet.push_back(type);
  packet.push_back(static_cast<uint8_t>(words >> 8));
  packet.push_back(static_cast<uint8_t>(words));
}

}  // namespace

std::vector<uint8_t> make_bye(std::span<const uint32_t> ssrcs, const std::string& cname) {
  if (ssrcs.empty()) return {};
  std::vector<uint8_t> packet;
  put_header(packet, 0, kReceiverReport, 1);
  put_word(packet, ssrcs[0]);
  std::string name = cname.substr(0, kMaxName);
  // The item, and at least one zero that ends the list.
  size_t words = 1 + (2 + name.size() + 4) / 4;
  put_header(packet, 1, kDescription, words);
  size_t begin = packet.size();
  put_word(packet, ssrcs[0]);
  packet.push_back(kCname);
  packet.push_back(static_cast<uint8_t>(name.size()));
  packet.insert(packet.end(), name.begin(), name.end());
  packet.resize(begin + words * 4);
  size_t count = std::min(ssrcs.size(), kMaxSources);
  put_header(packet, count, kBye, count);
  for (uint32_t ssrc : ssrcs.first(count))
    put_word(packet, ssrc);
  return packet;
}

}  // namespace webcast
