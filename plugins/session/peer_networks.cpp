#include "plugins/session/peer_networks.hpp"

#include <glib.h>

#include <algorithm>

#include "common/address_kind.hpp"
#include "plugins/signalers/location.hpp"

namespace webcast {
namespace {

// Of the host that a location names; nowhere: it is a name, or all addresses of this machine.
AddressKind kind_of_host(const Location& location) {
  std::string host;
  GUri* uri = g_uri_parse(("x://" + location.rest).c_str(), G_URI_FLAGS_NONE, nullptr);
  if (uri && g_uri_get_host(uri)) host = g_uri_get_host(uri);
  if (uri) g_uri_unref(uri);
  if (host == "localhost") return AddressKind::loopback;
  return kind_of_address(host).value_or(AddressKind::nowhere);
}

}  // namespace

CandidateNetworks candidate_networks(const IceSettings& ice, const AccessSettings& access,
                                     const std::string& location) {
  if (ice.peer_networks == PeerNetworks::all) return {};
  if (ice.peer_networks == PeerNetworks::public_only) return {false, false, false};
  auto parsed = parse_location(location);
  bool listens = parsed && parsed->scheme == "listen";
  bool by_hand = location.empty() || (parsed && parsed->scheme == "manual");
  AddressKind host = parsed ? kind_of_host(*parsed) : AddressKind::nowhere;
  auto external = kind_of_address(ice.external_address);
  auto sends_from = [&ice](AddressKind kind) {
    return std::any_of(ice.local_addresses.begin(), ice.local_addresses.end(),
                       [kind](const auto& each) { return kind_of_address(each) == kind; });
  };
  bool is_public = external == AddressKind::in_public_network ||
                   (listens && host == AddressKind::in_public_network);
  // Neither a relay on loopback nor a listener there that a proxy passes others on to is there for
  // this machine alone: viewers of a public site come by both. Of a proxy nothing is known but by
  // these two settings.
  bool relayed = parsed && (parsed->scheme == "ws" || parsed->scheme == "wss");
  bool for_others = relayed || is_public ||
                    (listens && !(access.trusted_proxies.empty() && access.allow_origins.empty()));
  CandidateNetworks networks;
  networks.loopback = by_hand || (host == AddressKind::loopback && !for_others) ||
                      sends_from(AddressKind::loopback);
  networks.link_local = host == AddressKind::link_local || sends_from(AddressKind::link_local);
  networks.in_private_network = by_hand || !is_public;
  return networks;
}

}  // namespace webcast
