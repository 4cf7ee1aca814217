// RedisConnection: one connection of hiredis' on a control thread. Nothing here waits.
#pragma once

#include <hiredis/async.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/control_thread.hpp"

namespace webcast {

class RedisConnection : public std::enable_shared_from_this<RedisConnection> {
 public:
  using Reply = std::function<void(const redisReply&)>;

  // `ended`: once, with the reason, never within a call of this class. `address`: of IP.
  static std::shared_ptr<RedisConnection> open(ControlThread& control, const std::string& address,
                                               uint16_t port,
                                               std::function<void(std::string why)> ended);
  RedisConnection(ControlThread& control, std::function<void(std::string why)> ended)
      : control_(control), ended_(std::move(ended)) {}
  ~RedisConnection() { close(); }

  // `reply`: once, unless the connection ends before.
  void command(const std::vector<std::string>& words, Reply reply);
  // `reply`: for each channel that is subscribed to, then for each message. Once a connection.
  void subscribe(const std::vector<std::string>& channels, Reply reply);
  // What waits is written as far as the socket takes it; no replies and no `ended` after this.
  void close();

 private:
  struct Hooks;
  struct Asked {
    Reply reply;
    size_t bytes = 0;
  };
  void send(const std::vector<std::string>& words, redisCallbackFn* function, void* data);
  void watch();
  void ready(GIOCondition condition);
  void end(const std::string& why);

  ControlThread& control_;
  std::function<void(std::string why)> ended_;
  redisAsyncContext* context_ = nullptr;
  Reply subscribed_;
  size_t unanswered_ = 0;  // bytes of commands that Redis did not answer yet
  bool reading_ = false, writing_ = false;
  bool told_too_much_ = false;
  Timer watch_;
};

}  // namespace webcast
