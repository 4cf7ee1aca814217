#include "signaling/relay/options.hpp"

#include <glib/gstdio.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace webcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<RelayOptions> read(std::vector<std::string> words) {
  words.insert(words.begin(), "webcast-relay");
  return read_relay_options(std::move(words));
}

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) {
    int file = g_file_open_tmp("webcast-relay-XXXXXX", &name_, nullptr);
    g_close(file, nullptr);
    EXPECT_TRUE(g_file_set_contents(name_, text.c_str(), -1, nullptr));
  }
  ~ConfigFile() {
    g_unlink(name_);
    g_free(name_);
  }
  std::string name() const { return name_; }

 private:
  char* name_ = nullptr;
};

TEST(RelayOptions, LoopbackByDefault) {
  auto options = read({});
  ASSERT_TRUE(options);
  auto settings = relay_settings(*options);
  ASSERT_TRUE(settings);
  EXPECT_TRUE(settings->address.is_loopback());
  EXPECT_EQ(settings->address.port, 8080);
  EXPECT_EQ(settings->max_peers, 5000u);
  EXPECT_TRUE(settings->room.clients_may_publish);
}

TEST(RelayOptions, TheCommandLineComesBeforeTheFile) {
  ConfigFile file("[relay]\nlisten=:9000\nmax-peers=7\n"
                  "allow-origin=https://a.example;https://b.example\n");
  auto options = read({"--config", file.name(), "--listen", "[::1]:0"});
  ASSERT_TRUE(options) << options.error().sentence;
  EXPECT_EQ(options->listen, "[::1]:0");
  EXPECT_EQ(options->max_peers, 7);
  EXPECT_THAT(options->allow_origins, ElementsAre("https://a.example", "https://b.example"));
  auto other = read({"-c", file.name(), "--allow-origin=https://c.example", "--max-peers=9"});
  ASSERT_TRUE(other);
  EXPECT_THAT(other->allow_origins, ElementsAre("https://c.example"));
  EXPECT_EQ(other->max_peers, 9);
}

TEST(RelayOptions, ProxiesAreTrustedByName) {
  ConfigFile file("[relay]\ntrusted-proxy=10.0.0.0/8;::1\n");
  auto settings = relay_settings(*read({"--config", file.name()}));
  ASSERT_TRUE(settings) << settings.error().sentence;
  EXPECT_TRUE(settings->acceptor.trusted_proxies.contains("10.1.2.3"));
  EXPECT_FALSE(settings->acceptor.trusted_proxies.contains("127.0.0.1"));
  settings = relay_settings(*read({"-c", file.name(), "--trusted-proxy=127.0.0.1"}));
  ASSERT_TRUE(settings);
  EXPECT_THAT(settings->acceptor.trusted_proxies.entries(), ElementsAre("127.0.0.1"));
  settings = relay_settings(*read({"--trusted-proxy=my-proxy"}));
  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().sentence, HasSubstr("my-proxy"));
}

TEST(RelayOptions, AnOriginHasASchemeAndNoPath) {
  for (const char* good : {"https://a.example", "http://[::1]:8080", "https://a.example:8443", "*"})
    EXPECT_TRUE(relay_settings({.allow_origins = {good}})) << good;
  for (const char* bad : {"a.example", "a.example:8080", "https://", "https://a.example/page", "",
                          "https://me@a.example", "null"}) {
    auto settings = relay_settings({.allow_origins = {"https://good.example", bad}});
    ASSERT_FALSE(settings) << bad;
    EXPECT_EQ(settings.error().sentence.find("allow-origin: \"" + std::string(bad) + "\""), 0u);
  }
  auto settings = relay_settings(*read({"--allow-origin=a.example"}));
  EXPECT_THAT(settings.error().sentence, HasSubstr("https://a.example"));
}

TEST(RelayOptions, WhatIsWrongIsNamed) {
  EXPECT_THAT(read({"--listn", "x"}).error().sentence, HasSubstr("listn"));
  EXPECT_THAT(read({"8080"}).error().sentence, HasSubstr("8080"));
  EXPECT_THAT(read({"--max-peers", "many"}).error().sentence, HasSubstr("many"));
  EXPECT_THAT(read({"--config", "no/such.conf"}).error().sentence, HasSubstr("no/such.conf"));
  ConfigFile typo("[relay]\nlissten=:1\n"), group("[other]\n"), number("[relay]\nmax-peers=x\n");
  EXPECT_THAT(read({"--config", typo.name()}).error().sentence, HasSubstr("lissten"));
  EXPECT_THAT(read({"--config", group.name()}).error().sentence, HasSubstr("[relay]"));
  EXPECT_FALSE(read({"--config", number.name()}));
}

TEST(RelayOptions, ValuesAreChecked) {
  EXPECT_FALSE(relay_settings({.listen = "127.0.0.1:70000"}));
  EXPECT_THAT(relay_settings({.listen = "127.0.0.1:x"}).error().sentence, HasSubstr("listen"));
  EXPECT_FALSE(relay_settings({.max_peers = 0}));
  EXPECT_FALSE(relay_settings({.max_peers = -5}));
  EXPECT_FALSE(relay_settings({.peers_per_address = 0}));
  EXPECT_THAT(relay_settings({.tls_certificate = "cert.pem"}).error().sentence,
              HasSubstr("tls-key"));
}

TEST(RelayOptions, TheTokensSecretIsReadFromItsFile) {
  const std::string secret(32, 'k');
  ConfigFile good(secret + "\r\n"), short_one(secret.substr(1) + "\n"), empty("");
  ConfigFile config("[relay]\ntoken-secret-file=" + good.name() + "\n");
  auto options = read({"--config", config.name()});
  ASSERT_TRUE(options);
  auto settings = relay_settings(*options);
  ASSERT_TRUE(settings) << settings.error().sentence;
  EXPECT_EQ(settings->token_secret, secret);
  EXPECT_EQ(read({"--token-secret-file", "f"})->token_secret_file, "f");
  for (const ConfigFile* file : {&short_one, &empty}) {
    auto refused = relay_settings({.token_secret_file = file->name()});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().sentence, HasSubstr("openssl rand"));
    EXPECT_THAT(refused.error().sentence, testing::Not(HasSubstr("kkkk")));
  }
  EXPECT_THAT(relay_settings({.token_secret_file = "no/such"}).error().sentence,
              HasSubstr("no/such cannot be read"));
}

}  // namespace
}  // namespace webcast
