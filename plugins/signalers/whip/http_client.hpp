// HttpClient: requests to other people's servers, with bounds: of a reply's size and of the time
// it may take. Redirections are not followed: who asked decides.
//
// Lives on the thread, and calls back in the main context, that it was made in.
#pragma once

#include <libsoup/soup.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/ref.hpp"
#include "plugins/signalers/outgoing.hpp"

namespace webcast {

struct HttpRequest {
  std::string method{}, url{};
  HttpHeaders headers{};
  std::string type{}, body{};  // no type: no body
  bool only_public = false;    // not to an address of this machine or its networks
};

struct HttpReply {
  unsigned status = 0;  // 0: none came; `error` says why
  std::string error{};
  std::map<std::string, std::string> headers{};  // names in lower case; several as a list
  bool from_public = false;                      // address, see public_address.hpp
  std::string body{};
  std::string header(const std::string& name) const;
};

// A request under way. It is cancelled, and `done` not called, when this goes.
class HttpCall {
 public:
  struct Exchange;
  HttpCall() = default;
  explicit HttpCall(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  HttpCall(HttpCall&& other) noexcept = default;
  HttpCall& operator=(HttpCall&& other) noexcept;
  ~HttpCall() { cancel(); }
  void cancel();
  bool open() const;  // not answered yet

 private:
  std::shared_ptr<Exchange> exchange_;
};

class HttpClient {
 public:
  explicit HttpClient(OutgoingHttp outgoing,
                      std::chrono::seconds patience = std::chrono::seconds(10));
  ~HttpClient();

  using Done = std::function<void(const HttpReply&)>;
  [[nodiscard]] HttpCall send(const HttpRequest& request, Done done);

  // Sends them all, and waits until they are answered or the time is up: for the end, when
  // nobody can wait for a callback any more. Any thread.
  static void send_and_wait(const OutgoingHttp& outgoing, const std::vector<HttpRequest>& requests,
                            std::chrono::milliseconds patience);

 private:
  const OutgoingHttp outgoing_;
  std::chrono::seconds patience_;
  Ref<SoupSession> session_;
};

// Resolves `reference` (a Location header) against `base`; empty when the result is no http(s)
// URL, or when it would leave https.
std::string resolve_url(const std::string& base, const std::string& reference);

}  // namespace webcast
