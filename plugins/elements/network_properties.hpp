// What the properties of sink and source have in common: how one is installed, and those of the
// network, whose ids are the same in both.
#pragma once

#include <gst/gst.h>

#include <optional>

#include "plugins/peer/peer.hpp"
#include "plugins/signalers/signaler.hpp"

namespace webcast {

inline constexpr auto kReadWrite =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
inline constexpr auto kWriteOnly =
    static_cast<GParamFlags>(G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
// These take effect while the element runs too.
inline constexpr auto kLive = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                       GST_PARAM_MUTABLE_PLAYING);
inline constexpr auto kLiveWriteOnly =
    static_cast<GParamFlags>(G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
inline constexpr auto kReadOnly = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

// Why a value cannot be set while the element runs; nothing: it can.
std::optional<Error> refusal_while_running(guint id, const GValue* value, const GParamSpec* spec);

struct Installer {
  GObjectClass* gobject_class;

  void string(guint id, const char* name, const char* nick, const char* blurb,
              const char* initial, GParamFlags flags = kReadWrite) {
    g_object_class_install_property(gobject_class, id,
                                    g_param_spec_string(name, nick, blurb, initial, flags));
  }
  void number(guint id, const char* name, const char* nick, const char* blurb, guint min,
              guint max, guint initial, GParamFlags flags = kReadWrite) {
    g_object_class_install_property(gobject_class, id,
                                    g_param_spec_uint(name, nick, blurb, min, max, initial, flags));
  }
  void toggle(guint id, const char* name, const char* nick, const char* blurb, bool initial) {
    g_object_class_install_property(gobject_class, id,
                                    g_param_spec_boolean(name, nick, blurb, initial, kReadWrite));
  }
  void choice(guint id, const char* name, const char* nick, const char* blurb, GType type) {
    g_object_class_install_property(gobject_class, id,
                                    g_param_spec_enum(name, nick, blurb, type, 0, kReadWrite));
  }
  void list(guint id, const char* name, const char* nick, const char* blurb,
            const char* item_nick, const char* item_blurb) {
    g_object_class_install_property(
        gobject_class, id,
        gst_param_spec_array(
            name, nick, blurb,
            g_param_spec_string("item", item_nick, item_blurb, nullptr, kReadWrite), kReadWrite));
  }
};

enum NetworkProperty : guint {
  kStunServer = 1000,  // above those of each element
  kTurnServers,
  kTurnSecret,
  kIceTransportPolicy,
  kLocalAddresses,
  kMinPort,
  kMaxPort,
  kExternalAddress,
  kPeerNetworks,
  kViewToken,     // what the sink asks for, what the source shows
  kPublishToken,  // what the source asks for, what the sink shows
  kAllowOrigins,
  kTrustedProxies,
  kTlsCertificate,
  kTlsKey,
  kCaFile,
  kInsecureTls,
  kHeaders,
};

// Where the values of the network's properties go.
struct NetworkSettings {
  IceSettings& ice;
  AccessSettings& access;
  OutgoingSettings& outgoing;
};

// All but the tokens.
void install_network_properties(Installer install);

// False: not one of the network's.
bool set_network_property(const NetworkSettings& settings, guint id, const GValue* value);
bool get_network_property(const NetworkSettings& settings, guint id, GValue* value);

}  // namespace webcast
