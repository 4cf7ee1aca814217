#include "signaling/server/http/local_address.hpp"

#include <glib.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>

namespace webcast {

namespace {

// Numeric text of an address of `family`; empty for others and for link-local IPv6.
std::string text_of(const ifaddrs* entry, int family) {
  if (!entry->ifa_addr || entry->ifa_addr->sa_family != family) return {};
  if (!(entry->ifa_flags & IFF_UP) || (entry->ifa_flags & IFF_LOOPBACK)) return {};
  socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  char host[NI_MAXHOST];
  if (getnameinfo(entry->ifa_addr, size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0)
    return {};
  std::string text = host;
  return text.find('%') == std::string::npos ? text : std::string();
}

}  // namespace

std::string first_network_address() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return "127.0.0.1";
  std::string found;
  for (int family : {AF_INET, AF_INET6}) {
    for (const ifaddrs* entry = list; entry && found.empty(); entry = entry->ifa_next)
      found = text_of(entry, family);
  }
  freeifaddrs(list);
  return found.empty() ? "127.0.0.1" : found;
}

std::vector<std::string> machine_names() {
  std::string name = g_get_host_name();
  return {name, name + ".local"};
}

}  // namespace webcast
