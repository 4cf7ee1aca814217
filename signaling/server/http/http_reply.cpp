#include "signaling/server/http/http_reply.hpp"

namespace webcast {

namespace {

// Enough for a client to read the reply before the connection is reset.
constexpr std::chrono::milliseconds kLinger{1000};

void set(SoupServerMessage* message, const char* name, const std::string& value) {
  soup_message_headers_replace(soup_server_message_get_response_headers(message), name,
                               value.c_str());
}

std::string policy(const std::string& host, const std::vector<std::string>& allow_origins) {
  std::string ancestors = "'self'";
  for (const std::string& origin : allow_origins)
    ancestors += " " + origin;
  // Browsers before 2022 do not take 'self' for WebSockets.
  std::string sockets = host.empty() ? "" : " ws://" + host + " wss://" + host;
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
         "media-src 'self' blob: mediastream:; connect-src 'self'" +
         sockets + "; base-uri 'none'; form-action 'none'; frame-ancestors " + ancestors;
}

}  // namespace

std::string request_header(SoupServerMessage* message, const char* name) {
  const char* value =
      soup_message_headers_get_one(soup_server_message_get_request_headers(message), name);
  return value ? value : "";
}

void add_security_headers(SoupServerMessage* message, const std::string& host,
                          const std::vector<std::string>& allow_origins) {
  set(message, "Content-Security-Policy", policy(host, allow_origins));
  set(message, "X-Content-Type-Options", "nosniff");
  set(message, "Referrer-Policy", "no-referrer");
  set(message, "Cross-Origin-Resource-Policy", "same-origin");
  set(message, "Permissions-Policy",
      "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()");
  // One request a connection: what keeps one alive is bounded by its deadline then.
  set(message, "Connection", "close");
}

void allow_devices(SoupServerMessage* message) {
  set(message, "Permissions-Policy",
      "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), "
      "usb=()");
}

void reply_text(SoupServerMessage* message, unsigned status, const std::string& type,
                const std::string& body) {
  set(message, "Cache-Control", "no-store");
  soup_server_message_set_status(message, status, nullptr);
  soup_server_message_set_response(message, type.c_str(), SOUP_MEMORY_COPY, body.data(),
                                   body.size());
}

void reply_asset(SoupServerMessage* message, const Asset& asset, bool is_page) {
  set(message, "Cache-Control", is_page ? "no-store" : "no-cache");
  if (!is_page) {
    set(message, "ETag", asset.etag);
    if (request_header(message, "If-None-Match") == asset.etag) {
      soup_server_message_set_status(message, SOUP_STATUS_NOT_MODIFIED, nullptr);
      return;
    }
  }
  soup_server_message_set_status(message, SOUP_STATUS_OK, nullptr);
  set(message, "Content-Type", asset.type);
  soup_message_body_append_bytes(soup_server_message_get_response_body(message), asset.bytes.get());
  soup_message_body_complete(soup_server_message_get_response_body(message));
}

void refuse_unread(SoupServerMessage* message, unsigned status, const std::string& sentence,
                   ControlThread& control, Farewell farewell) {
  struct Parting {
    Ref<GIOStream> stream;
    std::string text;
    Farewell farewell;
    Timer linger;
    void close() {
      g_io_stream_close_async(stream.get(), G_PRIORITY_DEFAULT, nullptr, nullptr, nullptr);
    }
  };
  auto parting = std::make_shared<Parting>();
  parting->farewell = farewell;
  parting->stream = adopt(soup_server_message_steal_connection(message));
  if (!parting->stream) return;
  parting->text = "HTTP/1.1 " + std::to_string(status) + " " + soup_status_get_phrase(status) +
                  "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
                  "Cache-Control: no-store\r\nContent-Length: " +
                  std::to_string(sentence.size()) + "\r\n\r\n" + sentence;
  auto done = [](GObject*, GAsyncResult*, gpointer data) {
    auto* held = static_cast<std::shared_ptr<Parting>*>(data);
    if ((*held)->farewell == Farewell::at_once) (*held)->close();
    delete held;
  };
  g_output_stream_write_all_async(g_io_stream_get_output_stream(parting->stream.get()),
                                  parting->text.data(), parting->text.size(), G_PRIORITY_DEFAULT,
                                  nullptr, done, new std::shared_ptr<Parting>(parting));
  if (farewell == Farewell::at_once) return;
  // The timer holds the stream, and the stream's end is the timer's.
  Parting& held = *parting;
  held.linger = control.after(kLinger, [parting]() mutable {
    parting->close();
    parting->linger.cancel();
  });
}

const char* refusal_cause(guint status) {
  switch (status) {
    case SOUP_STATUS_UNAUTHORIZED:
      return "token";
    case SOUP_STATUS_FORBIDDEN:
      return "origin";
    case SOUP_STATUS_NOT_FOUND:
      return "not-found";
    case SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE:
      return "limit";
    case SOUP_STATUS_SERVICE_UNAVAILABLE:
      return "full";
    default:
      return status >= 400 ? "request" : nullptr;
  }
}

}  // namespace webcast
