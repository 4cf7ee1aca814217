// Client: one TCP connection of the server, and the count of them by address.
//
// It lives exactly as long as the socket connection that it was attached to, whoever holds that
// (the acceptor, libsoup, a WebSocket). Server's thread.
#pragma once

#include <gio/gio.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/control_thread.hpp"
#include "common/ref.hpp"

namespace webcast {

// How many of something an address has. Locked: a connection may be freed by a thread of GIO's.
class AddressCounts {
 public:
  // One more, unless the address or all together have as many as they may.
  bool add(const std::string& address, size_t limit, size_t total_limit);
  void remove(const std::string& address);
  // One of `from` is `to`'s, unless that one has as many as it may.
  bool move(const std::string& from, const std::string& to, size_t limit);
  size_t total() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, size_t> counts_;
  size_t total_ = 0;
};

class Client {
 public:
  Client(Ref<GSocket> socket, std::string key, std::shared_ptr<AddressCounts> counts)
      : socket_(std::move(socket)), key_(std::move(key)), counts_(std::move(counts)) {}
  ~Client() { counts_->remove(key_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Makes the connection own the client.
  static void attach(GSocketConnection* connection, std::shared_ptr<Client> client);

  const std::string& key() const { return key_; }
  GSocket* socket() const { return socket_.get(); }
  std::string address() const;
  // A trusted proxy said for whom this connection is, which counts for that one from here on.
  // False: who has as many connections as `limit`.
  bool belongs_to(const std::string& address, size_t limit);

  // Cuts the connection after `delay`, unless another deadline or none takes this one's place.
  void set_deadline(ControlThread& control, std::chrono::milliseconds delay);
  void clear_deadline() { deadline_.cancel(); }
  // Ends both directions at once; whoever reads or writes is told by GIO.
  void cut();

 private:
  Ref<GSocket> socket_;
  std::string key_;
  std::string told_address_{};  // by a trusted proxy; empty: none did
  std::shared_ptr<AddressCounts> counts_;
  Timer deadline_;
};

}  // namespace webcast
