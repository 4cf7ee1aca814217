#include "tests/integration/server/test_client.hpp"

#include <algorithm>
#include <cstring>

namespace webcast::test {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return g_ascii_tolower(c); });
  return text;
}

gboolean accept_any(GTlsConnection*, GTlsCertificate* peer, GTlsCertificateFlags, gpointer data) {
  return g_tls_certificate_is_same(peer, static_cast<GTlsCertificate*>(data));
}

}  // namespace

TestClient::TestClient(uint16_t port, const std::string& certificate, unsigned timeout_seconds)
    : port_(port) {
  auto client = adopt(g_socket_client_new());
  g_socket_client_set_timeout(client.get(), timeout_seconds);
  connection_ =
      adopt(g_socket_client_connect_to_host(client.get(), "127.0.0.1", port, nullptr, nullptr));
  if (!connection_) return;
  stream_ = retain(G_IO_STREAM(connection_.get()));
  if (certificate.empty()) return;
  auto trusted = adopt(g_tls_certificate_new_from_file(certificate.c_str(), nullptr));
  auto tls = adopt(g_tls_client_connection_new(stream_.get(), nullptr, nullptr));
  g_signal_connect_data(
      tls.get(), "accept-certificate", G_CALLBACK(accept_any),
      Ref<GTlsCertificate>(trusted).release(),
      [](gpointer data, GClosure*) { g_object_unref(data); }, static_cast<GConnectFlags>(0));
  stream_.reset();
  if (g_tls_connection_handshake(G_TLS_CONNECTION(tls.get()), nullptr, nullptr)) stream_ = tls;
}

TestClient::~TestClient() {
  drop();
}

void TestClient::drop() {
  if (connection_) g_io_stream_close(G_IO_STREAM(connection_.get()), nullptr, nullptr);
  stream_.reset();
  connection_.reset();
}

bool TestClient::send(const std::string& bytes) {
  return stream_ &&
         g_output_stream_write_all(g_io_stream_get_output_stream(stream_.get()), bytes.data(),
                                   bytes.size(), nullptr, nullptr, nullptr);
}

std::string TestClient::receive(size_t size) {
  if (!buffer_.empty()) {
    std::string part = buffer_.substr(0, size);
    buffer_.erase(0, part.size());
    return part;
  }
  if (!stream_) return {};
  std::string bytes(size, '\0');
  gssize count = g_input_stream_read(g_io_stream_get_input_stream(stream_.get()), bytes.data(),
                                     bytes.size(), nullptr, nullptr);
  bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return bytes;
}

bool TestClient::ends() {
  if (!stream_) return true;
  char bytes[4096];
  GError* error = nullptr;
  gssize count = 1;
  while (count > 0)
    count = g_input_stream_read(g_io_stream_get_input_stream(stream_.get()), bytes, sizeof bytes,
                                nullptr, &error);
  bool timed_out = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error(&error);
  return !timed_out;
}

bool TestClient::fill(size_t size) {
  while (buffer_.size() < size) {
    std::string kept = std::move(buffer_);
    buffer_.clear();
    std::string more = receive();
    buffer_ = std::move(kept);
    if (more.empty()) return false;
    buffer_ += more;
  }
  return true;
}

Reply TestClient::read_reply(bool with_body) {
  Reply reply;
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(buffer_.size() + 1)) return reply;
  }
  std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  reply.status = static_cast<unsigned>(g_ascii_strtoull(head.c_str() + 9, nullptr, 10));
  size_t line = head.find("\r\n") + 2;
  while (line < head.size()) {
    size_t line_end = head.find("\r\n", line), colon = head.find(':', line);
    reply.headers[lower(head.substr(line, colon - line))] =
        head.substr(colon + 2, line_end - colon - 2);
    line = line_end + 2;
  }
  if (!with_body) return reply;
  while (fill(buffer_.size() + 1)) {
  }
  reply.body = std::exchange(buffer_, {});
  return reply;
}

Reply TestClient::request(const std::string& text) {
  send(text);
  return reply_ = read_reply(true);
}

Reply TestClient::get(const std::string& path, const std::string& more_headers) {
  std::string host = more_headers.find("Host:") == std::string::npos
                         ? "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n"
                         : "";
  return request("GET " + path + " HTTP/1.1\r\n" + host + more_headers + "\r\n");
}

bool TestClient::upgrade(const std::string& path, const std::string& more_headers) {
  std::string host = more_headers.find("Host:") == std::string::npos
                         ? "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n"
                         : "";
  send("GET " + path + " HTTP/1.1\r\n" + host +
       "Upgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
       more_headers + "\r\n");
  reply_ = read_reply(false);
  return reply_.status == 101;
}

bool TestClient::send_frame(unsigned opcode, bool last, const std::string& payload) {
  std::string frame(1, static_cast<char>((last ? 0x80 : 0) | opcode));
  size_t size = payload.size();
  if (size < 126) {
    frame += static_cast<char>(0x80 | size);
  } else {
    unsigned bytes = size < 65536 ? 2 : 8;
    frame += static_cast<char>(0x80 | (bytes == 2 ? 126 : 127));
    for (unsigned i = bytes; i > 0; i--)
      frame += static_cast<char>(size >> (8 * (i - 1)));
  }
  const char mask[4] = {1, 2, 3, 4};
  frame.append(mask, sizeof mask);
  for (size_t i = 0; i < size; i++)
    frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return send(frame);
}

std::optional<std::string> TestClient::receive_text() {
  while (close_code_ == 0 && fill(2)) {
    unsigned opcode = buffer_[0] & 0x0f;
    size_t size = buffer_[1] & 0x7f, start = 2;
    if (size >= 126) {
      size_t bytes = size == 126 ? 2 : 8;
      if (!fill(2 + bytes)) break;
      size = 0;
      for (size_t i = 0; i < bytes; i++)
        size = size << 8 | static_cast<guint8>(buffer_[2 + i]);
      start += bytes;
    }
    if (!fill(start + size)) break;
    std::string payload = buffer_.substr(start, size);
    buffer_.erase(0, start + size);
    if (opcode == 1) return payload;
    if (opcode == 9) send_frame(10, true, payload);
    if (opcode == 8 && size >= 2)
      close_code_ = static_cast<unsigned>(static_cast<guint8>(payload[0]) << 8 |
                                          static_cast<guint8>(payload[1]));
    if (opcode == 8) break;
  }
  return std::nullopt;
}

std::optional<std::string> TestClient::receive_text_with(const std::string& part) {
  while (auto text = receive_text()) {
    if (text->find(part) != std::string::npos) return text;
  }
  return std::nullopt;
}

std::string member(const std::string& json, const std::string& name) {
  std::string key = "\"" + name + "\":\"";
  size_t start = json.find(key);
  if (start == std::string::npos) return {};
  start += key.size();
  return json.substr(start, json.find('"', start) - start);
}

}  // namespace webcast::test
