// What this machine is called on its network.
#pragma once

#include <string>
#include <vector>

namespace webcast {

// The first address that is not a loopback one, IPv4 before IPv6; "127.0.0.1" when there is none.
std::string first_network_address();

// Its host name, bare and with ".local".
std::vector<std::string> machine_names();

}  // namespace webcast
