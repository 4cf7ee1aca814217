// Messages beside the media (data-channels), between webcastsink and webcastsrc: whoever offers.
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>

#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

struct Said {
  std::string peer, label, data;
  bool is_text = false;
};

// An element, and what it was told.
class Talker {
 public:
  explicit Talker(const std::string& launch) : pipeline(launch) {
    g_signal_connect(pipeline.sink(), "message", G_CALLBACK(on_message), this);
  }
  bool say(const std::string& data, bool is_text = true, const std::string& label = "",
           const std::string& peer = "") {
    auto bytes = adopt(g_bytes_new(data.data(), data.size()));
    gboolean taken = FALSE;
    g_signal_emit_by_name(pipeline.sink(), "send-message", peer.c_str(), label.c_str(), bytes.get(),
                          is_text, &taken);
    return taken;
  }
  // The next message; an empty label: none came.
  Said next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return !said_.empty(); })) return {};
    Said said = said_.front();
    said_.pop_front();
    return said;
  }
  bool is_silent() {
    std::lock_guard lock(mutex_);
    return said_.empty();
  }
  guint64 count(const char* what) {
    StructurePtr stats = pipeline.stats();
    if (const GValue* viewers = gst_structure_get_value(stats.get(), "viewer-stats")) {
      if (gst_value_array_get_size(viewers) == 0) return 0;
      stats.reset(
          gst_structure_copy(gst_value_get_structure(gst_value_array_get_value(viewers, 0))));
    }
    guint64 value = 0;
    gst_structure_get_uint64(stats.get(), what, &value);
    return value;
  }

  std::function<void(const Said&)> on_said;  // GStreamer's own thread
  // Last: its threads tell us.
  SinkPipeline pipeline;

 private:
  static void on_message(GstElement*, const char* peer, const char* label, GBytes* data,
                         gboolean is_text, gpointer user) {
    auto* self = static_cast<Talker*>(user);
    gsize size = 0;
    auto* bytes = static_cast<const char*>(g_bytes_get_data(data, &size));
    Said said{peer, label, std::string(bytes ? bytes : "", size), is_text != FALSE};
    if (self->on_said) self->on_said(said);
    std::lock_guard lock(self->mutex_);
    self->said_.push_back(std::move(said));
    self->changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Said> said_;
};

const std::string kHere = " local-addresses=\"<127.0.0.1>\" ";

std::string at(const std::string& url, const char* scheme, const char* path) {
  return std::string(" location=") + scheme + url.substr(url.find("://")) + path + kHere;
}

// Sink and source, one of them at the other's listener.
struct Pair {
  // `sink_listens`: the source makes the offer (WHEP); else the sink does (WHIP).
  explicit Pair(bool sink_listens, const char* sink_settings = "data-channels=true",
                const char* source_settings = "data-channels=true") {
    const std::string sink_launch = kVideo + "webcastsink name=s " + sink_settings;
    const std::string source_launch = std::string("webcastsrc name=s ") + source_settings;
    const std::string listen = " location=listen://127.0.0.1:0" + kHere;
    if (sink_listens) {
      sink = std::make_unique<Talker>(sink_launch + listen);
      url = sink->pipeline.play_and_listen();
      source = std::make_unique<Talker>(source_launch + at(url, "whep", "whep/live") +
                                        " ! fakesink async=false");
      source->pipeline.play();
    } else {
      source = std::make_unique<Talker>(source_launch + listen + " ! fakesink async=false");
      url = source->pipeline.play_and_listen();
      sink = std::make_unique<Talker>(sink_launch + at(url, "whip", "whip/live"));
      sink->pipeline.play();
    }
  }
  bool connect() {
    return sink->pipeline.wait_for("webcast-viewer-connected") &&
           source->pipeline.wait_for("webcast-publisher-connected");
  }
  std::string url;
  std::unique_ptr<Talker> sink, source;
};

class Messages : public testing::TestWithParam<bool> {};

std::string pattern(size_t size) {
  std::string data(size, '\0');
  for (size_t i = 0; i < size; i++)
    data[i] = static_cast<char>('a' + (i * 7 + i / 1000) % 26);
  return data;
}

TEST_P(Messages, GoBothWaysAsTextAndBytes) {
  Pair pair(GetParam());
  ASSERT_TRUE(pair.connect());
  const std::string bytes("\0\1\xff", 3);
  for (auto [from, to] : {std::pair(pair.sink.get(), pair.source.get()),
                          std::pair(pair.source.get(), pair.sink.get())}) {
    ASSERT_TRUE(from->say("Grüß Gott"));
    ASSERT_TRUE(from->say(bytes, false));
    ASSERT_TRUE(from->say("elsewhere", true, "other"));
    Said first = to->next(), second = to->next(), other = to->next();
    // Of two labels either may come first.
    if (first.label == "other") std::swap(first, second), std::swap(second, other);
    if (second.label == "other") std::swap(second, other);
    EXPECT_EQ(other.label + other.data, "otherelsewhere");
    EXPECT_EQ(first.data, "Grüß Gott");
    EXPECT_EQ(first.label, "messages");
    EXPECT_TRUE(first.is_text);
    EXPECT_NE(first.peer, "");
    EXPECT_EQ(second.label + second.data, "messages" + bytes);
    EXPECT_FALSE(second.is_text);
    EXPECT_EQ(from->count("messages-sent"), 3u);
    EXPECT_EQ(to->count("messages-received"), 3u);
  }
}

// The association comes up a moment after the certificate was found right.
TEST_P(Messages, SaidBeforeTheAssociationIsUpArriveOnEveryLabel) {
  constexpr int kLabels = 15;
  for (int round = 0; round < 5; round++) {
    Pair pair(GetParam());
    ASSERT_TRUE(pair.connect());
    for (int i = 0; i < kLabels; i++)
      ASSERT_TRUE(pair.sink->say("x", true, "label" + std::to_string(i)));
    std::set<std::string> labels;
    for (int i = 0; i < kLabels; i++) {
      Said said = pair.source->next();
      ASSERT_EQ(said.data, "x") << round;
      labels.insert(said.label);
    }
    ASSERT_EQ(labels.size(), static_cast<size_t>(kLabels)) << round;
  }
}

TEST_P(Messages, OfFullLengthArriveWholeAndInOrder) {
  Pair pair(GetParam());
  ASSERT_TRUE(pair.connect());
  for (auto [from, to] : {std::pair(pair.sink.get(), pair.source.get()),
                          std::pair(pair.source.get(), pair.sink.get())}) {
    for (size_t size :
         {256u * 1024, 64u * 1024, 64u * 1024 - 1, 1u, 128u * 1024 + 1, 256u * 1024}) {
      std::string data = pattern(size);
      ASSERT_TRUE(from->say(data, size % 2 == 0));
      Said said = to->next();
      EXPECT_EQ(said.data.size(), size);
      EXPECT_TRUE(said.data == data) << size;
    }
    for (int i = 0; i < 3; i++) {
      ASSERT_TRUE(from->say(pattern(200'000), false));
      ASSERT_TRUE(from->say(std::to_string(i)));
    }
    for (int i = 0; i < 3; i++) {
      EXPECT_TRUE(to->next().data == pattern(200'000));
      EXPECT_EQ(to->next().data, std::to_string(i));
    }
    EXPECT_EQ(to->count("messages-refused"), 0u);
  }
}

TEST_P(Messages, WhatIsWrongIsRefused) {
  Pair pair(GetParam());
  EXPECT_FALSE(pair.source->say("before anybody is there"));
  ASSERT_TRUE(pair.connect());
  EXPECT_FALSE(pair.sink->say(pattern(256 * 1024 + 1), false));
  EXPECT_FALSE(pair.sink->say(""));
  EXPECT_FALSE(pair.sink->say("\xff"));
  EXPECT_FALSE(pair.sink->say(std::string("a\0b", 3)));
  EXPECT_FALSE(pair.sink->say("x", true, std::string(65, 'l')));
  EXPECT_FALSE(pair.sink->say("x", true, "", "nobody"));
  EXPECT_FALSE(pair.source->say("x", true, "", "nobody"));
  for (int i = 1; i < 16; i++)
    EXPECT_TRUE(pair.sink->say("x", true, "label" + std::to_string(i))) << i;
  EXPECT_FALSE(pair.sink->say("x", true, "label16"));
  for (int i = 1; i < 16; i++)
    EXPECT_EQ(pair.source->next().data, "x");
  EXPECT_TRUE(pair.sink->say("still here"));
  EXPECT_EQ(pair.source->next().data, "still here");
  EXPECT_TRUE(pair.source->is_silent());
}

TEST_P(Messages, AHandlerMayAnswerAndMayEndTheOther) {
  Pair pair(GetParam());
  pair.sink->on_said = [&](const Said& said) {
    if (said.data == "Who?") pair.sink->say("I", true, "", said.peer);
    gboolean ended = FALSE;
    if (said.data == "Go!")
      g_signal_emit_by_name(pair.sink->pipeline.sink(), "disconnect-viewer", said.peer.c_str(),
                            "asked for it", &ended);
  };
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.source->say("Who?"));
  EXPECT_EQ(pair.source->next().data, "I");
  ASSERT_TRUE(pair.source->say("Go!"));
  EXPECT_TRUE(pair.sink->pipeline.wait_for("webcast-viewer-removed"));
}

TEST_P(Messages, WhereOneSideWantsNoneMediaFlowAllTheSame) {
  for (auto [sink, source] : {std::pair("data-channels=true", ""),
                              std::pair("", "data-channels=true"), std::pair("", "")}) {
    Pair pair(GetParam(), sink, source);
    ASSERT_TRUE(pair.connect()) << sink << " / " << source;
    // To all that take messages: there is none. Where it is turned off, not even that.
    EXPECT_EQ(pair.sink->say("x"), *sink != '\0');
    EXPECT_FALSE(pair.source->say("x"));
    EXPECT_EQ(pair.sink->count("messages-sent") + pair.source->count("messages-sent"), 0u);
  }
}

TEST_P(Messages, StopsInTheMiddleOfThem) {
  for (int i = 0; i < 6; i++) {
    Pair pair(GetParam());
    ASSERT_TRUE(pair.connect());
    while (pair.sink->say(pattern(100'000), false)) {
    }
    pair.source->say(pattern(250'000), false);
    if (i % 2) pair.sink->pipeline.stop();
    pair.source->pipeline.stop();
  }
}

// Of all viewers together.
guint64 dropped(Talker& sink) {
  StructurePtr stats = sink.pipeline.stats();
  const GValue* viewers = gst_structure_get_value(stats.get(), "viewer-stats");
  guint64 sum = 0;
  for (guint i = 0; viewers && i < gst_value_array_get_size(viewers); i++) {
    guint64 one = 0;
    gst_structure_get_uint64(gst_value_get_structure(gst_value_array_get_value(viewers, i)),
                             "messages-dropped", &one);
    sum += one;
  }
  return sum;
}

// Says some to both until the one that stands still has lost one, and some more; the other one
// takes them all.
void say_until_one_is_lost(Pair& pair) {
  constexpr int kMessages = 40;  // 4 MB: more than may wait
  int since = 0;
  for (int i = 0; i < kMessages && since < 5; i++) {
    pair.sink->say(std::string(100'000, static_cast<char>('a' + i % 26)), false);
    Said said = pair.source->next();
    ASSERT_EQ(said.data.size(), 100'000u);
    EXPECT_EQ(said.data[0], 'a' + i % 26);
    since += dropped(*pair.sink) > 0;
  }
}

TEST(MessagesToMany, OneThatStandsStillLosesSomeAndNobodyElseDoes) {
  Pair pair(true);
  ASSERT_TRUE(pair.connect());
  std::vector<std::string> command = {"gst-launch-1.0", "webcastsrc", "data-channels=true"};
  command.push_back("location=whep" + pair.url.substr(pair.url.find("://")) + "whep/live");
  command.push_back("local-addresses=<127.0.0.1>");
  command.insert(command.end(), {"!", "fakesink", "async=false"});
  // Who is silent for 10 s is removed: on a slow machine before so many were said. Then another one
  // is asked.
  for (int attempt = 1;; attempt++) {
    Process still(command);
    ASSERT_TRUE(pair.sink->pipeline.wait_for("webcast-viewer-connected"));
    still.signal(SIGSTOP);
    ASSERT_NO_FATAL_FAILURE(say_until_one_is_lost(pair));
    guint64 lost = dropped(*pair.sink);
    if (pair.sink->pipeline.viewers() == 2) {
      EXPECT_GT(lost, 0u);
      pair.sink->pipeline.stop();
      EXPECT_EQ(pair.sink->pipeline.viewers(), 0u) << "it holds no stop up, with all that waits";
      return;
    }
    ASSERT_EQ(pair.sink->pipeline.viewers(), 1u) << "nobody else is removed";
    ASSERT_LT(attempt, 5) << "removed each time";
  }
}

INSTANTIATE_TEST_SUITE_P(WhoOffers, Messages, testing::Bool(),
                         [](const auto& one) { return one.param ? "Source" : "Sink"; });

}  // namespace
