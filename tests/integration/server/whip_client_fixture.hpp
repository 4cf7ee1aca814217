// A sink that publishes by whip:// to a server with habits.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/server/signaler_under_test.hpp"
#include "tests/support/whip_server.hpp"

namespace webcast::test {

inline const std::string kSinksOffer =
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE v\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:0123456789012345678901\r\na=rtcp-mux\r\na=sendonly\r\n";
inline const std::string kSinksCandidate = "candidate:1 1 UDP 1 127.0.0.1 4000 typ host";

class WhipClientTest : public testing::Test {
 protected:
  // A sink that is live, once the server answered its OPTIONS.
  std::string ask(Sink& sink) {
    EXPECT_TRUE(sink.start());
    auto asked = sink.next("requested");
    return asked ? asked->session : "";
  }
  // At once with its candidates: what waits for silence hears none between them.
  void offer(Sink& sink, const std::string& session,
             const std::vector<std::string>& candidates = {}) {
    sink.run([&](Signaler& s) {
      s.send_description(session, true, kSinksOffer);
      for (const std::string& text : candidates)
        s.send_candidate(session, 0, text);
    });
  }
  void candidate(Sink& sink, const std::string& session,
                 const std::string& text = kSinksCandidate) {
    sink.run([&](Signaler& s) { s.send_candidate(session, 0, text); });
  }
  // A session that the server took.
  std::string connect(Sink& sink) {
    std::string session = ask(sink);
    offer(sink, session);
    EXPECT_TRUE(sink.next("answer"));
    return session;
  }

  ControlThread control_{"test-control"};
};

}  // namespace webcast::test
