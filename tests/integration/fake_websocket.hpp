// FakeWebsocket: a server of WebSockets whose replies, and what it says by itself, come in the
// order that a test wants. One client at a time.
#pragma once

#include <libsoup/soup.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "tests/support/soup_listener.hpp"

namespace webcast::test {

// What it hears when a client's handshake is done.
inline constexpr const char* kOpened = "(opened)";

class FakeWebsocket {
 public:
  // The usual reply to what it heard; "": none. On its own thread.
  using Replies = std::function<std::string(const std::string& request)>;
  // `protocol`: null for none.
  FakeWebsocket(const char* protocol, Replies replies);
  ~FakeWebsocket();

  // When it next hears that part, once, in front of the usual reply or (true) in its place. On its
  // own thread.
  using Turn = std::function<bool(const std::string& request)>;
  void at(const std::string& part, Turn turn);
  // Any thread.
  void say(const std::string& text);
  void cut();
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // Until it heard that so many times.
  bool is_asked(const std::string& part, unsigned times = 1);
  unsigned times_asked(const std::string& part);

 private:
  struct Awaited {
    std::string part;
    Turn turn;
  };

  static void on_socket(SoupServer*, SoupServerMessage*, const char*,
                        SoupWebsocketConnection* socket, gpointer data);
  static void on_message(SoupWebsocketConnection*, int, GBytes* message, gpointer data);
  void listen(const char* protocol);
  void hear(const std::string& request);
  bool is_answered(const std::string& request);
  unsigned count(const std::string& part) const;  // locked

  Replies replies_;
  ControlThread thread_{"fake-websocket"};
  std::optional<SoupListener> listener_;
  Ref<SoupWebsocketConnection> socket_;
  uint16_t port_ = 0;
  std::vector<Awaited> awaited_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;
};

}  // namespace webcast::test
