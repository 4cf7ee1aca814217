#include "plugins/signalers/whip/whip_client.hpp"

#include <algorithm>

#include "common/clean_text.hpp"
#include "signaling/protocol/sdp_fragment.hpp"
#include "signaling/protocol/sdp_text.hpp"

namespace webcast {

namespace {

constexpr unsigned kMaxRedirections = 5;
constexpr gint64 kLongestRetryAfter = 600;  // s
constexpr size_t kMaxWaiting = 64;

std::chrono::seconds retry_after(const HttpReply& reply) {
  std::string text = reply.header("retry-after");
  if (text.empty()) return std::chrono::seconds(0);
  gint64 seconds = 0;
  if (!g_ascii_string_to_signed(text.c_str(), 10, 0, G_MAXINT64, &seconds, nullptr)) {
    // RFC 9110 10.2.3: the other form is a date.
    if (GDateTime* date = soup_date_time_new_from_http_string(text.c_str())) {
      GDateTime* now = g_date_time_new_now_utc();
      seconds = g_date_time_difference(date, now) / G_USEC_PER_SEC;
      g_date_time_unref(now);
      g_date_time_unref(date);
    }
  }
  return std::chrono::seconds(std::clamp<gint64>(seconds, 0, kLongestRetryAfter));
}

// What the server says, as far as it can be shown: it may repeat what it was shown.
std::string first_line(const std::string& body, const std::string& token,
                       const Credentials& credentials) {
  std::string line = clean_text(body.substr(0, body.find_first_of("\r\n")), 200);
  bool tells =
      (!token.empty() && body.find(token) != std::string::npos) || credentials.are_told_by(body);
  return !tells && !line.empty() ? " It says: " + line : "";
}

}  // namespace

// One, for what this client is and showed.
std::string WhipClient::remedy() const {
  std::string property = token_.property;
  if (token_.value.empty()) return "set " + property + " to the token that it asks for";
  if (!credentials_.are_for(url_))
    return "it leads to " + origin_of(url_) + ", which is not shown the " + property +
           " of another server: let location name that address, if you trust it";
  return "it does not take the " + property +
         " that is set; it may be for something else, or have "
         "expired";
}

Error WhipClient::refusal(const HttpReply& reply) const {
  auto its_words = [&] { return first_line(reply.body, token_.value, credentials_); };
  std::string status = " (" + std::to_string(reply.status) + ")";
  switch (reply.status) {
    case 0:
      return {ErrorCode::failed, "The server cannot be reached: " + reply.error + "."};
    case 401:
    case 403:
      return {ErrorCode::refused,
              "The server refuses us" + status + ": " + remedy() + "." + its_words()};
    case 404:
    case 405:
      return {ErrorCode::not_found,
              "The server has nothing of the kind at that address" + status + ": check its path."};
    case 409:
    case 429:
    case 503:
      return {ErrorCode::refused, "The server has no place for us, or no stream, now" + status + "." +
                                      its_words()};
    default:
      break;
  }
  if (reply.status / 100 == 3)
    return {ErrorCode::refused, "The server leads elsewhere in a way that cannot be followed" +
                                    status + ": use the address that it names."};
  if (reply.status / 100 == 4)
    return {ErrorCode::not_supported,
            "The server does not take the offer" + status + "." + its_words()};
  if (reply.status / 100 == 2)
    return {ErrorCode::failed, "The server's answer is no session description."};
  return {ErrorCode::failed, "The server failed" + status + "." + its_words()};
}

WhipClient::WhipClient(HttpClient& http, std::string url, WhipToken token,
                       const HttpHeaders& headers, WhipClientEvents events)
    : http_(http),
      url_(std::move(url)),
      token_(std::move(token)),
      credentials_(url_, with_bearer(headers, token_.value)),
      events_(std::move(events)) {}

HttpRequest WhipClient::request(const std::string& method, const std::string& url) const {
  return {.method = method,
          .url = url,
          .headers = credentials_.headers(url),
          .only_public = is_public_};
}

void WhipClient::start() {
  ask_options();
}

void WhipClient::ask_options() {
  call_ = http_.send(request("OPTIONS", url_), [weak = weak_from_this()](const HttpReply& reply) {
    if (auto self = weak.lock()) self->on_options(reply);
  });
}

void WhipClient::on_options(const HttpReply& reply) {
  if (reply.status == 0) return fail(reply);
  is_public_ |= reply.from_public;
  if (follow(reply)) return ask_options();
  // A server without OPTIONS names its ICE servers too late for us, or has none.
  auto servers = reply.status / 100 == 2 ? read_links(reply.header("link"))
                                         : std::vector<IceServer>();
  if (!is_public_ || servers.empty()) return events_.ready(servers);
  search_ = std::make_unique<PublicServers>(
      std::move(servers), [weak = weak_from_this()](const PublicServers::Found& found) {
        if (auto self = weak.lock()) self->on_found(found);
      });
}

void WhipClient::on_found(const PublicServers::Found& found) {
  if (!found.refused.empty())
    events_.warned({ErrorCode::refused,
                    "The server is on the internet and names an ICE server in a private network (" +
                        found.refused.front() +
                        "), which is not used. If it is yours, set stun-server or turn-servers."});
  events_.ready(found.servers);
}

void WhipClient::offer(const std::string& sdp) {
  offer_ = sdp;
  if (auto text = read_sdp_text(sdp)) {
    ufrag_ = text->ufrag;
    password_ = text->password;
  }
  post();
}

void WhipClient::post() {
  HttpRequest post = request("POST", url_);
  post.type = kSdpType;
  post.body = offer_;
  call_ = http_.send(post, [weak = weak_from_this()](const HttpReply& reply) {
    if (auto self = weak.lock()) self->on_posted(reply);
  });
}

void WhipClient::on_posted(const HttpReply& reply) {
  if (follow(reply)) return post();
  // 2xx other than 201 is no session of WHIP, but is taken for one: some servers say 200.
  if (reply.status / 100 != 2 || !read_sdp_text(reply.body)) return fail(reply);
  on_created(reply);
}

void WhipClient::on_created(const HttpReply& reply) {
  created_ = true;
  etag_ = reply.header("etag");
  std::string location = reply.header("location");
  if (!location.empty()) resource_ = resolve_url(url_, location);
  auto held = shared_from_this();
  events_.answered(reply.body);
  patch();
}

bool WhipClient::follow(const HttpReply& reply) {
  if (reply.status != 307 && reply.status != 308) return false;
  std::string url = resolve_url(url_, reply.header("location"));
  if (url.empty() || ++redirections_ > kMaxRedirections) return false;
  url_ = url;
  return true;
}

void WhipClient::fail(const HttpReply& reply) {
  auto held = shared_from_this();
  events_.failed({refusal(reply), retry_after(reply)});
}

void WhipClient::add_candidate(const std::string& mid, const std::string& candidate) {
  if (!patches_ || candidates_.size() >= kMaxWaiting) return;
  candidates_.push_back({mid, candidate});
  patch();
}

// One at a time: what comes in between goes with the next one.
void WhipClient::patch() {
  if (!created_ || resource_.empty() || candidates_.empty() || !patches_ || patch_call_.open())
    return;
  SdpFragment fragment{.ufrag = ufrag_, .password = password_};
  auto text = read_sdp_text(offer_);
  for (Waiting& waiting : candidates_) {
    auto known = std::find_if(fragment.media.begin(), fragment.media.end(),
                              [&](const FragmentMedia& media) { return media.mid == waiting.mid; });
    if (known == fragment.media.end()) {
      std::string kind = text ? text->media[text->line_of(waiting.mid)].kind : "video";
      known = fragment.media.insert(known, FragmentMedia{.kind = kind, .mid = waiting.mid});
    }
    known->candidates.push_back(std::move(waiting.candidate));
  }
  candidates_.clear();
  HttpRequest patch = request("PATCH", resource_);
  patch.type = kSdpFragmentType;
  patch.body = write_sdp_fragment(fragment);
  if (!etag_.empty()) patch.headers["If-Match"] = etag_;
  patch_call_ = http_.send(patch, [weak = weak_from_this()](const HttpReply& reply) {
    if (auto self = weak.lock()) self->on_patched(reply);
  });
}

// A server that takes no candidates (405, 501, silence, whatever) connects without them, or the
// peer's own patience ends: the session goes on.
void WhipClient::on_patched(const HttpReply& reply) {
  auto held = shared_from_this();
  bool gone = patched_ && (reply.status == 404 || reply.status == 410);
  if (reply.status / 100 == 2) {
    patched_ = true;
    return patch();
  }
  patches_ = false;
  candidates_.clear();
  g_debug("A WHIP server takes no candidates: %u", reply.status);
  if (gone) events_.lost();
}

std::optional<HttpRequest> WhipClient::goodbye() const {
  if (resource_.empty()) return std::nullopt;
  return request("DELETE", resource_);
}

}  // namespace webcast
