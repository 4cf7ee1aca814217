// A server with a peer of the room that answers, and requests of WHIP and WHEP at it.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "signaling/protocol/sdp_fragment.hpp"
#include "signaling/server/http_server.hpp"
#include "tests/integration/server/test_client.hpp"

namespace webcast::test {

inline const std::string kCandidate = "candidate:1 1 UDP 2122260223 127.0.0.1 40000 typ host";

inline std::string sdp(const std::string& direction, bool with_candidate = false) {
  return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\n"
         "a=ice-pwd:0123456789012345678901\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=" +
         direction + "\r\n" + (with_candidate ? "a=" + kCandidate + "\r\n" : "");
}

// A producer (or consumer) of the room in this process, and what it is told.
class RoomPeer {
 public:
  using Habit = std::function<void(RoomPeer&, const std::string& session)>;

  RoomPeer(Server& server, Roles roles, const std::string& name, Habit habit)
      : habit_(std::move(habit)) {
    peer_ = server.join([this](const Message& message) { on(message); });
    peer_->send(SetProtocolVersion{"v1_1"});
    peer_->send(SetPeerStatus{roles, "{\"name\":\"" + name + "\"}", {}});
    settle();
  }
  void send(Message message) { peer_->send(std::move(message)); }

  // What was sent before is done when this returns.
  void settle() {
    peer_->send(ListRequest{});
    EXPECT_TRUE(next<List>());
  }
  // The next message of that kind.
  template <typename T>
  std::optional<T> next() {
    std::unique_lock lock(mutex_);
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      while (!told_.empty()) {
        Message message = told_.front();
        told_.pop_front();
        if (auto* found = std::get_if<T>(&message)) return *found;
      }
      if (condition_.wait_until(lock, end) == std::cv_status::timeout) return std::nullopt;
    }
  }

 private:
  void on(const Message& message) {
    {
      std::lock_guard lock(mutex_);
      told_.push_back(message);
      condition_.notify_all();
    }
    if (auto* asked = std::get_if<StartSession>(&message)) habit_(*this, asked->session);
    if (auto* offer = std::get_if<SessionSdp>(&message)) habit_(*this, offer->session);
  }

  Habit habit_;
  std::mutex mutex_;
  std::condition_variable condition_;
  std::deque<Message> told_;
  std::unique_ptr<LocalPeer> peer_;  // last: nothing is told any more when the rest goes
};

inline void answers(RoomPeer& peer, const std::string& session) {
  peer.send(SessionSdp{session, false, sdp("sendonly", true)});
}

class WhipTest : public testing::Test {
 protected:
  void start(ServerSettings settings = {}) {
    settings.address.port = 0;
    auto started = Server::start(std::move(settings));
    ASSERT_TRUE(started) << started.error().sentence;
    server_ = std::move(*started);
    port_ = server_->address().port;
  }
  std::unique_ptr<RoomPeer> producer(RoomPeer::Habit habit = answers) {
    return std::make_unique<RoomPeer>(*server_, Roles{.producer = true}, "live", std::move(habit));
  }
  Reply request(const std::string& method, const std::string& path, const std::string& body = "",
                const std::string& headers = "") {
    return TestClient(port_).request(method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" +
                                     headers + "Content-Length: " + std::to_string(body.size()) +
                                     "\r\n\r\n" + body);
  }
  Reply post(const std::string& path = "/whep/live", const std::string& headers = "") {
    return request("POST", path, sdp(path.starts_with("/whep") ? "recvonly" : "sendonly"),
                   "Content-Type: application/sdp\r\n" + headers);
  }
  Reply patch(const Reply& created, const std::string& fragment,
              std::optional<std::string> if_match = {},
              const std::string& type = kSdpFragmentType) {
    std::string tag = if_match.value_or(created.header("etag"));
    return request(
        "PATCH", created.header("location"), fragment,
        "Content-Type: " + type + "\r\n" + (tag.empty() ? "" : "If-Match: " + tag + "\r\n"));
  }

  std::unique_ptr<Server> server_;
  uint16_t port_ = 0;
};

}  // namespace webcast::test
