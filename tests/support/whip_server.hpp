// A WHIP server for tests, with the habits of other people's: what it was asked is kept, what it
// answers is set.
#pragma once

#include <libsoup/soup.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/control_thread.hpp"
#include "common/ref.hpp"
#include "tests/support/soup_listener.hpp"

namespace webcast::test {

struct WhipHabits {
  std::string address = "127.0.0.1";
  unsigned options_status = 204;
  std::string link{};           // in the reply to OPTIONS
  unsigned post_status = 201;   // of the first `refusals` POSTs; then 201
  unsigned refusals = 0;
  std::string refusal = "No, says the test";
  std::string retry_after{};
  unsigned redirections = 0;  // POSTs, or GETs, that are led elsewhere
  unsigned redirect_status = 307;
  std::string redirect_to = "/elsewhere";
  std::string location = "/session/1";
  std::string etag = "\"tag\"";
  unsigned patch_status = 204;
  unsigned patches_until_gone = 1000;  // later ones: 404
  bool patch_hangs = false;
  std::chrono::milliseconds slowness{0};  // before a POST is answered
  std::string answer = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n";
  // In place of `answer`: is given the offer, calls back from any thread.
  std::function<void(const std::string& offer, std::function<void(std::string)>)> negotiate{};
};

struct WhipRequest {
  std::string method{}, path{}, body{};
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string header(const std::string& name) const {
    auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class WhipServer {
 public:
  explicit WhipServer(WhipHabits habits = {});
  ~WhipServer();

  uint16_t port() const { return port_; }
  std::string location(const std::string& path = "/whip/live") const {
    return "whip://" + habits_.address + ":" + std::to_string(port_) + path;
  }
  std::string url(const std::string& path) const {
    return "http://" + habits_.address + ":" + std::to_string(port_) + path;
  }
  // The next request with that method; those before it are dropped.
  std::optional<WhipRequest> next(const std::string& method,
                                  std::chrono::seconds patience = std::chrono::seconds(20));
  unsigned count(const std::string& method);

 private:
  static void on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                         gpointer data);
  void note(SoupServerMessage* message, const char* path);
  void redirect(SoupServerMessage* message);
  void on_post(SoupServerMessage* message);
  void answer(const Ref<SoupServerMessage>& message, const std::string& sdp);

  WhipHabits habits_;
  ControlThread thread_{"whip-server"};
  std::optional<SoupListener> listener_;
  Timer slow_;
  uint16_t port_ = 0;
  unsigned posts_ = 0, patches_ = 0;
  std::mutex mutex_;
  std::condition_variable condition_;
  std::deque<WhipRequest> requests_;
  std::map<std::string, unsigned> counts_;
};

}  // namespace webcast::test
