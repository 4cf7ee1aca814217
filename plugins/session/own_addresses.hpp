// Whether this machine has the addresses that it is to send media from.
#pragma once

#include <string>
#include <vector>

namespace webcast {

// Of local-addresses, those that it has not now: a sentence for each.
std::vector<std::string> warnings_of_addresses(const std::vector<std::string>& local_addresses);

}  // namespace webcast
