// Which certificates of the other side are taken, and what is told of those that are not.
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>

#include "tests/unit/peer/rig.hpp"

namespace webcast::test {
namespace {

const std::vector<ViewerMedium> kVp8 = {{"video", "VP8", 100}};
constexpr long kDay = 24 * 3600;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Key curve(const char* name) {
  return {EVP_EC_gen(name), EVP_PKEY_free};
}

struct Certificate {
  std::string pem;  // with its key
  std::string fingerprint;
};

// Self-signed, until `days` from now.
Certificate make_certificate(const Key& key, long days = 1) {
  std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
  X509_set_version(x509.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), -2 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), days * kDay);
  X509_NAME* name = X509_get_subject_name(x509.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("viewer"), -1, -1, 0);
  X509_set_issuer_name(x509.get(), name);
  X509_set_pubkey(x509.get(), key.get());
  EXPECT_GT(X509_sign(x509.get(), key.get(), EVP_sha256()), 0);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(x509.get(), EVP_sha256(), digest.data(), &size);
  Certificate made;
  for (unsigned i = 0; i < size; ++i) {
    char hex[4];
    g_snprintf(hex, sizeof hex, i ? ":%02X" : "%02X", digest[i]);
    made.fingerprint += hex;
  }
  std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_X509(out.get(), x509.get());
  char* text = nullptr;
  long length = BIO_get_mem_data(out.get(), &text);
  made.pem.assign(text, static_cast<size_t>(length));
  return made;
}

// Our answers are active: a viewer that offers is the server of the handshake, else the client.
enum class ViewerIs { server, client };

std::unique_ptr<Rig> meet(const Certificate& certificate, ViewerIs role) {
  auto rig = std::make_unique<Rig>();
  rig->viewer->certificate = certificate.pem;
  rig->viewer->change_description = [shown = certificate.fingerprint](std::string sdp) {
    const std::string key = "a=fingerprint:sha-256 ";
    for (size_t at = 0; (at = sdp.find(key, at)) != std::string::npos; at += key.size())
      sdp.replace(at + key.size(), shown.size(), shown);
    return sdp;
  };
  if (role == ViewerIs::server)
    rig->viewer_offers(kVp8);
  else
    rig->sink_offers();
  return rig;
}

TEST(Certificate, LargerCurvesArePlayedTo) {
  for (const char* name : {"P-384", "P-521"})
    for (ViewerIs role : {ViewerIs::server, ViewerIs::client})
      EXPECT_TRUE(meet(make_certificate(curve(name)), role)->wait_packets(10)) << name;
}

// The fingerprint says whose it is, and no date.
TEST(Certificate, OneThatHasExpiredIsPlayedTo) {
  for (ViewerIs role : {ViewerIs::server, ViewerIs::client})
    EXPECT_TRUE(meet(make_certificate(curve("P-256"), -1), role)->wait_packets(10));
}

TEST(Certificate, AWrongCurveIsNamedWithItsRemedy) {
  for (const char* name : {"secp256k1", "brainpoolP256r1"})
    for (ViewerIs role : {ViewerIs::server, ViewerIs::client}) {
      auto rig = meet(make_certificate(curve(name)), role);
      ASSERT_TRUE(eventually([&] { return rig->closed().has_value(); })) << name;
      // As the server it finds that nobody takes its curve; as the client we find it.
      const char* cause = role == ViewerIs::server
                              ? "the viewer's side says: the two sides have no cipher, curve or "
                                "signature in common, or a certificate is missing "
                                "(handshake_failure)."
                              : "our side says: one side chose what the other does not have, such "
                                "as a curve (illegal_parameter).";
      EXPECT_EQ(rig->closed()->sentence,
                std::string("The viewer's encrypted connection (DTLS) failed: ") + cause +
                    " The viewer's program needs a certificate of ECDSA with P-256 or of RSA with "
                    "2048 bits, as browsers make them.")
          << name;
      EXPECT_EQ(rig->viewer->packets(), 0u);
    }
}

}  // namespace
}  // namespace webcast::test
