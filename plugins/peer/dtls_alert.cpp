#include "plugins/peer/dtls_alert.hpp"

#include <algorithm>
#include <array>

namespace webcast {
namespace {

constexpr size_t kRecordHeader = 13;
constexpr uint8_t kAlertRecord = 21, kFatal = 2;

// Our own certificate is RSA of 2048 bits and has no date that anybody minds: GStreamer makes it.
enum class Remedy { read_its_log, plain_certificate, compare_fingerprint, newer_dtls };

struct Meaning {
  uint8_t alert;
  const char* name;
  const char* words;
  Remedy remedy = Remedy::read_its_log;
};
constexpr const char* kCertificate = "a certificate was not accepted";
constexpr const char* kWrongMessage = "a message of the handshake was wrong";
constexpr std::array kMeanings = {
    Meaning{10, "unexpected_message", kWrongMessage},
    Meaning{20, "bad_record_mac", kWrongMessage},
    Meaning{40, "handshake_failure",
            "the two sides have no cipher, curve or signature in common, or a certificate is "
            "missing",
            Remedy::plain_certificate},
    Meaning{42, "bad_certificate", kCertificate, Remedy::compare_fingerprint},
    Meaning{43, "unsupported_certificate", kCertificate, Remedy::plain_certificate},
    Meaning{44, "certificate_revoked", kCertificate, Remedy::compare_fingerprint},
    Meaning{45, "certificate_expired", kCertificate, Remedy::compare_fingerprint},
    Meaning{46, "certificate_unknown", kCertificate, Remedy::compare_fingerprint},
    Meaning{47, "illegal_parameter", "one side chose what the other does not have, such as a curve",
            Remedy::plain_certificate},
    Meaning{48, "unknown_ca", kCertificate, Remedy::compare_fingerprint},
    Meaning{50, "decode_error", kWrongMessage},
    Meaning{51, "decrypt_error", kWrongMessage},
    Meaning{70, "protocol_version", "the two sides have no version of DTLS in common",
            Remedy::newer_dtls},
    Meaning{71, "insufficient_security", "what one side has is too weak for the other",
            Remedy::plain_certificate},
    Meaning{80, "internal_error", "one side had an error of its own"},
    Meaning{116, "certificate_required", "a certificate is missing", Remedy::plain_certificate}};

const Meaning* find_meaning(uint8_t alert) {
  auto found = std::find_if(kMeanings.begin(), kMeanings.end(),
                            [alert](const Meaning& each) { return each.alert == alert; });
  return found == kMeanings.end() ? nullptr : &*found;
}

}  // namespace

std::optional<uint8_t> fatal_alert(std::span<const uint8_t> datagram) {
  while (datagram.size() >= kRecordHeader) {
    bool plain = datagram[3] == 0 && datagram[4] == 0;  // epoch
    size_t length = static_cast<size_t>(datagram[11] << 8 | datagram[12]);
    if (datagram.size() - kRecordHeader < length) break;
    auto body = datagram.subspan(kRecordHeader, length);
    if (datagram[0] == kAlertRecord && plain && length == 2 && body[0] == kFatal) return body[1];
    datagram = datagram.subspan(kRecordHeader + length);
  }
  return std::nullopt;
}

std::string alert_meaning(uint8_t alert) {
  const Meaning* found = find_meaning(alert);
  if (!found) return "alert " + std::to_string(alert);
  return std::string(found->words) + " (" + found->name + ")";
}

std::string alert_remedy(uint8_t alert) {
  const Meaning* found = find_meaning(alert);
  switch (found ? found->remedy : Remedy::read_its_log) {
    case Remedy::plain_certificate:
      return "The viewer's program needs a certificate of ECDSA with P-256 or of RSA with 2048 "
             "bits, as browsers make them.";
    case Remedy::compare_fingerprint:
      return "The viewer's program must compare our certificate with the fingerprint of our "
             "description: nobody signed it.";
    case Remedy::newer_dtls:
      return "The viewer's program needs DTLS 1.2.";
    case Remedy::read_its_log:
      break;
  }
  return "The log of the viewer's program may tell more.";
}

}  // namespace webcast
