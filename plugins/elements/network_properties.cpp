#include "plugins/elements/network_properties.hpp"

#include "plugins/elements/property_values.hpp"
#include "plugins/session/settings_checks.hpp"
#include "plugins/signalers/location.hpp"

namespace webcast {
namespace {

HttpHeaders headers_of(const GValue* value) {
  HttpHeaders headers;
  const GstStructure* structure = gst_value_get_structure(value);
  auto add = [](GQuark name, const GValue* field, gpointer data) -> gboolean {
    // gst-launch-1.0 makes numbers of digits.
    char* text =
        G_VALUE_HOLDS_STRING(field) ? g_value_dup_string(field) : gst_value_serialize(field);
    (*static_cast<HttpHeaders*>(data))[g_quark_to_string(name)] = text ? text : "";
    g_free(text);
    return TRUE;
  };
  if (structure) gst_structure_foreach(structure, add, &headers);
  return headers;
}

std::vector<std::string> redacted(std::vector<std::string> locations) {
  for (std::string& location : locations)
    location = redacted_location(location);
  return locations;
}

}  // namespace

std::optional<Error> refusal_while_running(guint id, const GValue* value, const GParamSpec* spec) {
  if ((spec->flags & GST_PARAM_MUTABLE_PLAYING) == 0)
    return Error{ErrorCode::invalid_argument,
                 std::string(spec->name) +
                     " cannot be changed while the element runs, and stays as it was: set it in "
                     "the state NULL or READY."};
  if (id != kAllowOrigins) return {};
  auto checked = check_origins(split_commas(string_of(value)));
  if (checked) return {};
  return Error{checked.error().code, checked.error().sentence + ". It stays as it was."};
}

static bool set_ice_property(IceSettings& ice, guint id, const GValue* value) {
  switch (id) {
    case kStunServer:
      ice.stun_server = string_of(value);
      return true;
    case kTurnServers:
      ice.turn_servers = strings_of(value);
      return true;
    case kTurnSecret:
      ice.turn_secret = string_of(value);
      return true;
    case kIceTransportPolicy:
      ice.relay_only = g_value_get_enum(value) == 1;
      return true;
    case kLocalAddresses:
      ice.local_addresses = strings_of(value);
      return true;
    case kMinPort:
      ice.min_port = g_value_get_uint(value);
      return true;
    case kMaxPort:
      ice.max_port = g_value_get_uint(value);
      return true;
    case kExternalAddress:
      ice.external_address = string_of(value);
      return true;
    case kPeerNetworks:
      ice.peer_networks = static_cast<PeerNetworks>(g_value_get_enum(value));
      return true;
    default:
      return false;
  }
}

bool set_network_property(const NetworkSettings& settings, guint id, const GValue* value) {
  auto& [ice, access, outgoing] = settings;
  switch (id) {
    case kViewToken:
      access.view_token = string_of(value);
      return true;
    case kPublishToken:
      access.publish_token = string_of(value);
      return true;
    case kAllowOrigins:
      access.allow_origins = split_commas(string_of(value));
      return true;
    case kTrustedProxies:
      access.trusted_proxies = split_commas(string_of(value));
      return true;
    case kTlsCertificate:
      access.tls_certificate = string_of(value);
      return true;
    case kTlsKey:
      access.tls_key = string_of(value);
      return true;
    case kCaFile:
      outgoing.ca_file = string_of(value);
      return true;
    case kInsecureTls:
      outgoing.insecure_tls = g_value_get_boolean(value);
      return true;
    case kHeaders:
      outgoing.headers = headers_of(value);
      return true;
    default:
      return set_ice_property(ice, id, value);
  }
}

bool get_network_property(const NetworkSettings& settings, guint id, GValue* value) {
  auto& [ice, access, outgoing] = settings;
  switch (id) {
    case kStunServer:
      set_string_or_null(value, ice.stun_server);
      return true;
    case kTurnServers:
      set_strings(value, redacted(ice.turn_servers));
      return true;
    case kIceTransportPolicy:
      g_value_set_enum(value, ice.relay_only);
      return true;
    case kLocalAddresses:
      set_strings(value, ice.local_addresses);
      return true;
    case kMinPort:
      g_value_set_uint(value, ice.min_port);
      return true;
    case kMaxPort:
      g_value_set_uint(value, ice.max_port);
      return true;
    case kExternalAddress:
      set_string_or_null(value, ice.external_address);
      return true;
    case kPeerNetworks:
      g_value_set_enum(value, static_cast<int>(ice.peer_networks));
      return true;
    case kAllowOrigins:
      g_value_set_string(value, joined(access.allow_origins).c_str());
      return true;
    case kTrustedProxies:
      g_value_set_string(value, joined(access.trusted_proxies).c_str());
      return true;
    case kTlsCertificate:
      set_string_or_null(value, access.tls_certificate);
      return true;
    case kTlsKey:
      set_string_or_null(value, access.tls_key);
      return true;
    case kCaFile:
      set_string_or_null(value, outgoing.ca_file);
      return true;
    case kInsecureTls:
      g_value_set_boolean(value, outgoing.insecure_tls);
      return true;
    default:
      return false;
  }
}

static void install_ice_properties(Installer install) {
  install.string(kStunServer, "stun-server", "STUN server",
                 "STUN server as stun://host:port (none: not used)", nullptr);
  install.list(kTurnServers, "turn-servers", "TURN servers",
               "TURN servers, each as turn(s)://user:password@host:port (empty: none). Reads give "
               "*** in place of user and password",
               "TURN server", "turn(s)://user:password@host:port");
  install.string(kTurnSecret, "turn-secret", "TURN secret",
                 "Secret shared with turn-servers (coturn: use-auth-secret): each peer's "
                 "connection gets a user and a password of its own that expire after 24 hours, "
                 "and those of turn-servers are left out (none: those are used). Never logged",
                 nullptr, kWriteOnly);
  install.choice(kIceTransportPolicy, "ice-transport-policy", "ICE transport policy",
                 "Which ways media may take: all, or relay (only through turn-servers)",
                 ice_transport_policy_type());
  install.list(kLocalAddresses, "local-addresses", "Local addresses",
               "Addresses of this machine to send media from, such as <127.0.0.1> (empty: all)",
               "Address", "IPv4 or IPv6 address of this machine");
  install.number(kMinPort, "min-port", "Minimum port",
                 "Lowest UDP port for media (0 to 65535; 0: any)", 0, 65535, 0);
  install.number(kMaxPort, "max-port", "Maximum port",
                 "Highest UDP port for media (0 to 65535; 0: any)", 0, 65535, 0);
  install.string(kExternalAddress, "external-address", "External address",
                 "Public IP address of a 1:1 NAT in front of this machine (cloud, container), "
                 "added as a candidate (none: not behind one)",
                 nullptr);
  install.choice(kPeerNetworks, "peer-networks", "Peers' networks",
                 "Which addresses that the other side names (its ICE candidates) are tried: auto "
                 "(loopback only where the location is on loopback or carried by hand, or "
                 "local-addresses has it; private ones unless the listener or external-address is "
                 "public), all, or public. Whoever reaches this machine by itself is answered "
                 "wherever it is",
                 peer_networks_type());
}

void install_network_properties(Installer install) {
  install_ice_properties(install);
  install.string(kAllowOrigins, "allow-origins", "Allowed origins",
                 "Web origins, separated by commas, whose pages may use the listener (empty: its "
                 "own pages only; *: any)",
                 "", kLive);
  install.string(kTrustedProxies, "trusted-proxies", "Trusted proxies",
                 "Reverse proxies in front of the listener, as addresses or networks separated by "
                 "commas (127.0.0.1, 10.0.0.0/8): their X-Forwarded-For or Forwarded tells who "
                 "asks, which limits count by (empty: nobody is believed)",
                 "");
  install.string(kTlsCertificate, "tls-certificate", "TLS certificate",
                 "PEM file with the certificate chain of the listener; with tls-key it speaks "
                 "https and wss (none: http and ws)",
                 nullptr);
  install.string(kTlsKey, "tls-key", "TLS key",
                 "PEM file with the private key of tls-certificate (none: http and ws)", nullptr);
  install.string(kCaFile, "ca-file", "Authorities",
                 "PEM file with the certificates of the authorities that are trusted, in place of "
                 "the system's, where location goes out by TLS (none: the system's)",
                 nullptr);
  install.toggle(kInsecureTls, "insecure-tls", "Insecure TLS",
                 "Whether any certificate will do where location goes out by TLS: true (whoever is "
                 "on the way can pose as the server) or false",
                 false);
  g_object_class_install_property(
      install.gobject_class, kHeaders,
      g_param_spec_boxed("headers", "Headers",
                         "HTTP headers for the servers that location names, such as "
                         "headers,X-Api-Key=abc: sent to the location's own scheme, host and port "
                         "alone, wherever the server leads (none: no further ones). Never logged",
                         GST_TYPE_STRUCTURE, kWriteOnly));
}

}  // namespace webcast
