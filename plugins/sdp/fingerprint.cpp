#include "plugins/sdp/fingerprint.hpp"

#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>

namespace webcast {
namespace {

struct Hash {
  const char* name;
  GChecksumType type;
  size_t digits;
};
constexpr std::array kHashes = {Hash{"sha-256", G_CHECKSUM_SHA256, 64},
                                Hash{"sha-384", G_CHECKSUM_SHA384, 96},
                                Hash{"sha-512", G_CHECKSUM_SHA512, 128}};

// The DER bytes of the first certificate in a PEM text.
std::vector<guchar> certificate_der(const std::string& pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  size_t begin = pem.find(kBegin);
  if (begin == std::string::npos) return {};
  begin += kBegin.size();
  size_t end = pem.find(kEnd, begin);
  if (end == std::string::npos) return {};
  std::string base64 = pem.substr(begin, end - begin);
  gsize size = 0;
  std::unique_ptr<guchar, decltype(&g_free)> der(g_base64_decode(base64.c_str(), &size), g_free);
  return std::vector<guchar>(der.get(), der.get() + size);
}

std::string digest_of(const std::vector<guchar>& der, GChecksumType type) {
  std::unique_ptr<char, decltype(&g_free)> digest(
      g_compute_checksum_for_data(type, der.data(), der.size()), g_free);
  return digest.get();
}

}  // namespace

std::optional<Fingerprint> parse_fingerprint(std::string_view value) {
  size_t space = value.find(' ');
  if (space == std::string_view::npos || space == 0) return std::nullopt;
  Fingerprint fingerprint;
  for (char c : value.substr(0, space))
    fingerprint.algorithm += g_ascii_tolower(c);
  std::string_view digits = value.substr(space + 1);
  while (!digits.empty() && digits.back() == ' ')
    digits.remove_suffix(1);
  // Pairs of digits with a colon between each two.
  if (digits.size() % 3 != 2 || digits.size() > 3 * 64) return std::nullopt;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i % 3 == 2) {
      if (digits[i] != ':') return std::nullopt;
    } else {
      if (!g_ascii_isxdigit(digits[i])) return std::nullopt;
      fingerprint.digest += g_ascii_tolower(digits[i]);
    }
  }
  for (const Hash& hash : kHashes)
    if (fingerprint.algorithm == hash.name && fingerprint.digest.size() != hash.digits)
      return std::nullopt;
  return fingerprint;
}

Result<void> require_strong_fingerprint(const std::vector<Fingerprint>& fingerprints) {
  if (fingerprints.empty())
    return Error{ErrorCode::refused,
                 "The viewer's description carries no certificate fingerprint, so nobody could "
                 "tell whether the connection is really the viewer's. No media passed."};
  bool strong = std::any_of(fingerprints.begin(), fingerprints.end(),
                            [](const Fingerprint& f) { return f.algorithm == "sha-256"; });
  if (strong) return {};
  return Error{ErrorCode::refused, "The viewer's description has a certificate fingerprint of " +
                                       fingerprints.front().algorithm +
                                       " only, and SHA-256 is required. No media passed."};
}

Result<void> verify_certificate(const std::string& pem,
                                const std::vector<Fingerprint>& fingerprints) {
  if (auto strong = require_strong_fingerprint(fingerprints); !strong) return strong;
  std::vector<guchar> der = certificate_der(pem);
  if (der.empty())
    return Error{ErrorCode::refused,
                 "The viewer showed no certificate that could be compared with the fingerprint "
                 "in its description. No media passed."};
  for (const Hash& hash : kHashes) {
    auto is_of_hash = [&](const Fingerprint& f) { return f.algorithm == hash.name; };
    if (std::none_of(fingerprints.begin(), fingerprints.end(), is_of_hash)) continue;
    Fingerprint actual{hash.name, digest_of(der, hash.type)};
    if (std::find(fingerprints.begin(), fingerprints.end(), actual) == fingerprints.end())
      return Error{ErrorCode::refused,
                   "The viewer's certificate does not match the fingerprint in its description: "
                   "somebody may be in between. No media passed.",
                   std::string("certificate has ") + hash.name + " " + actual.digest};
  }
  return {};
}

std::optional<Fingerprint> fingerprint_of(const std::string& pem) {
  std::vector<guchar> der = certificate_der(pem);
  if (der.empty()) return std::nullopt;
  return Fingerprint{"sha-256", digest_of(der, G_CHECKSUM_SHA256)};
}

}  // namespace webcast
