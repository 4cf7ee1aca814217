#include "plugins/peer/dtls_alert.hpp"

#include <algorithm>
#include <array>

namespace webcast {
namespace {

constexpr size_t kRecordHeader = 13;
constexpr uint8_t kAlertRecord = 21, kFatal = 2;

struct Meaning {
  uint8_t alert;
  const char* name;
  const char* words;
};
constexpr const char* kCertificate = "a certificate was not accepted";
constexpr const char* kWrongMessage = "a message of the handshake was wrong";
constexpr std::array kMeanings = {
    Meaning{10, "unexpected_message", kWrongMessage},
    Meaning{20, "bad_record_mac", kWrongMessage},
    Meaning{
        40, "handshake_failure",
        "the two sides have no cipher, curve or signature in common, or a certificate is missing"},
    Meaning{42, "bad_certificate", kCertificate},
    Meaning{43, "unsupported_certificate", kCertificate},
    Meaning{44, "certificate_revoked", kCertificate},
    Meaning{45, "certificate_expired", kCertificate},
    Meaning{46, "certificate_unknown", kCertificate},
    Meaning{47, "illegal_parameter",
            "one side chose what the other does not have, such as a curve"},
    Meaning{48, "unknown_ca", kCertificate},
    Meaning{50, "decode_error", kWrongMessage},
    Meaning{51, "decrypt_error", kWrongMessage},
    Meaning{70, "protocol_version", "the two sides have no version of DTLS in common"},
    Meaning{71, "insufficient_security", "what one side has is too weak for the other"},
    Meaning{80, "internal_error", "one side had an error of its own"},
    Meaning{116, "certificate_required", "a certificate is missing"}};

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
  auto found = std::find_if(kMeanings.begin(), kMeanings.end(),
                            [alert](const Meaning& each) { return each.alert == alert; });
  if (found == kMeanings.end()) return "alert " + std::to_string(alert);
  return std::string(found->words) + " (" + found->name + ")";
}

}  // namespace webcast
