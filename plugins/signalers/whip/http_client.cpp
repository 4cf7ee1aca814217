#include "plugins/signalers/whip/http_client.hpp"

#include "common/connection.hpp"
#include "plugins/signalers/public_address.hpp"

namespace webcast {

namespace {

constexpr gsize kMaxReplyBytes = 64 * 1024;
constexpr gsize kPart = 16 * 1024;

void read_headers(HttpReply& reply, SoupMessageHeaders* headers) {
  auto add = [](const char* name, const char* value, gpointer data) {
    char* lower = g_ascii_strdown(name, -1);
    std::string& known = static_cast<HttpReply*>(data)->headers[lower];
    known += (known.empty() ? "" : ", ") + std::string(value);
    g_free(lower);
  };
  soup_message_headers_foreach(headers, add, &reply);
}

}  // namespace

std::string HttpReply::header(const std::string& name) const {
  auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

struct HttpCall::Exchange {
  Ref<SoupMessage> message{};
  Ref<GCancellable> cancellable{};
  Ref<GInputStream> stream{};
  HttpReply reply{};
  HttpClient::Done done{};
  Ref<GSource> deadline{};
  Connection network{};
  bool went_astray = false;  // to an address that is not public, although it had to be

  using Self = std::shared_ptr<Exchange>;
  static void on_headers(GObject* source, GAsyncResult* result, gpointer data);
  static void on_part(GObject* source, GAsyncResult* result, gpointer data);
  static void on_network(Exchange& self, int event, GIOStream* stream);
  static void read(const Self& self);
  void finish();
  void fail(GError* error);
};

void HttpCall::Exchange::finish() {
  if (deadline) g_source_destroy(deadline.get());
  deadline.reset();
  // Now, not with the call: until then the connection is of no use to another request.
  stream.reset();
  network.disconnect();
  message.reset();
  if (auto function = std::exchange(done, nullptr)) function(reply);
}

void HttpCall::Exchange::fail(GError* error) {
  bool late = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  reply.status = 0;
  reply.error = late ? "it did not answer in time" : error->message;
  if (g_error_matches(error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    reply.error =
        "its certificate is not trusted here (name its authority in ca-file, or add it to the "
        "system's)";
  if (went_astray)
    reply.error = "it is on the internet and leads into a private network, which is not followed";
  g_error_free(error);
  finish();
}

// Here and not by the name before: what a name stands for may change between two look-ups.
void HttpCall::Exchange::on_network(Exchange& self, int event, GIOStream* stream) {
  if (event != G_SOCKET_CLIENT_CONNECTING || !G_IS_SOCKET_CONNECTION(stream)) return;
  auto address =
      adopt(g_socket_connection_get_remote_address(G_SOCKET_CONNECTION(stream), nullptr));
  if (!address || is_public(address.get())) return;
  self.went_astray = true;
  g_cancellable_cancel(self.cancellable.get());
}

void HttpCall::Exchange::on_headers(GObject* source, GAsyncResult* result, gpointer data) {
  std::unique_ptr<Self> held(static_cast<Self*>(data));
  Exchange& self = **held;
  GError* error = nullptr;
  self.stream = adopt(soup_session_send_finish(SOUP_SESSION(source), result, &error));
  if (!self.stream) return self.fail(error);
  if (!self.done) return self.finish();
  self.reply.status = soup_message_get_status(self.message.get());
  GSocketAddress* address = soup_message_get_remote_address(self.message.get());
  self.reply.from_public = address && is_public(address);
  read_headers(self.reply, soup_message_get_response_headers(self.message.get()));
  read(*held);
}

void HttpCall::Exchange::read(const Self& self) {
  g_input_stream_read_bytes_async(self->stream.get(), kPart, G_PRIORITY_DEFAULT,
                                  self->cancellable.get(), &on_part, new Self(self));
}

void HttpCall::Exchange::on_part(GObject* source, GAsyncResult* result, gpointer data) {
  std::unique_ptr<Self> held(static_cast<Self*>(data));
  Exchange& self = **held;
  GError* error = nullptr;
  auto part = adopt(g_input_stream_read_bytes_finish(G_INPUT_STREAM(source), result, &error));
  if (!part) return self.fail(error);
  if (!self.done) return;
  gsize size = 0;
  auto* bytes = static_cast<const char*>(g_bytes_get_data(part.get(), &size));
  if (size == 0) return self.finish();
  self.reply.body.append(bytes, size);
  if (self.reply.body.size() <= kMaxReplyBytes) return read(*held);
  self.reply.status = 0;
  self.reply.error = "its reply is longer than 64 KiB";
  g_cancellable_cancel(self.cancellable.get());
  self.finish();
}

HttpCall& HttpCall::operator=(HttpCall&& other) noexcept {
  if (this != &other) {
    cancel();
    exchange_ = std::move(other.exchange_);
  }
  return *this;
}

bool HttpCall::open() const {
  return exchange_ && exchange_->done;
}

void HttpCall::cancel() {
  auto exchange = std::exchange(exchange_, nullptr);
  if (!exchange) return;
  exchange->done = nullptr;
  exchange->finish();
  g_cancellable_cancel(exchange->cancellable.get());
}

HttpClient::HttpClient(OutgoingHttp outgoing, std::chrono::seconds patience)
    : outgoing_(std::move(outgoing)), patience_(patience), session_(outgoing_.make_session()) {}

HttpClient::~HttpClient() {
  soup_session_abort(session_.get());
}

HttpCall HttpClient::send(const HttpRequest& request, Done done) {
  auto exchange = std::make_shared<HttpCall::Exchange>();
  exchange->message = adopt(soup_message_new(request.method.c_str(), request.url.c_str()));
  exchange->cancellable = adopt(g_cancellable_new());
  exchange->done = std::move(done);
  // At least a turn of the loop later: who asked has the call by then.
  exchange->deadline = adopt(g_timeout_source_new(
      exchange->message ? static_cast<guint>(std::chrono::milliseconds(patience_).count()) : 0));
  struct Late {
    std::weak_ptr<HttpCall::Exchange> exchange;
  };
  g_source_set_callback(
      exchange->deadline.get(),
      [](gpointer data) -> gboolean {
        if (auto late = static_cast<Late*>(data)->exchange.lock()) {
          if (!late->message)
            late->fail(g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "the URL is wrong"));
          else
            g_cancellable_cancel(late->cancellable.get());
        }
        return G_SOURCE_REMOVE;
      },
      new Late{exchange}, [](gpointer data) { delete static_cast<Late*>(data); });
  g_source_attach(exchange->deadline.get(), g_main_context_get_thread_default());
  if (!exchange->message) return HttpCall(exchange);

  SoupMessage* message = exchange->message.get();
  outgoing_.prepare(message);
  if (request.only_public)
    exchange->network =
        connect(message, "network-event", exchange, &HttpCall::Exchange::on_network);
  for (const auto& [name, value] : request.headers)
    soup_message_headers_replace(soup_message_get_request_headers(message), name.c_str(),
                                 value.c_str());
  if (!request.type.empty()) {
    auto body = adopt(g_bytes_new(request.body.data(), request.body.size()));
    soup_message_set_request_body_from_bytes(message, request.type.c_str(), body.get());
  }
  soup_session_send_async(session_.get(), message, G_PRIORITY_DEFAULT,
                          exchange->cancellable.get(), &HttpCall::Exchange::on_headers,
                          new HttpCall::Exchange::Self(exchange));
  return HttpCall(exchange);
}

void HttpClient::send_and_wait(const OutgoingHttp& outgoing,
                               const std::vector<HttpRequest>& requests,
                               std::chrono::milliseconds patience) {
  if (requests.empty()) return;
  GMainContext* context = g_main_context_new();
  g_main_context_push_thread_default(context);
  {
    HttpClient client(outgoing, std::chrono::duration_cast<std::chrono::seconds>(patience) +
                                    std::chrono::seconds(1));
    size_t open = requests.size();
    std::vector<HttpCall> calls;
    for (const HttpRequest& request : requests)
      calls.push_back(client.send(request, [&open](const HttpReply&) { open--; }));
    auto end = g_get_monotonic_time() + std::chrono::microseconds(patience).count();
    auto tick = adopt(g_timeout_source_new(static_cast<guint>(patience.count())));
    g_source_set_callback(tick.get(), [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; },
                          nullptr, nullptr);
    g_source_attach(tick.get(), context);
    while (open > 0 && g_get_monotonic_time() < end)
      g_main_context_iteration(context, TRUE);
    g_source_destroy(tick.get());
    calls.clear();
    while (g_main_context_iteration(context, FALSE)) {
    }
  }
  g_main_context_pop_thread_default(context);
  g_main_context_unref(context);
}

std::string resolve_url(const std::string& base, const std::string& reference) {
  char* text = g_uri_resolve_relative(base.c_str(), reference.c_str(), G_URI_FLAGS_NONE, nullptr);
  std::string url = text ? text : "";
  g_free(text);
  bool encrypted = g_str_has_prefix(url.c_str(), "https://");
  bool was_encrypted = g_str_has_prefix(base.c_str(), "https://");
  if (!encrypted && (was_encrypted || !g_str_has_prefix(url.c_str(), "http://"))) return {};
  return url;
}

}  // namespace webcast
