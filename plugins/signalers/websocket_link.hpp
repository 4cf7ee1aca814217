// WebsocketLink: a WebSocket that comes back by itself, until it is closed.
//
// What is said on it is the talk's matter: a relay's, Janus'. Its owner keeps it; it has a thread
// of its own, so that goodbyes leave while the owner waits in close().
#pragma once

#include <libsoup/soup.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/control_thread.hpp"
#include "plugins/signalers/outgoing.hpp"
#include "plugins/signalers/server_uri.hpp"

namespace webcast {

// On the link's thread, which it must not block; nothing is told after close().
class WebsocketTalk {
 public:
  virtual ~WebsocketTalk() = default;
  // Before each attempt: what the handshake is to carry.
  virtual void prepare(SoupMessageHeaders* request) = 0;
  // The handshake is done. It has some seconds from its start until the talk finds, and tells the
  // link, that the other side is ready().
  virtual void opened(SoupMessageHeaders* reply) = 0;
  virtual void heard(std::string_view text) = 0;
  // "connecting" at the start, "reconnecting" when a connection that was ready broke.
  virtual void state(const std::string& state) = 0;
  // An attempt failed; `status`: of the HTTP reply, or 0.
  virtual void failed(const GError* error, unsigned status) = 0;
};

struct WebsocketSettings {
  const char* thread_name;  // 15 bytes at most
  Ref<GUri> uri{};          // ws:// or wss://
  const char* protocol = nullptr;
  size_t longest_message = 0;  // bytes
  OutgoingHttp outgoing{};
};

class WebsocketLink {
 public:
  WebsocketLink(WebsocketSettings settings, std::shared_ptr<WebsocketTalk> talk);
  ~WebsocketLink();

  // Once, when the talk knows the link.
  void start();
  // Any thread: to the link's. Dropped after close().
  void post(std::function<void()> function);
  // Any thread: what handshakes show from the next one on.
  void set_bearer(const std::string& token);
  // What was posted runs, what was written leaves, then a goodbye; bounded. Not on the link's
  // thread. Idempotent.
  void close();

  // The rest on the link's thread.
  void ready();
  bool is_ready() const;
  // This connection leads nowhere: another one, after the usual wait.
  void give_up();
  void write(const std::string& text);
  [[nodiscard]] Timer every(std::chrono::milliseconds interval, std::function<void()> function);

 private:
  class Core;
  ControlThread thread_;
  std::shared_ptr<Core> core_;
};

}  // namespace webcast
