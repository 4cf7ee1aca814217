// WebSocketPeer: one signaling connection of a browser or another client.
//
// Its server owns it; server's thread.
#pragma once

#include <libsoup/soup.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/connection.hpp"
#include "common/control_thread.hpp"
#include "signaling/server/http/client.hpp"
#include "signaling/server/room/room.hpp"

namespace webcast {

struct WebSocketEvents {
  std::function<void(std::string_view text)> text;
  std::function<void(size_t bytes)> waiting;        // so much has still to be sent
  std::function<void(Departure departure)> closed;  // once, last
};

class WebSocketPeer : public std::enable_shared_from_this<WebSocketPeer> {
 public:
  // Takes over `stream` after the handshake.
  static std::shared_ptr<WebSocketPeer> create(ControlThread& control, GIOStream* stream, GUri* uri,
                                               std::shared_ptr<Client> client,
                                               const std::string& subprotocol,
                                               WebSocketEvents events);
  ~WebSocketPeer();

  // A peer that does not read is lost when too much waits for it: what signaling set up goes on.
  void send(const std::string& text);
  // The same at once: there is no room for what waits.
  void cut();
  // Tells the peer why, then ends the connection.
  void refuse(const std::string& sentence, unsigned short code);
  // Ends it politely: the server stops.
  void close();

 private:
  WebSocketPeer(ControlThread& control, std::shared_ptr<Client> client, WebSocketEvents events)
      : control_(control), client_(std::move(client)), events_(std::move(events)) {}

  void end(unsigned short code, const char* sentence);

  void on_sending(size_t bytes);
  void on_taken(size_t bytes);
  static void on_message(WebSocketPeer& self, int type, GBytes* message);
  static void on_closed(WebSocketPeer& self);
  bool is_open() const;

  ControlThread& control_;
  std::shared_ptr<Client> client_;
  WebSocketEvents events_;
  Ref<SoupWebsocketConnection> connection_;
  Ref<SoupWebsocketExtension> meter_;
  Connection message_, closed_;
  Ref<GIOStream> stream_;
  size_t waiting_ = 0;    // bytes handed to the connection that the socket did not take yet
  bool refused_ = false;  // nothing more is sent or heard
  bool cut_ = false;
};

}  // namespace webcast
