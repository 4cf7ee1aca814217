// RedisLink: carries words between relays by the channels of a Redis that they share.
//
// Each relay listens to two channels, that of all and its own. Its owner's control thread.
#pragma once

#include <gio/gio.h>

#include <memory>
#include <string>

#include "common/ref.hpp"
#include "signaling/relay/redis_connection.hpp"
#include "signaling/relay/redis_url.hpp"
#include "signaling/server/switchboard/federation_link.hpp"

namespace webcast {

class RedisLink : public std::enable_shared_from_this<RedisLink> {
 public:
  RedisLink(ControlThread& control, RedisUrl url, const std::string& id,
            FederationLinkEvents events);
  ~RedisLink();

  void start();
  void say(const std::string& relay, const std::string& text, std::function<void()> unheard);
  void restart();
  void close();

 private:
  void resolved(GList* addresses, GError* error);
  void connect(const std::string& address);
  void log_in(RedisConnection& connection, std::function<void()> done);
  void subscribed(const redisReply& reply);
  void ready();
  void lost(const std::string& why);
  std::string channel(const std::string& relay) const;

  ControlThread& control_;
  const RedisUrl url_;
  const std::string id_;
  FederationLinkEvents events_;
  Ref<GCancellable> cancellable_;
  std::shared_ptr<RedisConnection> listening_, speaking_;
  bool hears_ = false, speaks_ = false, up_ = false, told_ = false;
  unsigned failures_ = 0;  // since it was up
  Timer retry_;
};

// For ServerSettings::federation_link. Tells on standard error when Redis comes and goes.
MakeFederationLink federation_by_redis(RedisUrl url);

}  // namespace webcast
