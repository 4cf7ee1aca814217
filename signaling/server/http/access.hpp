// Access: who may come in. Pure: headers in, a verdict out (docs/protocol.md, "Who may come in").
//
// Guards against pages of other sites that try addresses of this machine or network: by the
// Origin header, and, where they make the name of their own site point here (DNS rebinding), by
// the Host header. Tokens are compared in constant time and stand in no sentence.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "signaling/server/http/listen_address.hpp"

namespace webcast {

struct AccessRules {
  ListenAddress address{};
  std::string view_token{};                  // empty: none is asked for
  std::string publish_token{};               // to bring a stream; empty: who may come in may
  std::vector<std::string> allow_origins{};  // "https://example.org"; "*": any
  std::vector<std::string> host_names{};     // names of this machine
  std::vector<std::string> certificate_names{};
  std::string token_secret{};                // signs tokens (token.hpp); empty: none are taken
};

// What a request says of itself; empty: the header is absent.
struct AccessRequest {
  std::string host{};
  std::string origin{};
  std::string authorization{};
  std::string query_token{};
  std::string subprotocols{};  // Sec-WebSocket-Protocol
  std::string stream{};        // that it is about; empty: none, or all
  bool is_websocket = false;   // says later what it is about: the room holds it to its rights
  bool token_needed = true;    // false: the same for everybody (scripts, style)
  bool publishes = false;      // the page, or another way, by which a stream is brought
  bool is_preflight = false;   // OPTIONS: browsers send no token with it
  // The end of time: no signed token is valid any more.
  std::chrono::system_clock::time_point now = std::chrono::system_clock::time_point::max();
};

struct Verdict {
  unsigned status = 0;        // 0: come in; else the HTTP status
  std::string sentence{};     // why not
  std::string cors_origin{};  // for Access-Control-Allow-Origin; empty: none
  std::string subprotocol{};  // that the WebSocket must be answered with; empty: none
  bool may_publish = false;   // who comes in may bring a stream too
  std::string only_stream{};  // who comes in has to do with this one alone; empty: with all
  std::string token{};        // that was shown, a valid one first; never logged
  bool token_valid = false;
};

// What is left to one who came in by a token, or without one.
enum class Admission { none, watching, whole };

class Access {
 public:
  explicit Access(AccessRules rules);
  Verdict check(const AccessRequest& request) const;

  const std::vector<std::string>& allow_origins() const { return rules_.allow_origins; }
  // With a secret all is by token, or a signed one would grant nothing.
  bool asks_token() const { return !rules_.view_token.empty() || !rules_.token_secret.empty(); }
  bool asks_publish_token() const {
    return !rules_.publish_token.empty() || !rules_.token_secret.empty();
  }
  void set_certificate_names(std::vector<std::string> names);
  // Whoever has the publish token may watch as well.
  void set_tokens(std::string view_token, std::string publish_token);
  void set_allow_origins(std::vector<std::string> origins);
  // What one who came in by that token, with the right to publish or without, still might.
  Admission admits(const std::string& token, bool may_publish,
                   std::chrono::system_clock::time_point now) const;

 private:
  struct Grant {
    bool watches = false, publishes = false;
    std::string only_stream{};
  };
  // What this one token is good for, for this request.
  Grant grant_of(const std::string& token, const AccessRequest& request) const;
  bool host_allowed(const std::string& host) const;
  bool origin_allowed(const std::string& origin) const;

  AccessRules rules_;
};

}  // namespace webcast
