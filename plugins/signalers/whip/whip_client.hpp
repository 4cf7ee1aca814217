// WhipClient: one session with a WHIP server (RFC 9725) or a WHEP server, by HTTP: asks for ICE
// servers, posts an offer, brings the answer, trickles candidates, deletes the session.
//
// Knows nothing of the media: the same for publishing and for playing. Control thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "plugins/signalers/origin.hpp"
#include "plugins/signalers/public_address.hpp"
#include "plugins/signalers/whip/http_client.hpp"

namespace webcast {

struct WhipFailure {
  Error error{};
  std::chrono::seconds retry_after{0};  // that the server asked for; 0: it did not
};

// None after the client is gone. A handler may drop the client.
struct WhipClientEvents {
  // Something is not as it should be, and the session goes on.
  std::function<void(const Error&)> warned;
  // Before the offer is made, because libnice takes no servers later.
  std::function<void(const std::vector<IceServer>&)> ready;
  std::function<void(const std::string& sdp)> answered;
  std::function<void(const WhipFailure&)> failed;  // there is no session
  // The server took candidates of this session before and does not know it any more. The media
  // may flow on.
  std::function<void()> lost;
};

// For Authorization: Bearer, at the origin of the URL alone. Never logged.
struct WhipToken {
  std::string value{};                     // empty: none is sent
  const char* property = "publish-token";  // that sets it
};

class WhipClient : public std::enable_shared_from_this<WhipClient> {
 public:
  // `headers`: beside the token, for the same origin.
  WhipClient(HttpClient& http, std::string url, WhipToken token, const HttpHeaders& headers,
             WhipClientEvents events);

  void start();
  void offer(const std::string& sdp);
  // "candidate:…" of the m-line with that mid. Waits for the 201.
  void add_candidate(const std::string& mid, const std::string& candidate);

  // What ends the session at the server; nothing when there is none.
  std::optional<HttpRequest> goodbye() const;

 private:
  HttpRequest request(const std::string& method, const std::string& url) const;
  void ask_options();
  void post();
  void on_options(const HttpReply& reply);
  void on_found(const PublicServers::Found& found);
  void on_posted(const HttpReply& reply);
  void on_created(const HttpReply& reply);
  void patch();
  void on_patched(const HttpReply& reply);
  // Where a 307 or 308 leads, if it is one of ours to follow.
  bool follow(const HttpReply& reply);
  void fail(const HttpReply& reply);
  Error refusal(const HttpReply& reply) const;
  std::string remedy() const;

  HttpClient& http_;
  std::string url_;
  const WhipToken token_;
  const Credentials credentials_;
  WhipClientEvents events_;
  std::string offer_{}, ufrag_{}, password_{};
  std::string resource_{}, etag_{};
  struct Waiting {
    std::string mid, candidate;
  };
  std::vector<Waiting> candidates_;
  unsigned redirections_ = 0;
  bool patches_ = true, patched_ = false, created_ = false;
  bool is_public_ =
      false;  // the server that the user named: it leads us nowhere in private networks
  std::unique_ptr<PublicServers> search_{};
  HttpCall call_{}, patch_call_{};
};

}  // namespace webcast
