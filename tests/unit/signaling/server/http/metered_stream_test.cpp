// Who sends without end does not keep the others waiting: by the order in which messages are read.
#include "signaling/server/http/metered_stream.hpp"

#include <gtest/gtest.h>
#include <libsoup/soup.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "common/ref.hpp"

namespace webcast {
namespace {

constexpr size_t kReadOfSoup = 1024;

GPollableInputStream* input_of(const Ref<GIOStream>& stream) {
  return G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(stream.get()));
}

// What is read in this turn; `would_block`: it ended by that.
size_t read_all(const Ref<GIOStream>& stream, bool& would_block) {
  char data[kReadOfSoup];
  size_t all = 0;
  for (;;) {
    GError* error = nullptr;
    gssize got = g_pollable_input_stream_read_nonblocking(input_of(stream), data, sizeof data,
                                                          nullptr, &error);
    would_block = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    g_clear_error(&error);
    if (got <= 0) return all;
    all += static_cast<size_t>(got);
  }
}

TEST(MeteredStream, PausesAfterSoManyReadsAndWakesItsReader) {
  constexpr size_t kTurn = kReadOfSoup * kMostReadsInATurn;
  const std::string text(2 * kTurn + 1, 'x');
  auto in = adopt(g_memory_input_stream_new_from_data(text.data(), text.size(), nullptr));
  auto out = adopt(g_memory_output_stream_new_resizable());
  auto base = adopt(g_simple_io_stream_new(in.get(), out.get()));
  auto stream = adopt(metered_stream_new(base.get(), {}));
  auto context = adopt(g_main_context_new());
  for (size_t expected : {kTurn, kTurn, size_t{1}}) {
    auto source = adopt(g_pollable_input_stream_create_source(input_of(stream), nullptr));
    bool woken = false;
    GPollableSourceFunc wake = [](GObject*, gpointer data) -> gboolean {
      *static_cast<bool*>(data) = true;
      return G_SOURCE_REMOVE;
    };
    g_source_set_callback(source.get(), G_SOURCE_FUNC(wake), &woken, nullptr);
    g_source_attach(source.get(), context.get());
    g_main_context_iteration(context.get(), TRUE);
    EXPECT_TRUE(woken);
    bool would_block = false;
    EXPECT_EQ(read_all(stream, would_block), expected);
    EXPECT_EQ(would_block, expected == kTurn) << "the end is told as such";
  }
}

// A server's side of a WebSocket, to which everything was sent before it is read.
struct Peer {
  Peer(const std::string& frames, std::string& read, char name) : read_(read), name_(name) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    other_ = adopt(g_socket_new_from_fd(ends[1], nullptr));
    g_socket_set_blocking(other_.get(), FALSE);
    EXPECT_EQ(g_socket_send(other_.get(), frames.data(), frames.size(), nullptr, nullptr),
              static_cast<gssize>(frames.size()));
    auto socket = adopt(g_socket_new_from_fd(ends[0], nullptr));
    auto connection = adopt(g_socket_connection_factory_create_connection(socket.get()));
    stream_ = adopt(metered_stream_new(G_IO_STREAM(connection.get()), {}));
    GUri* uri = g_uri_parse("ws://127.0.0.1/", G_URI_FLAGS_NONE, nullptr);
    websocket_ = adopt(soup_websocket_connection_new(
        stream_.get(), uri, SOUP_WEBSOCKET_CONNECTION_SERVER, nullptr, nullptr, nullptr));
    g_uri_unref(uri);
    auto on_message = +[](SoupWebsocketConnection*, int, GBytes*, gpointer data) {
      auto* self = static_cast<Peer*>(data);
      self->read_ += self->name_;
    };
    handler_ = g_signal_connect(websocket_.get(), "message", G_CALLBACK(on_message), this);
  }
  ~Peer() { g_signal_handler_disconnect(websocket_.get(), handler_); }

  std::string& read_;
  const char name_;
  Ref<GSocket> other_;
  Ref<GIOStream> stream_;
  Ref<SoupWebsocketConnection> websocket_;
  gulong handler_ = 0;
};

TEST(MeteredStream, AMessageIsReadBetweenThoseOfWhoFloods) {
  constexpr size_t kFlood = 12'000;
  const std::string frame("\x81\x81\0\0\0\0x", 7);  // the text "x", masked
  std::string flood;
  for (size_t i = 0; i < kFlood; i++)
    flood += frame;
  auto context = adopt(g_main_context_new());
  g_main_context_push_thread_default(context.get());
  {
    std::string read;
    Peer loud(flood, read, 'l'), quiet(frame, read, 'q');
    while (read.size() < kFlood + 1)
      g_main_context_iteration(context.get(), TRUE);
    EXPECT_EQ(std::count(read.begin(), read.end(), 'q'), 1);
    EXPECT_LT(read.find('q'), kFlood / 2);
  }
  g_main_context_pop_thread_default(context.get());
}

}  // namespace
}  // namespace webcast
