// TrustedProxies: reverse proxies that are believed when they tell for whom they ask.
//
// Pure. The header of a proxy is a list to which each proxy on the way adds the address that it was
// asked from; what stands left of the first one that is not trusted anybody may have made up.
#pragma once

#include <gio/gio.h>

#include <optional>
#include <string>
#include <vector>

#include "common/ref.hpp"
#include "common/result.hpp"

namespace webcast {

class TrustedProxies {
 public:
  // Addresses and networks: "127.0.0.1", "10.0.0.0/8", "2001:db8::/32".
  static Result<TrustedProxies> parse(const std::vector<std::string>& entries);

  bool contains(const std::string& address) const;
  const std::vector<std::string>& entries() const { return entries_; }

  // The address of who asks by way of `peer`, whose request has these headers (empty: absent):
  // Forwarded (RFC 7239) and X-Forwarded-For. None: they name two different ones, as a client's own
  // header does that the proxy let through beside its own; or one is not to be read.
  Result<std::string> client(const std::string& peer, const std::string& forwarded,
                             const std::string& x_forwarded_for) const;

 private:
  std::string walk(const std::string& peer, const std::vector<std::string>& hops) const;

  std::vector<std::string> entries_;
  std::vector<Ref<GInetAddressMask>> masks_;
};

// The addresses in a list of Forwarded or X-Forwarded-For, without ports; one that is no address
// (hidden, unknown, nonsense) is empty. Nothing: a quote of Forwarded has no end, or is in the
// middle of a value. X-Forwarded-For has no quotes.
std::optional<std::vector<std::string>> forwarded_hops(const std::string& header);
std::vector<std::string> x_forwarded_for_hops(const std::string& header);

}  // namespace webcast
