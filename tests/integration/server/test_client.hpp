// A blocking HTTP and WebSocket client that can misbehave. Every wait of it is bounded.
#pragma once

#include <gio/gio.h>

#include <map>
#include <optional>
#include <string>

#include "common/ref.hpp"

namespace webcast::test {

struct Reply {
  unsigned status = 0;                           // 0: none came
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};
  std::string header(const std::string& name) const {
    auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class TestClient {
 public:
  // `certificate`: the server's own, to be trusted; empty: plain TCP. No wait is longer than
  // `timeout_seconds`.
  explicit TestClient(uint16_t port, const std::string& certificate = "",
                      unsigned timeout_seconds = 60);
  ~TestClient();

  bool connected() const { return static_cast<bool>(stream_); }
  bool send(const std::string& bytes);
  // Up to `size` bytes; empty: the end, a reset or nothing within the timeout.
  std::string receive(size_t size = 65536);
  // True when the other side ends the connection (whatever comes before it).
  bool ends();

  // Whole replies; the connection is of no use afterwards.
  Reply request(const std::string& text);
  Reply get(const std::string& path, const std::string& more_headers = "");

  // WebSocket; false: refused, with the reply in last_reply().
  bool upgrade(const std::string& path = "/ws", const std::string& more_headers = "");
  const Reply& last_reply() const { return reply_; }
  bool send_frame(unsigned opcode, bool last, const std::string& payload);
  bool send_text(const std::string& text) { return send_frame(1, true, text); }
  // The next text; pings are answered. Nothing when the connection was closed (see close_code).
  std::optional<std::string> receive_text();
  // The next text that contains `part`.
  std::optional<std::string> receive_text_with(const std::string& part);
  unsigned close_code() const { return close_code_; }
  // Closes without a close frame.
  void drop();

 private:
  bool fill(size_t size);
  Reply read_reply(bool with_body);

  uint16_t port_;
  Ref<GSocketConnection> connection_;
  Ref<GIOStream> stream_;
  std::string buffer_;
  Reply reply_;
  unsigned close_code_ = 0;
};

// The string member of a JSON text; empty when there is none.
std::string member(const std::string& json, const std::string& name);

}  // namespace webcast::test
