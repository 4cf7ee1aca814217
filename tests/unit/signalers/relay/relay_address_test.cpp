#include "plugins/signalers/relay/relay_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libsoup/soup.h>

#include "common/backoff.hpp"

namespace webcast {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

TEST(Backoff, DoublesUpToItsBound) {
  BackoffSettings settings{.first = milliseconds(100), .longest = milliseconds(1000)};
  EXPECT_EQ(backoff(0, 1.0, settings), milliseconds(100));
  EXPECT_EQ(backoff(1, 1.0, settings), milliseconds(200));
  EXPECT_EQ(backoff(3, 1.0, settings), milliseconds(800));
  EXPECT_EQ(backoff(4, 1.0, settings), milliseconds(1000));
  EXPECT_EQ(backoff(4'000'000'000u, 1.0, settings), milliseconds(1000));
}

TEST(Backoff, JitterSpreadsTheUpperPart) {
  for (unsigned attempt : {0u, 2u, 30u}) {
    EXPECT_EQ(backoff(attempt, 0.0), backoff(attempt, 1.0) * 6 / 10);
    EXPECT_LT(backoff(attempt, 0.2), backoff(attempt, 0.8));
  }
}

TEST(RelayAddress, TakesWhatARelayMayBeCalled) {
  for (const char* location :
       {"ws://127.0.0.1:8080", "ws://127.0.0.1:8080/", "wss://relay.example.org/path/ws",
        "WS://[::1]:9000", "ws://relay.example.org?token=abc"})
    EXPECT_TRUE(parse_relay_address(location)) << location;
}

TEST(RelayAddress, ABadOneIsNamedWithTheRemedy) {
  for (const char* location : {"ws://", "ws:", "ws:///path", "ws://host:port", "ws://host:70000",
                               "ws://host:0", "ws://[::1", "http://host"}) {
    auto address = parse_relay_address(location);
    ASSERT_FALSE(address) << location;
    EXPECT_THAT(address.error().sentence, HasSubstr(location));
    EXPECT_THAT(address.error().sentence, HasSubstr("wss://relay.example.org"));
  }
}

TEST(RelayAddress, SecretsStandInNoSentence) {
  EXPECT_EQ(parse_relay_address("ws://host:1/a?token=s3cret")->shown, "ws://host:1/a");
  EXPECT_THAT(parse_relay_address("ws://host:x/?token=s3cret").error().sentence,
              Not(HasSubstr("s3cret")));
  EXPECT_THAT(parse_relay_address("ws://user:s3cret@host").error().sentence,
              Not(HasSubstr("s3cret")));
  RelayAddress address = *parse_relay_address("ws://host/?token=s3cret");
  EXPECT_THAT(relay_trouble(address, nullptr, 401).sentence, Not(HasSubstr("s3cret")));
}

TEST(RelayAddress, ATokenThatIsRefusedIsNotToldToBeAdded) {
  auto sentence = [](const char* location, const char* property, bool has_token) {
    return relay_trouble(*parse_relay_address(location, property, has_token), nullptr, 401)
        .sentence;
  };
  EXPECT_THAT(sentence("ws://h", "view-token", false), HasSubstr("set view-token, or add ?token="));
  for (std::string wrong : {sentence("ws://h?token=s3cret", "publish-token", true),
                            sentence("ws://h?a=b&token=s3cret", "publish-token", false)})
    EXPECT_THAT(wrong, HasSubstr("does not take the token of the location"));
  EXPECT_THAT(sentence("ws://h?atoken=b", "publish-token", true),
              HasSubstr("does not take the token of publish-token"));
}

TEST(RelayAddress, HasAPageForPeople) {
  auto page = [](const char* location) {
    return relay_page(*parse_relay_address(location), "watch/live");
  };
  EXPECT_EQ(page("ws://127.0.0.1:8080?token=s3cret"), "http://127.0.0.1:8080/watch/live");
  EXPECT_EQ(page("wss://relay.example.org/ws"), "https://relay.example.org/watch/live");
  EXPECT_EQ(page("ws://[::1]:9000/"), "http://[::1]:9000/watch/live");
  EXPECT_EQ(page("ws://relay.example.org/some/path"), "") << "a proxy may have the pages anywhere";
}

TEST(RelayAddress, TroubleTellsTheCauseAndTheRemedy) {
  RelayAddress address = *parse_relay_address("ws://host:1");
  auto sentence = [&](GQuark domain, int code, unsigned status) {
    GError* error = g_error_new_literal(domain, code, "words");
    std::string text = relay_trouble(address, error, status).sentence;
    g_error_free(error);
    return text;
  };
  EXPECT_THAT(sentence(G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, 0), HasSubstr("start it"));
  EXPECT_THAT(sentence(G_IO_ERROR, G_IO_ERROR_CANCELLED, 0), HasSubstr("does not answer"));
  EXPECT_THAT(sentence(G_RESOLVER_ERROR, 0, 0), HasSubstr("check the host"));
  EXPECT_THAT(sentence(G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, 0), HasSubstr("certificate"));
  EXPECT_THAT(sentence(SOUP_WEBSOCKET_ERROR, 0, 401), HasSubstr("?token="));
  EXPECT_THAT(sentence(SOUP_WEBSOCKET_ERROR, 0, 403), HasSubstr("403"));
  EXPECT_THAT(sentence(SOUP_WEBSOCKET_ERROR, 0, 503), HasSubstr("full"));
  EXPECT_THAT(sentence(SOUP_WEBSOCKET_ERROR, 0, 200), HasSubstr("no relay"));
  EXPECT_THAT(sentence(SOUP_WEBSOCKET_ERROR, 0, 302), HasSubstr("leads elsewhere (302)"));
}

}  // namespace
}  // namespace webcast
