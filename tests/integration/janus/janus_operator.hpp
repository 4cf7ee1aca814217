// One who runs a Janus: makes rooms, closes them, puts people out of them.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "plugins/signalers/websocket_link.hpp"
#include "signaling/protocol/janus_message.hpp"

namespace webcast::test {

class JanusOperator {
 public:
  // At the Janus of janus_process.hpp.
  JanusOperator();

  // What the VideoRoom answers to the request, the JSON text of an object; nothing when it refuses,
  // or does not answer.
  std::optional<JanusReply> ask(const std::string& request);

 private:
  class Talk : public WebsocketTalk {
   public:
    void prepare(SoupMessageHeaders*) override {}
    void opened(SoupMessageHeaders*) override { put({}); }
    void heard(std::string_view text) override;
    void state(const std::string&) override {}
    void failed(const GError*, unsigned) override {}
    void put(JanusReply reply);
    std::optional<JanusReply> next();

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<JanusReply> replies_;  // the first tells that the connection is there
  };

  // `members`: what makes the message, as JSON without braces.
  std::optional<JanusReply> say(const std::string& members);
  // Of the session or the handle that it makes; 0: none.
  uint64_t make(const std::string& members);

  std::shared_ptr<Talk> talk_ = std::make_shared<Talk>();
  std::string place_;  // session and handle, to be said with each message
  WebsocketLink link_;
};

}  // namespace webcast::test
