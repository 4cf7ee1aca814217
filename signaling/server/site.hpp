// Site: everything of a server that lives on its thread. HTTP requests in, replies out; upgraded
// connections go to the switchboard. Its server owns it.
#pragma once

#include <libsoup/soup.h>

#include <memory>
#include <string>

#include "common/connection.hpp"
#include "common/control_thread.hpp"
#include "signaling/server/http/acceptor.hpp"
#include "signaling/server/http/access.hpp"
#include "signaling/server/http/assets.hpp"
#include "signaling/server/http_server.hpp"
#include "signaling/server/switchboard/streams.hpp"
#include "signaling/server/switchboard/switchboard.hpp"
#include "signaling/server/whip/whip.hpp"

namespace webcast {

class Site : public std::enable_shared_from_this<Site> {
 public:
  Site(ControlThread& control, const ServerSettings& settings, Access access);

  // `tls`: null for plain TCP.
  Result<uint16_t> open(std::shared_ptr<TlsContext> tls);
  // Nothing of HTTP comes in after this. Connections may take a moment more to end.
  void close();

  Streams& streams() { return streams_; }
  Switchboard& switchboard() { return *switchboard_; }
  void set_tokens(const std::string& view_token, const std::string& publish_token) {
    access_.set_tokens(view_token, publish_token);
  }
  // The same, and who came by a token that is none any more has to leave.
  void set_access(const std::string& view_token, const std::string& publish_token,
                  const std::vector<std::string>& allow_origins);
  // For handshakes and requests from here on.
  void reload(std::shared_ptr<TlsContext> tls, Access access);
  size_t connections() const { return acceptor_ ? acceptor_->connections() : 0; }

 private:
  struct Request;
  static Request* request_of(SoupServerMessage* message);

  static void on_request_started(Site& self, SoupServerMessage* message);
  static void on_request_finished(Site& self, SoupServerMessage* message);
  static void on_got_headers(SoupServerMessage* message, gpointer data);
  static void on_got_chunk(SoupServerMessage* message, GBytes* chunk, gpointer data);
  static void on_request(SoupServer*, SoupServerMessage* message, const char* path,
                         GHashTable* query, gpointer data);
  static void on_upgraded(SoupServerMessage* message, gpointer data);

  // Whether the request goes on: a trusted proxy tells for whom it is.
  bool identify(SoupServerMessage* message);
  // A renewed certificate is taken up by the next who comes.
  std::shared_ptr<TlsContext> current_tls();
  void answer(SoupServerMessage* message, const std::string& path, const std::string& token);
  void reply(SoupServerMessage* message, const std::string& path, const std::string& token);
  void answer_whip(SoupServerMessage* message, const WhipPath& path, const std::string& token);
  void reply_front(SoupServerMessage* message, const std::string& token);
  void reply_page(SoupServerMessage* message, const char* name);
  void upgrade(SoupServerMessage* message, const Verdict& verdict);

  ControlThread& control_;
  const ServerSettings& settings_;
  Access access_;
  Assets assets_;
  Streams streams_;
  std::shared_ptr<Switchboard> switchboard_;
  std::shared_ptr<Whip> whip_;
  std::shared_ptr<Acceptor> acceptor_;
  std::shared_ptr<TlsContext> tls_;  // null: plain TCP
  std::chrono::steady_clock::time_point tls_looked_at_{};
  Ref<SoupServer> soup_;
  Connection request_started_, request_finished_, request_aborted_;
  std::shared_ptr<size_t> bodies_ = std::make_shared<size_t>(0);  // bytes, of requests under way
  std::shared_ptr<Client> arriving_;  // whose connection is being handed to libsoup
};

}  // namespace webcast
