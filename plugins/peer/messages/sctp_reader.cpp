#include "plugins/peer/messages/sctp_reader.hpp"

#include <algorithm>
#include <utility>

namespace webcast {

namespace {

constexpr size_t kHeader = 12, kChunkHeader = 4, kDataHeader = 12;
constexpr uint8_t kData = 0, kInit = 1, kInitAck = 2, kForwardTsn = 192;
// sctpdec's window is 1 MiB.
constexpr size_t kMostAhead = 8192, kMostAheadBytes = 2 * 1024 * 1024;

uint32_t number(std::span<const uint8_t> bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; i++)
    value = value << 8 | bytes[at + i];
  return value;
}

// RFC 1982: TSNs begin anew after the last one.
bool is_before(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a - b) < 0;
}

}  // namespace

std::vector<SctpMessage> SctpReader::packet(std::span<const uint8_t> bytes) {
  if (bytes.size() < kHeader) return {};
  bytes = bytes.subspan(kHeader);
  while (bytes.size() >= kChunkHeader && !lost_) {
    size_t length = number(bytes, 2, 2);
    if (length < kChunkHeader || length > bytes.size()) break;
    chunk(bytes[0], bytes[1], bytes.subspan(kChunkHeader, length - kChunkHeader));
    size_t padded = (length + 3) & ~size_t{3};
    bytes = bytes.subspan(std::min(padded, bytes.size()));
  }
  return std::exchange(whole_, {});
}

void SctpReader::chunk(uint8_t type, uint8_t flags, std::span<const uint8_t> body) {
  if ((type == kInit || type == kInitAck) && body.size() >= 16) {
    // Sent again, or by the other name, it has the same one.
    if (!started_) next_ = number(body, 12, 4);
    started_ = true;
  } else if (type == kForwardTsn && body.size() >= 4 && started_) {
    skip_to(number(body, 0, 4) + 1);
  } else if (type == kData && body.size() > kDataHeader && started_) {
    uint32_t tsn = number(body, 0, 4);
    if (is_before(tsn, next_) || ahead_.contains(tsn)) return;
    auto data = body.subspan(kDataHeader);
    ahead_bytes_ += data.size();
    ahead_[tsn] = {static_cast<uint16_t>(number(body, 4, 2)), number(body, 8, 4), (flags & 2) != 0,
                   (flags & 1) != 0, std::string(data.begin(), data.end())};
    advance();
    lost_ = ahead_.size() > kMostAhead || ahead_bytes_ > kMostAheadBytes;
  }
}

void SctpReader::advance() {
  for (auto found = ahead_.find(next_); found != ahead_.end(); found = ahead_.find(next_)) {
    ahead_bytes_ -= found->second.data.size();
    add(std::move(found->second));
    ahead_.erase(found);
    next_++;
  }
}

void SctpReader::add(Chunk chunk) {
  if (chunk.begins) {
    message_ = {chunk.stream, chunk.ppid};
    growing_ = true;
  }
  if (!growing_) return;
  if (message_.data.size() + chunk.data.size() > longest_) {
    message_.is_too_long = true;
    message_.data = {};
  }
  if (!message_.is_too_long) message_.data += chunk.data;
  if (!chunk.ends) return;
  growing_ = false;
  whole_.push_back(std::exchange(message_, {}));
}

// The sender gave up what is before `tsn` (RFC 3758).
void SctpReader::skip_to(uint32_t tsn) {
  if (!is_before(next_, tsn)) return;
  std::erase_if(ahead_, [&](const auto& entry) {
    bool is_over = is_before(entry.first, tsn);
    if (is_over) ahead_bytes_ -= entry.second.data.size();
    return is_over;
  });
  growing_ = false;
  next_ = tsn;
  advance();
}

}  // namespace webcast
