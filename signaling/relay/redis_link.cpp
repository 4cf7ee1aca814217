#include "signaling/relay/redis_link.hpp"

#include <cstdio>

#include "common/backoff.hpp"

namespace webcast {

namespace {

constexpr BackoffSettings kBackoff{std::chrono::milliseconds(250), std::chrono::milliseconds(5'000)};
// From the attempt to the subscription.
constexpr std::chrono::seconds kPatience{10};
constexpr size_t kMostWords = 200;

// What Redis says may be anything.
std::string printable(const std::string& text) {
  std::string result = text.substr(0, kMostWords);
  for (char& c : result)
    if (!g_ascii_isprint(c)) c = ' ';
  return result;
}

bool is_text(const redisReply* reply) {
  return reply && reply->type == REDIS_REPLY_STRING;
}

}  // namespace

RedisLink::RedisLink(ControlThread& control, RedisUrl url, const std::string& id,
                     FederationLinkEvents events)
    : control_(control), url_(std::move(url)), id_(id), events_(std::move(events)) {}

RedisLink::~RedisLink() {
  close();
}

void RedisLink::close() {
  retry_.cancel();
  if (cancellable_) g_cancellable_cancel(cancellable_.get());
  for (auto* connection : {&speaking_, &listening_})
    if (auto held = std::exchange(*connection, nullptr)) held->close();
}

void RedisLink::start() {
  cancellable_ = adopt(g_cancellable_new());
  retry_ = control_.after(kPatience, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->lost("it does not answer");
  });
  auto resolver = adopt(g_resolver_get_default());
  using Weak = std::weak_ptr<RedisLink>;
  g_resolver_lookup_by_name_async(
      resolver.get(), url_.host.c_str(), cancellable_.get(),
      [](GObject* source, GAsyncResult* result, gpointer data) {
        std::unique_ptr<Weak> weak(static_cast<Weak*>(data));
        GError* error = nullptr;
        GList* addresses =
            g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &error);
        if (auto self = weak->lock()) self->resolved(addresses, error);
        g_resolver_free_addresses(addresses);
        g_clear_error(&error);
      },
      new Weak(weak_from_this()));
}

void RedisLink::resolved(GList* addresses, GError* error) {
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) return;
  if (error) return lost(error->message);
  // One after the other where a name has several.
  auto* address = G_INET_ADDRESS(g_list_nth_data(addresses, failures_ % g_list_length(addresses)));
  char* text = g_inet_address_to_string(address);
  connect(text);
  g_free(text);
}

void RedisLink::connect(const std::string& address) {
  auto ended = [weak = weak_from_this()](const std::string& why) {
    if (auto self = weak.lock()) self->lost(why);
  };
  hears_ = speaks_ = false;
  listening_ = RedisConnection::open(control_, address, url_.port, ended);
  speaking_ = RedisConnection::open(control_, address, url_.port, ended);
  log_in(*listening_, [this] {
    listening_->subscribe({channel({}), channel(id_)},
                          [this](const redisReply& reply) { subscribed(reply); });
  });
  log_in(*speaking_, [this] {
    speaks_ = true;
    ready();
  });
}

// Callbacks of a connection end with it, and that with this.
void RedisLink::log_in(RedisConnection& connection, std::function<void()> done) {
  std::vector<std::string> words = {"PING"};
  if (!url_.password.empty()) {
    words = {"AUTH", url_.password};
    if (!url_.user.empty()) words.insert(words.begin() + 1, url_.user);
  }
  connection.command(words, [this, done = std::move(done)](const redisReply& reply) {
    if (reply.type != REDIS_REPLY_ERROR) return done();
    lost("it refuses: " + std::string(reply.str, reply.len));
  });
}

void RedisLink::subscribed(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_ERROR)
    return lost("it refuses: " + std::string(reply.str, reply.len));
  // "subscribe", channel, how many; or "message", channel, text.
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 3 || !is_text(reply.element[0])) return;
  const std::string kind(reply.element[0]->str, reply.element[0]->len);
  if (kind == "message" && is_text(reply.element[2])) {
    events_.text({reply.element[2]->str, reply.element[2]->len});
  } else if (kind == "subscribe" && reply.element[2]->type == REDIS_REPLY_INTEGER &&
             reply.element[2]->integer == 2) {
    hears_ = true;
    ready();
  }
}

void RedisLink::ready() {
  if (!hears_ || !speaks_ || up_) return;
  retry_.cancel();
  up_ = true;
  failures_ = 0;
  told_ = false;
  std::fprintf(stderr, "Redis at %s carries words to the other relays.\n", url_.shown().c_str());
  events_.up();
}

void RedisLink::lost(const std::string& why) {
  close();
  if (!std::exchange(told_, true))
    std::fprintf(stderr,
                 "WARNING: Redis at %s cannot be used (%s). What plays goes on; streams of other "
                 "relays are not to be had until it is back. Trying again.\n",
                 url_.shown().c_str(), printable(why).c_str());
  retry_ = control_.after(backoff(failures_++, jitter(), kBackoff),
                          [weak = weak_from_this()] {
                            if (auto self = weak.lock()) self->start();
                          });
  if (std::exchange(up_, false)) events_.down();
}

void RedisLink::restart() {
  lost("it is silent");
}

std::string RedisLink::channel(const std::string& relay) const {
  return "webcast:" + std::to_string(url_.number) + ":" + (relay.empty() ? "relays" : relay);
}

void RedisLink::say(const std::string& relay, const std::string& text,
                    std::function<void()> unheard) {
  if (!up_) return;
  speaking_->command({"PUBLISH", channel(relay), text},
                     [this, unheard = std::move(unheard)](const redisReply& reply) {
                       if (reply.type == REDIS_REPLY_ERROR)
                         return lost("it refuses: " + std::string(reply.str, reply.len));
                       if (reply.type == REDIS_REPLY_INTEGER && reply.integer == 0) unheard();
                     });
}

namespace {

class Held : public FederationLink {
 public:
  explicit Held(std::shared_ptr<RedisLink> link) : link_(std::move(link)) {}
  ~Held() override { link_->close(); }
  void say(const std::string& relay, std::string text, std::function<void()> unheard) override {
    link_->say(relay, text, std::move(unheard));
  }
  void restart() override { link_->restart(); }

 private:
  std::shared_ptr<RedisLink> link_;
};

}  // namespace

MakeFederationLink federation_by_redis(RedisUrl url) {
  return [url = std::move(url)](ControlThread& control, const std::string& id,
                                FederationLinkEvents events) -> std::unique_ptr<FederationLink> {
    auto link = std::make_shared<RedisLink>(control, url, id, std::move(events));
    // A name may need the network: not before the server listens.
    control.post([weak = std::weak_ptr(link)] {
      if (auto self = weak.lock()) self->start();
    });
    return std::make_unique<Held>(std::move(link));
  };
}

}  // namespace webcast
