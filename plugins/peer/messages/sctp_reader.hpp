// SctpReader: the messages in the SCTP packets (RFC 9260) of one association, whole and in order.
//
// GStreamer's sctpdec (1.22) hands out a message of 64 KiB or more in pieces, does not say which is
// the last one, and puts the next message between them where a packet came late. Pure; the owner
// calls it on one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace webcast {

struct SctpMessage {
  uint16_t stream = 0;
  uint32_t ppid = 0;         // payload protocol identifier
  bool is_too_long = false;  // `data` is empty
  std::string data{};
};

class SctpReader {
 public:
  explicit SctpReader(size_t longest) : longest_(longest) {}

  // A packet as it came; what it completed.
  std::vector<SctpMessage> packet(std::span<const uint8_t> bytes);
  // Too much came out of order: the association cannot be followed any more.
  bool is_lost() const { return lost_; }

 private:
  struct Chunk {
    uint16_t stream = 0;
    uint32_t ppid = 0;
    bool begins = false, ends = false;
    std::string data{};
  };
  void chunk(uint8_t type, uint8_t flags, std::span<const uint8_t> body);
  void advance();
  void add(Chunk chunk);
  void skip_to(uint32_t tsn);

  size_t longest_;
  bool started_ = false, lost_ = false;
  uint32_t next_ = 0;                // TSN
  std::map<uint32_t, Chunk> ahead_;  // by TSN, waiting for those before them
  size_t ahead_bytes_ = 0;
  // One at a time: the fragments of a message have TSNs one after the other (section 6.9).
  bool growing_ = false;
  SctpMessage message_{};
  std::vector<SctpMessage> whole_;
};

}  // namespace webcast
