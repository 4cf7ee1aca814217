#include "signaling/relay/options.hpp"

#include <glib.h>

#include <algorithm>
#include <memory>

#include "common/web_origin.hpp"
#include "signaling/relay/redis_link.hpp"
#include "signaling/server/http/token.hpp"

namespace webcast {

namespace {

constexpr const char* kGroup = "relay";
constexpr int kMostPeers = 100'000;
constexpr const char* kKeys[] = {"listen",       "tls-certificate", "tls-key",
                                 "view-token",   "publish-token",   "token-secret-file",
                                 "allow-origin", "max-peers",       "peers-per-address",
                                 "redis",        "trusted-proxy"};

Error invalid(std::string sentence, std::string cause = {}) {
  return {ErrorCode::invalid_argument, std::move(sentence), std::move(cause)};
}

struct FreeKeyFile {
  void operator()(GKeyFile* file) const { g_key_file_free(file); }
};

// What GOption fills in; frees what it got.
struct Parsed {
  char* config = nullptr;
  char* listen = nullptr;
  char* tls_certificate = nullptr;
  char* tls_key = nullptr;
  char* token_secret_file = nullptr;
  char* redis = nullptr;
  char** allow_origins = nullptr;
  char** trusted_proxies = nullptr;
  int max_peers = -1;
  int peers_per_address = -1;
  gboolean version = FALSE;
  ~Parsed() {
    for (char* text : {config, listen, tls_certificate, tls_key, token_secret_file, redis})
      g_free(text);
    g_strfreev(allow_origins);
    g_strfreev(trusted_proxies);
  }
};

Result<void> parse(std::vector<std::string>& arguments, Parsed& parsed) {
  const GOptionEntry entries[] = {
      {"listen", 'l', 0, G_OPTION_ARG_STRING, &parsed.listen,
       "Where to listen (default 127.0.0.1:8080); no host: all addresses; port 0: a free one",
       "HOST:PORT"},
      {"config", 'c', 0, G_OPTION_ARG_FILENAME, &parsed.config,
       "Read options from the group [relay] of this file, and the secrets view-token and "
       "publish-token; the command line comes first",
       "FILE"},
      {"tls-certificate", 0, 0, G_OPTION_ARG_FILENAME, &parsed.tls_certificate,
       "PEM file with the certificate: speak https and wss", "FILE"},
      {"tls-key", 0, 0, G_OPTION_ARG_FILENAME, &parsed.tls_key, "PEM file with its key", "FILE"},
      {"token-secret-file", 0, 0, G_OPTION_ARG_FILENAME, &parsed.token_secret_file,
       "File with a secret of 32 bytes or more: JWT (HS256) signed with it are tokens, and to "
       "watch or publish takes one",
       "FILE"},
      {"allow-origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &parsed.allow_origins,
       "A web origin whose pages may use the relay, *: any; may be repeated", "ORIGIN"},
      {"trusted-proxy", 0, 0, G_OPTION_ARG_STRING_ARRAY, &parsed.trusted_proxies,
       "A reverse proxy's address or network: its X-Forwarded-For or Forwarded tells who asks, "
       "which limits count by; may be repeated (default: none)",
       "ADDRESS"},
      {"max-peers", 0, 0, G_OPTION_ARG_INT, &parsed.max_peers,
       "Publishers and viewers at once (default 5000)", "N"},
      {"peers-per-address", 0, 0, G_OPTION_ARG_INT, &parsed.peers_per_address,
       "The same of one address (default 64; of a loopback address 8 times as many)", "N"},
      {"redis", 0, 0, G_OPTION_ARG_STRING, &parsed.redis,
       "redis://HOST:PORT: relays that share a Redis act as one; with a password it belongs into "
       "the configuration file",
       "URL"},
      {"version", 0, 0, G_OPTION_ARG_NONE, &parsed.version, "Print the version", nullptr},
      {}};
  std::unique_ptr<GOptionContext, decltype(&g_option_context_free)> context(
      g_option_context_new("- where webcastsink publishes and browsers watch"),
      &g_option_context_free);
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  char** words = g_new0(char*, arguments.size() + 1);
  for (size_t i = 0; i < arguments.size(); i++)
    words[i] = g_strdup(arguments[i].c_str());
  GError* error = nullptr;
  bool ok = g_option_context_parse_strv(context.get(), &words, &error);
  std::string left_over = ok && words[0] && words[1] ? words[1] : "";
  g_strfreev(words);
  if (!ok) {
    std::string cause = error->message;
    g_clear_error(&error);
    return invalid(cause + ". See webcast-relay --help.");
  }
  if (!left_over.empty())
    return invalid("\"" + left_over + "\" is no option. See webcast-relay --help.");
  return {};
}

Error unreadable(const std::string& file, GError* error) {
  Error result = invalid("The configuration file " + file + " cannot be used: " + error->message +
                         ". It needs a group [relay] with keys such as listen=127.0.0.1:8080.");
  g_error_free(error);
  return result;
}

Result<void> read_number(GKeyFile* file, const std::string& name, const char* key, int& number) {
  if (!g_key_file_has_key(file, kGroup, key, nullptr)) return {};
  GError* error = nullptr;
  number = g_key_file_get_integer(file, kGroup, key, &error);
  if (error) return unreadable(name, error);
  return {};
}

Result<void> check_keys(GKeyFile* file, const std::string& name) {
  GError* error = nullptr;
  std::unique_ptr<char*, decltype(&g_strfreev)> keys(
      g_key_file_get_keys(file, kGroup, nullptr, &error), &g_strfreev);
  if (error) return unreadable(name, error);
  for (char** key = keys.get(); *key; key++) {
    bool known = std::any_of(std::begin(kKeys), std::end(kKeys),
                             [&](const char* one) { return g_str_equal(one, *key); });
    if (!known)
      return invalid("The configuration file " + name + " has the unknown key \"" + *key +
                     "\". Keys are named like the options of webcast-relay --help.");
  }
  return {};
}

Result<void> read_file(const std::string& name, RelayOptions& options) {
  std::unique_ptr<GKeyFile, FreeKeyFile> file(g_key_file_new());
  GError* error = nullptr;
  if (!g_key_file_load_from_file(file.get(), name.c_str(), G_KEY_FILE_NONE, &error))
    return unreadable(name, error);
  if (auto checked = check_keys(file.get(), name); !checked) return checked;
  auto read_text = [&](const char* key, std::string& text) {
    if (char* value = g_key_file_get_string(file.get(), kGroup, key, nullptr)) {
      text = value;
      g_free(value);
    }
  };
  read_text("listen", options.listen);
  read_text("tls-certificate", options.tls_certificate);
  read_text("tls-key", options.tls_key);
  read_text("view-token", options.view_token);
  read_text("publish-token", options.publish_token);
  read_text("token-secret-file", options.token_secret_file);
  read_text("redis", options.redis);
  auto read_list = [&](const char* key, std::vector<std::string>& list) {
    char** values = g_key_file_get_string_list(file.get(), kGroup, key, nullptr, nullptr);
    for (char** value = values; value && *value; value++)
      list.push_back(*value);
    g_strfreev(values);
  };
  read_list("allow-origin", options.allow_origins);
  read_list("trusted-proxy", options.trusted_proxies);
  if (auto read = read_number(file.get(), name, "max-peers", options.max_peers); !read) return read;
  return read_number(file.get(), name, "peers-per-address", options.peers_per_address);
}

// A line's end behind the secret is no part of it.
Result<std::string> read_secret(const std::string& file) {
  if (file.empty()) return std::string();
  char* data = nullptr;
  gsize size = 0;
  GError* error = nullptr;
  if (!g_file_get_contents(file.c_str(), &data, &size, &error)) {
    std::string cause = error->message;
    g_error_free(error);
    return invalid("token-secret-file: " + file +
                       " cannot be read. Name a file that the relay's user may read.",
                   cause);
  }
  std::string secret(data, size);
  g_free(data);
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.size() >= kLeastTokenSecret) return secret;
  return invalid("token-secret-file: the secret in " + file + " has " +
                 std::to_string(secret.size()) + " bytes, it takes " +
                 std::to_string(kLeastTokenSecret) +
                 " at least. Make one with: openssl rand -hex 32");
}

void take_command_line(const Parsed& parsed, RelayOptions& options) {
  if (parsed.listen) options.listen = parsed.listen;
  if (parsed.tls_certificate) options.tls_certificate = parsed.tls_certificate;
  if (parsed.tls_key) options.tls_key = parsed.tls_key;
  if (parsed.token_secret_file) options.token_secret_file = parsed.token_secret_file;
  if (parsed.redis) options.redis = parsed.redis;
  if (parsed.allow_origins) options.allow_origins.clear();
  for (char** origin = parsed.allow_origins; origin && *origin; origin++)
    options.allow_origins.push_back(*origin);
  if (parsed.trusted_proxies) options.trusted_proxies.clear();
  for (char** proxy = parsed.trusted_proxies; proxy && *proxy; proxy++)
    options.trusted_proxies.push_back(*proxy);
  if (parsed.max_peers != -1) options.max_peers = parsed.max_peers;
  if (parsed.peers_per_address != -1) options.peers_per_address = parsed.peers_per_address;
}

Result<void> join_federation(const RelayOptions& options, ServerSettings& settings) {
  if (options.redis.empty()) return {};
  auto url = parse_redis_url(options.redis);
  if (!url) return url.error();
  using std::chrono::milliseconds;
  auto wall = std::chrono::system_clock::now().time_since_epoch();
  auto steady = std::chrono::steady_clock::now().time_since_epoch();
  settings.room.is_federated = true;
  settings.room.epoch = std::chrono::floor<milliseconds>(wall - steady);
  settings.federation_link = federation_by_redis(std::move(*url));
  return {};
}

}  // namespace

Result<RelayOptions> read_relay_options(std::vector<std::string> arguments) {
  Parsed parsed;
  if (auto ok = parse(arguments, parsed); !ok) return ok.error();
  if (parsed.version) {
    g_print("webcast-relay " WEBCAST_VERSION "\n");
    exit(0);
  }
  RelayOptions options;
  if (parsed.config) {
    if (auto read = read_file(parsed.config, options); !read) return read.error();
  }
  take_command_line(parsed, options);
  return options;
}

std::string for_next_start(const RelayOptions& running, const RelayOptions& read) {
  std::string names;
  auto compare = [&](const char* name, const auto& one, const auto& other) {
    if (one != other) names += (names.empty() ? "" : ", ") + std::string(name);
  };
  compare("listen", running.listen, read.listen);
  compare("max-peers", running.max_peers, read.max_peers);
  compare("peers-per-address", running.peers_per_address, read.peers_per_address);
  compare("trusted-proxy", running.trusted_proxies, read.trusted_proxies);
  compare("redis", running.redis, read.redis);
  return names;
}

Result<ServerSettings> relay_settings(const RelayOptions& options) {
  auto address = parse_listen_address(options.listen);
  if (!address) {
    Error error = address.error();
    error.sentence = "listen: " + error.sentence;
    return error;
  }
  if (options.max_peers < 1 || options.max_peers > kMostPeers)
    return invalid("max-peers is a number from 1 to " + std::to_string(kMostPeers) + ".");
  if (options.peers_per_address < 1)
    return invalid("peers-per-address is a number from 1 up.");
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return invalid("tls-certificate and tls-key belong together: set both, or neither.");
  for (const std::string& origin : options.allow_origins)
    if (auto ok = check_web_origin(origin); !ok)
      return invalid("allow-origin: " + ok.error().sentence + ".");
  auto proxies = TrustedProxies::parse(options.trusted_proxies);
  if (!proxies) return invalid("trusted-proxy: " + proxies.error().sentence);
  auto secret = read_secret(options.token_secret_file);
  if (!secret) return secret.error();
  ServerSettings settings;
  settings.token_secret = *secret;
  settings.address = *address;
  settings.tls_certificate = options.tls_certificate;
  settings.tls_key = options.tls_key;
  settings.view_token = options.view_token;
  settings.publish_token = options.publish_token;
  settings.allow_origins = options.allow_origins;
  settings.room.clients_may_publish = true;
  settings.whip.peers_trickle = true;
  settings.max_peers = static_cast<size_t>(options.max_peers);
  settings.peers_per_address = static_cast<size_t>(options.peers_per_address);
  settings.peers_per_loopback_address = 8 * settings.peers_per_address;
  // Pages and their scripts take connections beside the WebSockets.
  AcceptorSettings& acceptor = settings.acceptor;
  acceptor.trusted_proxies = std::move(*proxies);
  acceptor.connections = settings.max_peers + settings.max_peers / 4 + 64;
  acceptor.connections_per_address = 2 * settings.peers_per_address;
  acceptor.connections_per_loopback_address = 2 * settings.peers_per_loopback_address;
  settings.stop_patience = std::chrono::seconds(2);
  if (auto joined = join_federation(options, settings); !joined) return joined.error();
  return settings;
}

}  // namespace webcast
