// Fingerprints: the tie between what signaling said and who speaks DTLS (RFC 8122, RFC 8827).
//
// webrtcbin never makes this comparison (gst-plugins-bad, all releases up to June 2026): without
// it, whoever sits on the path could take a viewer's place. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace webcast {

struct Fingerprint {
  std::string algorithm{};  // lower case: "sha-256"
  std::string digest{};     // hexadecimal digits, lower case, no colons
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// The value of an a=fingerprint attribute: "sha-256 AB:CD:…". Nothing when it is malformed.
std::optional<Fingerprint> parse_fingerprint(std::string_view value);

// An error unless there is one of SHA-256: SHA-1 and older can be forged.
Result<void> require_strong_fingerprint(const std::vector<Fingerprint>& fingerprints);

// Compares a PEM certificate with what the SDP announced: for every hash function that we know
// (SHA-256, 384, 512) and that is listed, one of its fingerprints must be the certificate's.
Result<void> verify_certificate(const std::string& pem,
                                const std::vector<Fingerprint>& fingerprints);

// The certificate's fingerprint by SHA-256; nothing when `pem` is no certificate.
std::optional<Fingerprint> fingerprint_of(const std::string& pem);

}  // namespace webcast
