// No token, password or key is ever told: elements and relay at their most talkative, with right
// and wrong secrets by each way, while all that they say is listened to.
#include "tests/support/secrets.hpp"

#include <glib/gstdio.h>
#include <gtest/gtest.h>

#include <mutex>
#include <regex>
#include <vector>

#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/whep_viewer.hpp"
#include "tests/support/signed_token.hpp"

namespace webcast::test {
namespace {

const std::string kLoopback = " local-addresses=\"<127.0.0.1>\" ";
const std::string kSecret = "the-s3cret-of-a-relay-is-this-text";

// Hears what this process says: debug output, GLib's log, what is printed.
class Ears {
 public:
  static Ears& get() {
    static Ears ears;
    return ears;
  }
  void hear(const std::string& text) {
    // A TURN credential that was made of the secret has no mark.
    static const std::regex turn("turns?:\\S*:\\S{20,}@");
    bool told = shows_secret(text) || std::regex_search(text, turn);
    std::lock_guard lock(mutex_);
    lines_++;
    if (told) caught_.push_back(text);
  }
  void forget() {
    std::lock_guard lock(mutex_);
    lines_ = 0;
    caught_.clear();
  }
  size_t lines() {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<std::string> caught() {
    std::lock_guard lock(mutex_);
    return caught_;
  }

 private:
  Ears() {
    gst_debug_remove_log_function(nullptr);
    gst_debug_add_log_function(on_debug, nullptr, nullptr);
    gst_debug_set_threshold_from_string("webcast*:9", TRUE);
    g_log_set_writer_func(on_log, nullptr, nullptr);
    g_set_print_handler(on_print);
    g_set_printerr_handler(on_print);
  }
  static void on_debug(GstDebugCategory*, GstDebugLevel, const gchar*, const gchar* function, gint,
                       GObject*, GstDebugMessage* message, gpointer) {
    get().hear(std::string(function) + ": " + gst_debug_message_get(message));
  }
  static GLogWriterOutput on_log(GLogLevelFlags, const GLogField* fields, gsize count, gpointer) {
    for (gsize i = 0; i < count; i++)
      if (g_str_equal(fields[i].key, "MESSAGE"))
        get().hear(static_cast<const char*>(fields[i].value));
    return G_LOG_WRITER_HANDLED;
  }
  static void on_print(const gchar* text) { get().hear(text); }

  std::mutex mutex_;
  size_t lines_ = 0;
  std::vector<std::string> caught_;
};

class Secrets : public testing::Test {
 protected:
  Secrets() { Ears::get().forget(); }
  ~Secrets() override {
    EXPECT_GT(Ears::get().lines(), 0u) << "nothing was said at all";
    EXPECT_EQ(Ears::get().caught(), std::vector<std::string>());
  }
  // What is on its bus by now, and its statistics.
  static void read(SinkPipeline& pipeline) {
    auto bus = adopt(gst_element_get_bus(pipeline.pipeline()));
    while (auto message = adopt(gst_bus_pop(bus.get()))) {
      Ears::get().hear(SinkPipeline::text_of(message.get()));
    }
    StructurePtr stats = pipeline.stats();
    std::unique_ptr<char, decltype(&g_free)> text(gst_structure_to_string(stats.get()), g_free);
    Ears::get().hear(text.get());
  }
  // A client that shows this token in each of the three places, and says what is wrong.
  static void show(uint16_t port, const std::string& token) {
    for (const char* path : {"/", "/watch/live", "/publish/live", "/whip/live", "/api/streams"}) {
      TestClient(port).get(std::string(path) + "?token=" + token);
      TestClient(port).get(path, "Authorization: Bearer " + token + "\r\n");
    }
    for (const std::string& header : {"Authorization: Bearer " + token + "\r\n",
                                      "Sec-WebSocket-Protocol: bearer." + token + "\r\n"}) {
      TestClient client(port);
      if (!client.upgrade("/ws?token=" + token, header)) continue;
      client.send_text("no message: " + token);
      client.send_text(R"({"type":"startSession","peerId":")" + token + R"("})");
      client.send_text(R"({"type":"list"})");
      client.receive_text_with("\"list\"");
    }
    const std::string body = "v=0 " + token;
    for (const char* kind : {"whip", "whep"})
      TestClient(port).request(std::string("POST /") + kind + "/live?token=" + token +
                               " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\n"
                               "Content-Length: " +
                               std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  static std::string signed_for(const char* role) {
    return signed_token(kSecret,
                        std::string(R"({"stream":"*","exp":4000000000,"role":")") + role + "\"}");
  }
};

TEST_F(Secrets, AreCaughtWhereTheyAreTold) {
  GST_DEBUG_CATEGORY_STATIC(category);
  GST_DEBUG_CATEGORY_INIT(category, "webcast-test", 0, nullptr);
  GST_CAT_LOG(category, "here it is: %s", "a-s3cret");
  g_debug("%s", signed_for("view").c_str());
  g_print("turn://1790000000:live:PQV1gIZDwkVx7ToeYLYqNjbyUFw=@host");
  EXPECT_EQ(Ears::get().caught().size(), 3u);
  Ears::get().forget();
  g_debug("nothing");
}

TEST_F(Secrets, OfASinkThatListens) {
  SinkPipeline sink(kVideo + "webcastsink name=s location=listen://127.0.0.1:0" + kLoopback +
                    "view-token=look-s3cret turn-secret=turn-s3cret "
                    "turn-servers=\"<\\\"turn://127.0.0.1:9\\\">\"");
  uint16_t port = port_of(sink.play_and_listen());
  for (const std::string& token :
       {std::string("look-s3cret"), std::string("wrong-s3cret"), signed_for("view")})
    show(port, token);
  const std::string whep = "whep://127.0.0.1:" + std::to_string(port) + "/whep/live";
  SinkPipeline wrong("webcastsrc name=s" + kLoopback + "view-token=wrong-s3cret location=" + whep);
  ASSERT_TRUE(wrong.play());
  EXPECT_NE(wrong.wait_for_warning(), "");
  SinkPipeline right("webcastsrc name=s" + kLoopback + "view-token=look-s3cret location=" + whep +
                     "?token=look-s3cret ! fakesink async=false");
  ASSERT_TRUE(right.play());
  EXPECT_TRUE(right.wait_for("webcast-publisher-connected"));
  for (SinkPipeline* pipeline : {&sink, &wrong, &right})
    read(*pipeline);
}

TEST_F(Secrets, OfASourceThatListensAndOfItsPublishers) {
  SinkPipeline source("webcastsrc name=s location=listen://127.0.0.1:0" + kLoopback +
                      "publish-token=bring-s3cret "
                      "turn-servers=\"<\\\"turn://user:turn-s3cret@127.0.0.1:9\\\">\"");
  uint16_t port = port_of(source.play_and_listen());
  for (const std::string& token : {std::string("bring-s3cret"), std::string("wrong-s3cret")})
    show(port, token);
  const std::string sink = kVideo + "webcastsink name=s" + kLoopback +
                           "location=whip://127.0.0.1:" + std::to_string(port) + "/whip/live";
  SinkPipeline wrong(sink + "?token=wrong-s3cret publish-token=wrong-s3cret");
  ASSERT_TRUE(wrong.play());
  EXPECT_NE(wrong.wait_for_warning(), "");
  SinkPipeline right(sink + " publish-token=bring-s3cret");
  ASSERT_TRUE(right.play());
  EXPECT_TRUE(source.wait_for("webcast-publisher-connected"));
  for (SinkPipeline* pipeline : {&source, &wrong, &right})
    read(*pipeline);
}

// The relay runs with the debug output of all its domains.
class SecretsOfARelay : public Secrets {
 protected:
  SecretsOfARelay() {
    g_close(g_file_open_tmp("webcast-secret-XXXXXX", &secret_, nullptr), nullptr);
    g_close(g_file_open_tmp("webcast-relay-XXXXXX", &config_, nullptr), nullptr);
    const std::string config = std::string("[relay]\nview-token=look-s3cret\n") +
                               "publish-token=bring-s3cret\ntoken-secret-file=" + secret_ + "\n";
    EXPECT_TRUE(g_file_set_contents(secret_, kSecret.c_str(), -1, nullptr));
    EXPECT_TRUE(g_file_set_contents(config_, config.c_str(), -1, nullptr));
    g_setenv("G_MESSAGES_DEBUG", "all", TRUE);
    relay_.emplace(std::vector<std::string>{"--config", config_, "--listen", "127.0.0.1:0"});
    g_unsetenv("G_MESSAGES_DEBUG");
  }
  ~SecretsOfARelay() override {
    for (char* file : {secret_, config_}) {
      g_unlink(file);
      g_free(file);
    }
  }
  // All that the relay said until it ended.
  void hear_relay() {
    relay_->process().signal(SIGTERM);
    bool goodbye = false;
    relay_->process().wait_line(
        [&](const std::string& line) {
          Ears::get().hear(line);
          goodbye |= line.find("goodbye") != std::string::npos;
          return false;
        },
        kRelayPatience);
    EXPECT_TRUE(goodbye);
  }
  std::optional<RelayProcess> relay_;

 private:
  char *secret_ = nullptr, *config_ = nullptr;
};

TEST_F(SecretsOfARelay, AndOfWhoMeetThere) {
  for (const std::string& token :
       {std::string("look-s3cret"), std::string("bring-s3cret"), std::string("wrong-s3cret"),
        signed_for("view"), signed_for("publish"), signed_for("nothing")})
    show(relay_->port(), token);
  auto at = [this](const std::string& token) { return relay_->location() + "?token=" + token; };
  SinkPipeline wrong(kVideo + "webcastsink name=s location=" + at("wrong-s3cret"));
  ASSERT_TRUE(wrong.play());
  EXPECT_NE(wrong.wait_for_warning(), "");
  SinkPipeline sink(kVideo + "webcastsink name=s" + kLoopback +
                    "location=" + at(signed_for("publish")));
  ASSERT_TRUE(sink.play());
  SinkPipeline source("webcastsrc name=s" + kLoopback + "location=" + at("look-s3cret") +
                      " ! fakesink async=false");
  ASSERT_TRUE(source.play());
  EXPECT_TRUE(source.wait_for("webcast-publisher-connected"));
  for (SinkPipeline* pipeline : {&wrong, &sink, &source})
    read(*pipeline);
  hear_relay();
}

TEST_F(Secrets, OfSettingsThatAreRefused) {
  for (const char* setting :
       {"location=\"whip://user:pass-s3cret@host/path\"", "location=whip://host:x/?token=a-s3cret",
        "location=ws://user:pass-s3cret@host", "location=ws://user:pass-s3cret@host:x",
        "location=ws://host:x/?token=a-s3cret", "location=\"ws://host/?token=a-s3cret,,\"",
        "location=foo://user:pass-s3cret@host/?token=a-s3cret", "location=\"?token=a-s3cret\"",
        "location=\"listen://host:x?token=a-s3cret\"",
        "turn-servers=\"<\\\"http://user:pass-s3cret@host\\\">\"",
        "stun-server=stan://user:pass-s3cret@host"}) {
    SinkPipeline sink(kVideo + "webcastsink name=s " + setting);
    size_t before = Ears::get().lines();
    EXPECT_FALSE(sink.play());
    read(sink);
    EXPECT_GT(Ears::get().lines(), before + 1) << "the error, and the statistics";
  }
}

}  // namespace
}  // namespace webcast::test
