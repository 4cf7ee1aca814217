// What a Redis may say, and leave unsaid: the connection ends at its bounds and tells why.
#include "signaling/relay/redis_connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace webcast {
namespace {

using testing::HasSubstr;

// A Redis that says what the test has it say, on the test's thread.
class RedisConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    auto listener = adopt(g_socket_listener_new());
    uint16_t port = g_socket_listener_add_any_inet_port(listener.get(), nullptr, nullptr);
    ASSERT_NE(port, 0);
    control_.call([&] {
      connection_ = RedisConnection::open(
          control_, "127.0.0.1", port, [this](const std::string& why) { ended_.set_value(why); });
    });
    redis_ = adopt(g_socket_listener_accept(listener.get(), nullptr, nullptr, nullptr));
    ASSERT_TRUE(redis_);
    command({"PING"});
  }
  void TearDown() override {
    control_.call([this] { connection_.reset(); });
  }
  void command(const std::vector<std::string>& words) {
    control_.call([&] {
      connection_->command(words, [this](const redisReply& reply) {
        answer_.set_value(reply.type == REDIS_REPLY_ARRAY ? reply.element[reply.elements - 1]->len
                                                          : reply.len);
      });
    });
  }
  // False: the other side has ended the connection.
  bool say(const std::string& text) {
    return g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(redis_.get())),
                                     text.data(), text.size(), nullptr, nullptr, nullptr);
  }
  static std::string bulk(size_t size) {
    return "$" + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n";
  }

  ControlThread control_{"test"};
  std::promise<std::string> ended_;
  std::promise<size_t> answer_;
  std::shared_ptr<RedisConnection> connection_;
  Ref<GSocketConnection> redis_;
};

TEST_F(RedisConnectionTest, TheLongestMessageOfARelayIsRead) {
  ASSERT_TRUE(say("*3\r\n" + bulk(7) + bulk(20) + bulk(256 * 1024)));
  EXPECT_EQ(answer_.get_future().get(), 256u * 1024);
}

TEST_F(RedisConnectionTest, AReplyThatNeverEndsEndsTheConnection) {
  ASSERT_TRUE(say("$500000000\r\n"));
  size_t said = 0;
  const std::string more(64 * 1024, 'x');
  while (say(more))
    said += more.size();
  EXPECT_LT(said, 100'000'000u);
  EXPECT_THAT(ended_.get_future().get(), HasSubstr("more than relays do"));
}

TEST_F(RedisConnectionTest, ALineWithoutEndEndsTheConnection) {
  ASSERT_TRUE(say("+"));
  const std::string more(64 * 1024, 'x');
  while (say(more)) {
  }
  EXPECT_THAT(ended_.get_future().get(), HasSubstr("more than relays do"));
}

// Nothing else comes: it is not waited for, and no room is made for it.
TEST_F(RedisConnectionTest, AnArrayOfManyEndsTheConnectionByItsFirstLine) {
  ASSERT_TRUE(say("*2000000000\r\n"));
  EXPECT_THAT(ended_.get_future().get(), HasSubstr("more than relays do"));
}

TEST_F(RedisConnectionTest, ArraysWithinArraysEndTheConnection) {
  ASSERT_TRUE(say("*3\r\n*3\r\n"));
  EXPECT_THAT(ended_.get_future().get(), HasSubstr("more than relays do"));
}

TEST_F(RedisConnectionTest, WhatIsNoRedisEndsTheConnection) {
  ASSERT_TRUE(say("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_THAT(ended_.get_future().get(), HasSubstr("Protocol error"));
}

TEST_F(RedisConnectionTest, WhoAnswersNothingIsGivenUpAtABound) {
  const std::string word(256 * 1024, 'x');
  std::future<std::string> ended = ended_.get_future();
  size_t given = 0;
  while (ended.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    command({"PUBLISH", "channel", word});
    given += word.size();
  }
  EXPECT_LE(given, 10u * 1024 * 1024);
  EXPECT_THAT(ended.get(), HasSubstr("takes nothing more"));
}

}  // namespace
}  // namespace webcast
