// What the user is told when a room of a real Janus cannot be used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/janus/janus_process.hpp"
#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string at(const std::string& room) {
  return "janus://" + kJanusHost + ":" + std::to_string(kJanusPort) + "/" + room;
}

class JanusFailures : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(janus_network()) << "to be started by way of `unshare -n`";
    ASSERT_TRUE(janus.start());
  }

  // Of a sink, and of a source, there: the same.
  void expect_warning(const std::string& location, const std::string& part) {
    for (const std::string& launch : {kVideo + "webcastsink location=\"" + location + "\"",
                                      "webcastsrc location=\"" + location + "\" ! fakesink"}) {
      SinkPipeline pipeline(launch);
      ASSERT_TRUE(pipeline.play());
      std::string warning = pipeline.wait_for_warning();
      EXPECT_THAT(warning, HasSubstr(part)) << launch;
      EXPECT_THAT(warning, HasSubstr(location.substr(0, location.find('?'))));
      EXPECT_THAT(warning, Not(HasSubstr("hush"))) << "secrets stand in no message";
      EXPECT_THAT(warning, Not(HasSubstr("CHANGE-ME")));
    }
  }
  JanusProcess janus;
};

TEST_F(JanusFailures, ARoomThatIsNotThere) {
  expect_warning(at("9?secret=CHANGE-ME"), "there is no room 9");
}

TEST_F(JanusFailures, AWrongPin) {
  expect_warning(at("1234?pin=hush&secret=CHANGE-ME"), "check ?pin=");
}

TEST_F(JanusFailures, AMissingPin) {
  expect_warning(at("1234?secret=CHANGE-ME"), "add ?pin=");
}

TEST_F(JanusFailures, AWrongSecret) {
  expect_warning(at("1234?pin=CHANGE-ME&secret=hush"), "?secret=");
}

TEST_F(JanusFailures, ARoomOfANameWhereRoomsHaveNumbers) {
  expect_warning(at("lobby?secret=CHANGE-ME"), "is no number");
}

TEST_F(JanusFailures, NobodyThereIsAWarningAndNoError) {
  janus.kill();
  expect_warning(at("1234?pin=hush"), "nothing listens there");
}

TEST_F(JanusFailures, WhatOthersPublishIsTooMuchForTheRoom) {
  const std::string location = at("1234?pin=CHANGE-ME&secret=CHANGE-ME");
  SinkPipeline first(kVideo + "webcastsink location=\"" + location + "\"");
  ASSERT_TRUE(first.play());
  ASSERT_TRUE(first.wait_for("webcast-viewer-connected"));
  SinkPipeline second(kVideo + "webcastsink location=\"" + location + "\"");
  ASSERT_TRUE(second.play());
  EXPECT_THAT(second.wait_for_warning(), HasSubstr("as many publishers as it takes"));
  first.stop();
  EXPECT_TRUE(second.wait_for("webcast-viewer-connected")) << "and comes in when there is room";
}

TEST(JanusLocation, AWrongOneIsAnErrorBeforeAnythingStarts) {
  for (const auto& [location, part] : std::vector<std::pair<std::string, std::string>>{
           {"janus://127.0.0.1:8188", "the room behind the last slash is missing"},
           {"janus:///1234", "the host is missing"},
           {"januss://127.0.0.1:0/1234", "0 is not a server's port"},
           {"janus://me:hush@127.0.0.1/1234", "?pin="},
           {"janus://127.0.0.1/1234?pim=hush", "pin=…, secret=… and token=…"}}) {
    for (const std::string& launch : {kVideo + "webcastsink location=\"" + location + "\"",
                                      "webcastsrc location=\"" + location + "\" ! fakesink"}) {
      SinkPipeline pipeline(launch);
      EXPECT_FALSE(pipeline.play()) << launch;
      std::string error = pipeline.wait_for_error();
      EXPECT_THAT(error, HasSubstr(part)) << launch;
      EXPECT_THAT(error, Not(HasSubstr("hush"))) << launch;
    }
  }
}

}  // namespace
