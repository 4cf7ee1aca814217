#include "plugins/signalers/manual.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace webcast {
namespace {

using testing::HasSubstr;

std::string sdp(const std::string& setup, const std::string& kinds = "va",
                const std::string& end = "\r\n") {
  std::string text = "v=0" + end + "o=- 1 1 IN IP4 127.0.0.1" + end + "s=-" + end + "t=0 0" + end;
  for (char kind : kinds)
    text += std::string("m=") + (kind == 'v' ? "video" : "audio") + " 9 UDP/TLS/RTP/SAVPF 96" +
            end + "a=ice-ufrag:abcd" + end + "a=ice-pwd:abcdefghijklmnopqrstuv" + end +
            "a=setup:" + setup + end;
  return text;
}

std::string why_not(const std::string& text, bool is_offer) {
  auto read = read_by_hand(text, is_offer);
  return read ? "" : read.error().sentence;
}

TEST(ReadByHand, TakesWhateverLineEndsAndIndentation) {
  for (const char* end : {"\n", "\r\n", "\n\n", " \n", "\n  "}) {
    auto read = read_by_hand("\n\n  " + sdp("active", "va", end), false);
    ASSERT_TRUE(read) << read.error().sentence;
    EXPECT_EQ(*read, sdp("active"));
  }
}

TEST(ReadByHand, TakesTheJsonOfABrowser) {
  auto read = read_by_hand(
      R"({"type":"answer","sdp":"v=0\r\nm=video 9 X 96\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\n"})",
      false);
  ASSERT_TRUE(read) << read.error().sentence;
  EXPECT_EQ(*read, "v=0\r\nm=video 9 X 96\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\n");
}

TEST(ReadByHand, TellsOffersFromAnswers) {
  EXPECT_EQ(why_not(sdp("actpass"), true), "");
  EXPECT_EQ(why_not(sdp("passive"), false), "");
  EXPECT_THAT(why_not(sdp("actpass"), false), HasSubstr("This is an offer"));
  EXPECT_THAT(why_not(sdp("active"), true), HasSubstr("This is an answer"));
  EXPECT_THAT(why_not(R"({"type":"offer","sdp":"v=0\nm=video 9 X 96\n"})", false),
              HasSubstr("This is an offer"));
}

TEST(ReadByHand, SaysWhatIsWrong) {
  EXPECT_THAT(why_not("", false), HasSubstr("no text"));
  EXPECT_THAT(why_not("Hello, here is my answer", false), HasSubstr("no SDP"));
  EXPECT_THAT(why_not("a=mid:0", false), HasSubstr("v=0"));
  EXPECT_THAT(why_not("v=0\ns=-", false), HasSubstr("no media"));
  EXPECT_THAT(why_not("v=0\nm=video 9 UDP/TLS/RTP/SAVPF 96", false), HasSubstr("a=ice-ufrag"));
  std::string lines = "v=0";
  for (int i = 0; i < 500; i++)
    lines += "\na=x";
  EXPECT_THAT(why_not(lines, false), HasSubstr("500 lines"));
  EXPECT_THAT(why_not(sdp("active", std::string(17, 'a')), false), HasSubstr("16 media"));
  EXPECT_THAT(why_not(std::string(70'000, 'v'), false), HasSubstr("64 KiB"));
}

TEST(AnswerByHand, HasTheMediaOfItsOffer) {
  EXPECT_TRUE(check_answer_fits(sdp("actpass", "va"), sdp("active", "va")));
  for (const char* kinds : {"v", "av", "vaa", "vv"}) {
    auto fits = check_answer_fits(sdp("actpass", "va"), sdp("active", kinds));
    ASSERT_FALSE(fits) << kinds;
    EXPECT_THAT(fits.error().sentence, HasSubstr("another offer"));
  }
}

// The element's side, without the element: what it is asked for, it says.
class ManualTest : public testing::Test {
 protected:
  void open(SignalerRole role) {
    SignalerEvents events;
    events.session_requested = [this](const SessionRequest& request) {
      requests.push_back(request);
      if (on_request) on_request(request);
    };
    events.description = [this](const std::string&, bool, const std::string& text) {
      descriptions.push_back(text);
      if (on_description) on_description();
    };
    events.session_ended = [this](const std::string& session, const std::string&) {
      ended.push_back(session);
    };
    events.warning = [this](const Error& error) { warnings.push_back(error.sentence); };
    events.handed_out = [this](bool is_offer, const std::string& text) {
      out.set_value({is_offer, text});
    };
    auto made = make_manual_signaler("manual:", "", {control, {}, events, role});
    ASSERT_TRUE(made);
    signaler.reset(static_cast<ManualSignaler*>(made->release()));
  }
  ~ManualTest() override {
    control.call([this] {
      if (signaler) signaler->stop();
    });
  }
  void start(bool live = true) {
    control.call([&] {
      EXPECT_TRUE(signaler->start({}));
      StreamInfo stream;
      stream.live = live;
      signaler->set_stream(stream);
    });
  }
  // Of a producer: until its offer stands.
  void start_with_offer() {
    on_request = [this](const SessionRequest& request) {
      signaler->send_description(request.session, true, sdp("actpass"));
    };
    start();
    next();
  }
  std::pair<bool, std::string> next() {
    auto told = out.get_future().get();
    out = {};
    return told;
  }
  std::string take(const std::string& text) {
    std::string sentence;
    control.call([&] {
      auto taken = signaler->take(text);
      if (!taken) sentence = taken.error().sentence;
    });
    return sentence;
  }
  std::string handed_out() {
    std::string text;
    control.call([&] { text = signaler->handed_out(); });
    return text;
  }

  ControlThread control{"test"};
  std::unique_ptr<ManualSignaler> signaler;
  std::vector<SessionRequest> requests;
  std::vector<std::string> descriptions, ended, warnings;
  std::function<void(const SessionRequest&)> on_request;
  std::function<void()> on_description;
  std::promise<std::pair<bool, std::string>> out;
};

TEST_F(ManualTest, NothingStandsBehindTheColon) {
  auto made = make_manual_signaler("manual://me", "me", {control, {}, {}});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().sentence, HasSubstr("manual://me"));
}

TEST_F(ManualTest, AProducerOffersAsSoonAsThereIsSomethingToSend) {
  open(SignalerRole::producer);
  start(false);
  EXPECT_TRUE(requests.empty());
  EXPECT_THAT(take(sdp("active")), HasSubstr("no offer yet"));
  start_with_offer();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_TRUE(requests[0].by_hand);
  EXPECT_FALSE(requests[0].offer);
  EXPECT_EQ(handed_out(), sdp("actpass"));
}

TEST_F(ManualTest, AnAnswerIsTakenOnce) {
  open(SignalerRole::producer);
  start_with_offer();
  EXPECT_EQ(take(sdp("active", "va", "\n")), "");
  EXPECT_EQ(descriptions, std::vector<std::string>{sdp("active")});
  EXPECT_EQ(handed_out(), "") << "it has its answer";
  EXPECT_THAT(take(sdp("active")), HasSubstr("has its answer already"));
  EXPECT_EQ(descriptions.size(), 1u);
}

TEST_F(ManualTest, ATextThatIsWrongLeavesTheOfferWhereItWas) {
  open(SignalerRole::producer);
  start_with_offer();
  EXPECT_NE(take("garbage"), "");
  EXPECT_NE(take(sdp("actpass")), "");
  EXPECT_NE(take(sdp("active", "v")), "");
  EXPECT_EQ(handed_out(), sdp("actpass"));
  EXPECT_TRUE(descriptions.empty());
  EXPECT_EQ(take(sdp("active")), "");
}

TEST_F(ManualTest, WhatTheElementRefusesIsSaidAndTheNextOfferMade) {
  open(SignalerRole::producer);
  start_with_offer();
  on_description = [this] { signaler->end_session(requests[0].session, "No codec in common."); };
  std::string sentence = take(sdp("active"));
  EXPECT_THAT(sentence, HasSubstr("No codec in common."));
  EXPECT_THAT(sentence, HasSubstr("the next one is made"));
  EXPECT_TRUE(next().first);
  EXPECT_NE(requests.at(0).session, requests.at(1).session);
}

TEST_F(ManualTest, AStreamThatEndedMakesNoMoreOffers) {
  open(SignalerRole::producer);
  start_with_offer();
  control.call([this] {
    signaler->end_session(requests[0].session, std::nullopt);
    signaler->set_stream({});
  });
  EXPECT_EQ(handed_out(), "");
  start(true);  // it is again
  next();
  EXPECT_EQ(requests.size(), 2u);
}

TEST_F(ManualTest, AnOfferThatCannotBeMadeIsTriedAgainAndWarnedOfOnce) {
  open(SignalerRole::producer);
  std::promise<void> third;
  on_request = [&](const SessionRequest& request) {
    if (requests.size() == 3) third.set_value();
    if (requests.size() < 3) signaler->end_session(request.session, "No encoder.");
  };
  start();
  third.get_future().get();
  control.call([this] { EXPECT_THAT(warnings, testing::ElementsAre(HasSubstr("No encoder."))); });
}

TEST_F(ManualTest, AConsumerAnswersAnOfferAndANewOneTakesItsPlace) {
  open(SignalerRole::consumer);
  on_request = [this](const SessionRequest& request) {
    signaler->send_description(request.session, false, sdp("active"));
  };
  start();
  EXPECT_EQ(take(sdp("actpass", "va", "\n")), "");
  EXPECT_FALSE(next().first);
  EXPECT_EQ(requests.at(0).offer, sdp("actpass"));
  EXPECT_TRUE(requests.at(0).by_hand);
  EXPECT_EQ(handed_out(), sdp("active"));
  EXPECT_EQ(take(sdp("actpass")), "");
  next();
  EXPECT_EQ(ended, std::vector<std::string>{requests.at(0).session});
}

TEST_F(ManualTest, AConsumerSaysWhyAnOfferWasRefused) {
  open(SignalerRole::consumer);
  on_request = [this](const SessionRequest& request) {
    signaler->end_session(request.session, "Nothing to receive.");
  };
  start();
  EXPECT_THAT(take(sdp("active")), HasSubstr("This is an answer"));
  EXPECT_TRUE(requests.empty());
  EXPECT_EQ(take(sdp("actpass")), "Nothing to receive.");
  EXPECT_EQ(handed_out(), "");
}

TEST_F(ManualTest, AfterItsStopNothingIsTaken) {
  open(SignalerRole::producer);
  start_with_offer();
  control.call([this] { signaler->stop(); });
  EXPECT_THAT(take(sdp("active")), HasSubstr("stopped"));
  EXPECT_EQ(handed_out(), "");
}

}  // namespace
}  // namespace webcast
