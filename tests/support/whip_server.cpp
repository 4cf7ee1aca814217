#include "tests/support/whip_server.hpp"

namespace webcast::test {

namespace {

void set_header(SoupServerMessage* message, const char* name, const std::string& value) {
  if (!value.empty())
    soup_message_headers_replace(soup_server_message_get_response_headers(message), name,
                                 value.c_str());
}

void set_status(SoupServerMessage* message, unsigned status) {
  soup_server_message_set_status(message, status, nullptr);
}

}  // namespace

WhipServer::WhipServer(WhipHabits habits) : habits_(std::move(habits)) {
  thread_.call([this] {
    listener_.emplace(habits_.address);
    soup_server_add_handler(listener_->soup(), nullptr, &WhipServer::on_request, this, nullptr);
    port_ = listener_->port();
  });
}

WhipServer::~WhipServer() {
  thread_.call([this] {
    slow_.cancel();
    listener_.reset();
  });
  thread_.stop();
}

void WhipServer::note(SoupServerMessage* message, const char* path) {
  WhipRequest request;
  request.method = soup_server_message_get_method(message);
  request.path = path;
  auto body = adopt(soup_message_body_flatten(soup_server_message_get_request_body(message)));
  gsize size = 0;
  auto* data = static_cast<const char*>(g_bytes_get_data(body.get(), &size));
  if (data) request.body.assign(data, size);
  soup_message_headers_foreach(
      soup_server_message_get_request_headers(message),
      [](const char* name, const char* value, gpointer headers) {
        char* lower = g_ascii_strdown(name, -1);
        (*static_cast<std::map<std::string, std::string>*>(headers))[lower] = value;
        g_free(lower);
      },
      &request.headers);
  std::lock_guard lock(mutex_);
  counts_[request.method]++;
  requests_.push_back(std::move(request));
  condition_.notify_all();
}

void WhipServer::on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                            gpointer data) {
  auto& self = *static_cast<WhipServer*>(data);
  self.note(message, path);
  std::string method = soup_server_message_get_method(message);
  if (method == "OPTIONS") {
    set_header(message, "Link", self.habits_.link);
    set_status(message, self.habits_.options_status);
  } else if (method == "POST") {
    self.on_post(message);
  } else if (method == "GET" && self.habits_.redirections > 0) {
    self.redirect(message);
  } else if (method == "PATCH" && self.habits_.patch_hangs) {
    soup_server_message_pause(message);
  } else if (method == "PATCH") {
    bool gone = ++self.patches_ > self.habits_.patches_until_gone;
    set_status(message, gone ? 404 : self.habits_.patch_status);
  } else {
    set_status(message, method == "DELETE" ? 200 : 405);
  }
}

void WhipServer::redirect(SoupServerMessage* message) {
  habits_.redirections--;
  set_header(message, "Location", habits_.redirect_to);
  set_status(message, habits_.redirect_status);
}

void WhipServer::on_post(SoupServerMessage* message) {
  if (habits_.redirections > 0) return redirect(message);
  if (++posts_ <= habits_.refusals) {
    set_header(message, "Retry-After", habits_.retry_after);
    soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_COPY,
                                     habits_.refusal.data(), habits_.refusal.size());
    return set_status(message, habits_.post_status);
  }
  auto held = retain(message);
  soup_server_message_pause(message);
  if (habits_.negotiate) {
    auto offer = adopt(soup_message_body_flatten(soup_server_message_get_request_body(message)));
    gsize size = 0;
    auto* text = static_cast<const char*>(g_bytes_get_data(offer.get(), &size));
    habits_.negotiate(std::string(text, size), [this, held](const std::string& sdp) {
      thread_.post([this, held, sdp] { answer(held, sdp); });
    });
  } else {
    slow_ = thread_.after(habits_.slowness, [this, held] { answer(held, habits_.answer); });
  }
}

void WhipServer::answer(const Ref<SoupServerMessage>& message, const std::string& sdp) {
  set_header(message.get(), "Location", habits_.location);
  set_header(message.get(), "ETag", habits_.etag);
  soup_server_message_set_response(message.get(), "application/sdp", SOUP_MEMORY_COPY, sdp.data(),
                                   sdp.size());
  set_status(message.get(), 201);
  soup_server_message_unpause(message.get());
}

std::optional<WhipRequest> WhipServer::next(const std::string& method,
                                            std::chrono::seconds patience) {
  std::unique_lock lock(mutex_);
  auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    while (!requests_.empty()) {
      WhipRequest request = std::move(requests_.front());
      requests_.pop_front();
      if (request.method == method) return request;
    }
    if (condition_.wait_until(lock, end) == std::cv_status::timeout) return std::nullopt;
  }
}

unsigned WhipServer::count(const std::string& method) {
  std::lock_guard lock(mutex_);
  return counts_[method];
}

}  // namespace webcast::test
