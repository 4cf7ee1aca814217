#include "plugins/signalers/public_address.hpp"

#include <utility>

#include "common/address_kind.hpp"

namespace webcast {

namespace {

constexpr guint kPatienceMs = 3'000;

// Behind "stun:" or "turn(s):"; without the brackets of IPv6.
std::string host_of(const IceServer& server) {
  std::string rest = server.url.substr(server.url.find(':') + 1);
  if (rest.starts_with("[")) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.find_first_of(":?"));
}

IceServer with_host(const IceServer& server, const std::string& host) {
  IceServer moved = server;
  size_t start = server.url.find(':') + 1;
  std::string known = host_of(server);
  size_t length = server.url[start] == '[' ? known.size() + 2 : known.size();
  bool is_ipv6 = host.find(':') != std::string::npos;
  moved.url.replace(start, length, is_ipv6 ? "[" + host + "]" : host);
  return moved;
}

}  // namespace

bool is_public(GInetAddress* address) {
  return kind_of_address(address) == AddressKind::in_public_network;
}

bool is_public(GSocketAddress* address) {
  return G_IS_INET_SOCKET_ADDRESS(address) &&
         is_public(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)));
}

struct PublicServers::Search {
  struct Lookup {
    std::weak_ptr<Search> search;
    IceServer server;
  };

  Found found{};
  Done done{};
  size_t open = 0;
  Ref<GCancellable> cancellable = adopt(g_cancellable_new());
  Ref<GSource> deadline{};

  static void on_resolved(GObject* resolver, GAsyncResult* result, gpointer data);
  void settle(const IceServer& server, GList* addresses);
};

// Of several addresses IPv4 is taken: not every machine has the other way out.
void PublicServers::Search::settle(const IceServer& server, GList* addresses) {
  GInetAddress* best = nullptr;
  bool all_public = true;
  for (GList* item = addresses; item; item = item->next) {
    auto* address = G_INET_ADDRESS(item->data);
    all_public &= is_public(address);
    bool is_ipv4 = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4;
    if (!best || (is_ipv4 && g_inet_address_get_family(best) != G_SOCKET_FAMILY_IPV4))
      best = address;
  }
  if (!all_public) {
    found.refused.push_back(server.url);
  } else if (best) {
    char* text = g_inet_address_to_string(best);
    found.servers.push_back(with_host(server, text));
    g_free(text);
  }
}

void PublicServers::Search::on_resolved(GObject* resolver, GAsyncResult* result, gpointer data) {
  std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(data));
  GList* addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, nullptr);
  if (auto self = lookup->search.lock()) {
    self->settle(lookup->server, addresses);
    if (--self->open == 0) {
      g_source_destroy(self->deadline.get());
      if (auto done = std::exchange(self->done, nullptr)) done(self->found);
    }
  }
  g_resolver_free_addresses(addresses);
}

PublicServers::PublicServers(std::vector<IceServer> servers, Done done)
    : search_(std::make_shared<Search>()) {
  search_->done = std::move(done);
  search_->deadline = adopt(g_timeout_source_new(kPatienceMs));
  g_source_set_callback(
      search_->deadline.get(),
      [](gpointer cancellable) -> gboolean {
        g_cancellable_cancel(G_CANCELLABLE(cancellable));
        return G_SOURCE_REMOVE;
      },
      g_object_ref(search_->cancellable.get()), g_object_unref);
  g_source_attach(search_->deadline.get(), g_main_context_get_thread_default());
  auto resolver = adopt(g_resolver_get_default());
  search_->open = servers.size();
  for (IceServer& server : servers) {
    std::string host = host_of(server);
    g_resolver_lookup_by_name_async(resolver.get(), host.c_str(), search_->cancellable.get(),
                                    &Search::on_resolved,
                                    new Search::Lookup{search_, std::move(server)});
  }
}

PublicServers::~PublicServers() {
  g_source_destroy(search_->deadline.get());
  g_cancellable_cancel(search_->cancellable.get());
}

}  // namespace webcast
