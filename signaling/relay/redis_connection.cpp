#include "signaling/relay/redis_connection.hpp"

#include <glib-unix.h>
#include <hiredis/sds.h>

namespace webcast {

namespace {

// Words that a relay does not get rid of: Redis, or the way to it, is stuck.
constexpr size_t kMostWaiting = 8 * 1024 * 1024;
// Of a reply that is not whole yet; a relay says 256 KiB at most.
constexpr size_t kMostIncoming = 1024 * 1024;
// "message", its channel, its text. hiredis makes room for as many as it is told will come.
constexpr int kMostElements = 3;
const char* const kTooMuch = "it says more than relays do";

}  // namespace

// What hiredis calls. It frees its context by itself when the connection ends; the hook `cleanup`
// is the last that comes from it.
struct RedisConnection::Hooks {
  static RedisConnection& of(void* data) { return *static_cast<RedisConnection*>(data); }
  static void add_read(void* data) { set(of(data).reading_, true, data); }
  static void del_read(void* data) { set(of(data).reading_, false, data); }
  static void add_write(void* data) { set(of(data).writing_, true, data); }
  static void del_write(void* data) { set(of(data).writing_, false, data); }
  static void set(bool& which, bool value, void* data) {
    if (std::exchange(which, value) != value) of(data).watch();
  }
  static void cleanup(void* data) {
    RedisConnection& self = of(data);
    std::string why = self.context_->errstr ? self.context_->errstr : "";
    if (self.told_too_much_) why = kTooMuch;
    self.context_ = nullptr;
    self.watch_.cancel();
    self.end(why.empty() ? "it closed the connection" : why);
  }
  // Without a reply: the connection ends. Without `data`: it was closed.
  static void reply(redisAsyncContext* context, void* reply, void* asked) {
    std::unique_ptr<Asked> held(static_cast<Asked*>(asked));
    if (!reply || !context->data) return;
    of(context->data).unanswered_ -= held->bytes;
    held->reply(*static_cast<redisReply*>(reply));
  }
  // hiredis 0.14 counts in int, 1.0 in size_t.
  template <typename Count>
  static void* make_array(const redisReadTask* task, Count elements) {
    bool fits = !task->parent && elements <= static_cast<Count>(kMostElements);
    if (fits) return own_functions()->createArray(task, elements);
    of(task->privdata).told_too_much_ = true;
    return nullptr;
  }
  static const redisReplyObjectFunctions*& own_functions() {
    static const redisReplyObjectFunctions* functions = nullptr;
    return functions;
  }
  static void bound_arrays(redisReader& reader, RedisConnection* self) {
    static redisReplyObjectFunctions bounded = [&] {
      own_functions() = reader.fn;
      redisReplyObjectFunctions functions = *reader.fn;
      functions.createArray = make_array;
      return functions;
    }();
    reader.fn = &bounded;
    reader.privdata = self;
  }
  static void told(redisAsyncContext* context, void* reply, void*) {
    if (reply && context->data) of(context->data).subscribed_(*static_cast<redisReply*>(reply));
  }
};

std::shared_ptr<RedisConnection> RedisConnection::open(
    ControlThread& control, const std::string& address, uint16_t port,
    std::function<void(std::string why)> ended) {
  auto self = std::make_shared<RedisConnection>(control, std::move(ended));
  redisAsyncContext* context = redisAsyncConnect(address.c_str(), port);
  if (!context || context->err) {
    self->end(context ? context->errstr : "no memory");
    if (context) redisAsyncFree(context);
    return self;
  }
  self->context_ = context;
  Hooks::bound_arrays(*context->c.reader, self.get());
  context->data = self.get();
  context->ev.data = self.get();
  context->ev.addRead = Hooks::add_read;
  context->ev.delRead = Hooks::del_read;
  context->ev.addWrite = Hooks::add_write;
  context->ev.delWrite = Hooks::del_write;
  context->ev.cleanup = Hooks::cleanup;
  // Has it look at the socket, which becomes writable when it is connected.
  redisAsyncSetConnectCallback(context, [](const redisAsyncContext*, int) {});
  return self;
}

void RedisConnection::watch() {
  watch_.cancel();
  if (!context_ || (!reading_ && !writing_)) return;
  auto condition = static_cast<GIOCondition>((reading_ ? G_IO_IN : 0) | (writing_ ? G_IO_OUT : 0));
  auto source = adopt(g_unix_fd_source_new(context_->c.fd, condition));
  GUnixFDSourceFunc on_ready = [](gint, GIOCondition what, gpointer data) -> gboolean {
    static_cast<RedisConnection*>(data)->ready(what);
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(source.get(), G_SOURCE_FUNC(on_ready), this, nullptr);
  g_source_attach(source.get(), control_.context());
  watch_ = Timer(std::move(source));
}

void RedisConnection::ready(GIOCondition condition) {
  auto held = shared_from_this();
  if (context_ && (condition & G_IO_OUT)) redisAsyncHandleWrite(context_);
  // Of a failure it learns by reading.
  if (context_ && (condition & ~G_IO_OUT)) redisAsyncHandleRead(context_);
  if (context_ && context_->c.reader->len > kMostIncoming) {
    close();
    end(kTooMuch);
  }
}

void RedisConnection::command(const std::vector<std::string>& words, Reply reply) {
  if (!context_) return;
  size_t bytes = 0;
  for (const std::string& word : words)
    bytes += word.size();
  unanswered_ += bytes;
  send(words, Hooks::reply, new Asked{std::move(reply), bytes});
}

void RedisConnection::subscribe(const std::vector<std::string>& channels, Reply reply) {
  if (!context_) return;
  subscribed_ = std::move(reply);
  std::vector<std::string> words = {"SUBSCRIBE"};
  words.insert(words.end(), channels.begin(), channels.end());
  send(words, Hooks::told, nullptr);
}

// hiredis answers each command in the end, be it with nothing, but for one that comes when it has
// closed already: then there is no context here either.
void RedisConnection::send(const std::vector<std::string>& words, redisCallbackFn* function,
                           void* data) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAsyncCommandArgv(context_, function, data, static_cast<int>(words.size()), texts.data(),
                        sizes.data());
  // It may read on and answer nothing: what an answer is needed for is kept until then.
  if (context_ && (sdslen(context_->c.obuf) > kMostWaiting || unanswered_ > kMostWaiting)) {
    close();
    end("it takes nothing more");
  }
}

void RedisConnection::close() {
  watch_.cancel();
  if (!context_) return;
  redisAsyncContext* context = std::exchange(context_, nullptr);
  context->data = nullptr;
  context->ev = {};
  if (!(context->c.flags & REDIS_CONNECTED)) return redisAsyncFree(context);
  int done = 0;
  redisBufferWrite(&context->c, &done);
  redisAsyncFree(context);
}

void RedisConnection::end(const std::string& why) {
  control_.post([weak = weak_from_this(), why] {
    auto self = weak.lock();
    if (self && self->ended_) std::exchange(self->ended_, {})(why);
  });
}

}  // namespace webcast
