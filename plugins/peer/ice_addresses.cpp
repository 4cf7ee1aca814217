#include "plugins/peer/ice_addresses.hpp"

#include <interfaces.h>

namespace webcast {

// libnice finds all but loopback: a browser on a machine without a network would have no way.
std::vector<std::string> addresses_to_gather(const IceSettings& ice) {
  if (!ice.local_addresses.empty()) return ice.local_addresses;
  std::vector<std::string> addresses;
  GList* found = nice_interfaces_get_local_ips(FALSE);
  for (GList* item = found; item; item = item->next)
    addresses.emplace_back(static_cast<const char*>(item->data));
  g_list_free_full(found, g_free);
  addresses.emplace_back("127.0.0.1");
  return addresses;
}

// Two sockets on each address and towards each TURN server, and what wakes four threads.
Resources cost_of_peer(const IceSettings& ice, size_t threads) {
  size_t ways =
      addresses_to_gather(ice).size() + ice.turn_servers.size() + ice.named_turn_servers.size();
  return {.descriptors = 2 * ways + 6,
          .threads = threads,
          .address_space = threads * address_space_of_thread()};
}

}  // namespace webcast
