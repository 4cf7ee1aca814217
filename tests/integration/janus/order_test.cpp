// What a source makes of the orders in which Janus tells of publishers. A fake: which of its
// threads a real one lets speak first, no test can choose.
#include <gtest/gtest.h>
#include <libsoup/soup.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <vector>

#include "common/control_thread.hpp"
#include "plugins/signalers/signaler.hpp"
#include "tests/integration/viewer_process.hpp"

namespace webcast::test {
namespace {

const std::string kFeed = R"({"id":7,"display":"live"})";

// Of the VideoRoom's, to the place in the room.
std::string event(const std::string& data, const std::string& transaction = "") {
  std::string answered = transaction.empty() ? "" : R"("transaction":")" + transaction + "\",";
  return R"({"janus":"event",)" + answered +
         R"("sender":2,"plugindata":{"plugin":"janus.plugin.videoroom","data":)" + data + "}}";
}

const std::string kTold = event(R"({"videoroom":"event","publishers":[)" + kFeed + "]}");

// Its lists of publishers are empty.
class FakeJanus {
 public:
  // `begins_at`: the request in front of whose reply it tells of the publisher, once.
  explicit FakeJanus(std::string begins_at) : begins_at_(std::move(begins_at)) {
    thread_.call([this] { listen(); });
  }
  ~FakeJanus() {
    thread_.call([this] {
      socket_.reset();
      g_socket_service_stop(service_.get());
      g_socket_listener_close(G_SOCKET_LISTENER(service_.get()));
      service_.reset();
      soup_server_disconnect(soup_.get());
      soup_.reset();
    });
    thread_.stop();
  }

  std::string location() const { return "janus://127.0.0.1:" + std::to_string(port_) + "/1234"; }
  void cut() {
    thread_.call([this] {
      if (auto socket = std::exchange(socket_, {}))
        g_io_stream_close(soup_websocket_connection_get_io_stream(socket.get()), nullptr, nullptr);
    });
  }
  // Until it was asked for that.
  bool is_asked(const std::string& part) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      for (const std::string& text : heard_)
        if (text.find(part) != std::string::npos) return true;
      return false;
    });
  }

 private:
  static gboolean on_incoming(GSocketService*, GSocketConnection* connection, GObject*, gpointer);
  static void on_socket(SoupServer*, SoupServerMessage*, const char*,
                        SoupWebsocketConnection* socket, gpointer data);
  static void on_message(SoupWebsocketConnection*, int, GBytes* message, gpointer data);
  void listen();
  void reply(const std::string& request);
  void say(const std::string& text) {
    soup_websocket_connection_send_text(socket_.get(), text.c_str());
  }

  std::string begins_at_;
  ControlThread thread_{"fake-janus"};
  Ref<SoupServer> soup_;
  Ref<GSocketService> service_;
  Ref<SoupWebsocketConnection> socket_;
  uint16_t port_ = 0;
  unsigned handles_ = 1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> heard_;
};

void FakeJanus::listen() {
  soup_ = adopt(SOUP_SERVER(g_object_new(SOUP_TYPE_SERVER, nullptr)));
  char protocol[] = "janus-protocol";
  char* protocols[] = {protocol, nullptr};
  soup_server_add_websocket_handler(soup_.get(), nullptr, nullptr, protocols, &on_socket, this,
                                    nullptr);
  // Not soup_server_listen(): libsoup 3.2.3 leaks a socket for each connection of its own.
  service_ = adopt(g_socket_service_new());
  auto any = adopt(g_inet_socket_address_new_from_string("127.0.0.1", 0));
  GSocketAddress* bound = nullptr;
  g_socket_listener_add_address(G_SOCKET_LISTENER(service_.get()), any.get(), G_SOCKET_TYPE_STREAM,
                                G_SOCKET_PROTOCOL_TCP, nullptr, &bound, nullptr);
  auto address = adopt(bound);
  port_ = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address.get()));
  g_signal_connect(service_.get(), "incoming", G_CALLBACK(&on_incoming), this);
}

gboolean FakeJanus::on_incoming(GSocketService*, GSocketConnection* connection, GObject*,
                                gpointer data) {
  auto local = adopt(g_socket_connection_get_local_address(connection, nullptr));
  auto remote = adopt(g_socket_connection_get_remote_address(connection, nullptr));
  soup_server_accept_iostream(static_cast<FakeJanus*>(data)->soup_.get(), G_IO_STREAM(connection),
                              local.get(), remote.get(), nullptr);
  return TRUE;
}

void FakeJanus::on_socket(SoupServer*, SoupServerMessage*, const char*,
                          SoupWebsocketConnection* socket, gpointer data) {
  static_cast<FakeJanus*>(data)->socket_ = retain(socket);
  g_signal_connect(socket, "message", G_CALLBACK(&on_message), data);
}

void FakeJanus::on_message(SoupWebsocketConnection*, int, GBytes* message, gpointer data) {
  auto& self = *static_cast<FakeJanus*>(data);
  gsize size = 0;
  auto* text = static_cast<const char*>(g_bytes_get_data(message, &size));
  std::string request(text, size);
  {
    std::lock_guard lock(self.mutex_);
    self.heard_.push_back(request);
  }
  self.changed_.notify_all();
  self.reply(request);
}

void FakeJanus::reply(const std::string& request) {
  auto is = [&](const std::string& part) { return request.find(part) != std::string::npos; };
  if (!begins_at_.empty() && is(begins_at_)) {
    begins_at_.clear();
    say(kTold);
  }
  const std::string transaction = json_field(request, "transaction");
  const std::string head = R"({"janus":"success","transaction":")" + transaction + "\"";
  if (is(R"("janus":"create")"))
    say(head + R"(,"data":{"id":1}})");
  else if (is(R"("janus":"attach")"))
    say(head + R"(,"data":{"id":)" + std::to_string(++handles_) + "}}");
  else if (is(R"("janus":"claim")"))
    say(head + "}");
  else if (is(R"("ptype":"publisher")"))
    say(event(R"({"videoroom":"joined","room":1234,"id":1,"private_id":9,"publishers":[]})",
              transaction));
  else if (is("listparticipants"))
    say(event(R"({"videoroom":"participants","room":1234,"participants":[]})", transaction));
}

// One who waits there for the stream, until it goes.
class Waiting {
 public:
  explicit Waiting(const FakeJanus& janus) {
    control_.call([&] {
      SignalerContext context{.control = control_, .role = SignalerRole::consumer};
      context.events.state = [this](const std::string& state, const std::string&) {
        if (state == "connected" && !std::exchange(told_, true)) connected_.set_value();
      };
      context.events.warning = [](const Error& error) { ADD_FAILURE() << error.sentence; };
      signaler_ = std::move(*make_signaler(janus.location(), std::move(context)));
      EXPECT_TRUE(signaler_->start({.name = "live"}));
    });
  }
  ~Waiting() {
    control_.call([this] {
      signaler_->stop();
      signaler_.reset();
    });
  }

  bool is_in_the_room() {
    return connected_.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready;
  }

 private:
  std::promise<void> connected_;
  bool told_ = false;
  ControlThread control_{"control"};
  std::unique_ptr<Signaler> signaler_;
};

const std::string kSubscribes = R"("ptype":"subscriber","room":1234,"streams":[{"feed":7}])";

TEST(JanusOrder, APublisherWhoBeginsWhileWeEnterIsTaken) {
  FakeJanus janus(R"("ptype":"publisher")");
  Waiting source(janus);
  EXPECT_TRUE(janus.is_asked(kSubscribes));
}

TEST(JanusOrder, APublisherWhoBeginsWhileWeComeBackIsTaken) {
  FakeJanus janus("listparticipants");
  Waiting source(janus);
  ASSERT_TRUE(source.is_in_the_room());
  janus.cut();
  EXPECT_TRUE(janus.is_asked(kSubscribes));
}

}  // namespace
}  // namespace webcast::test
