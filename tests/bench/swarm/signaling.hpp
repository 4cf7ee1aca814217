// SwarmSignaling: how one viewer meets the sender.
//
// Owned by its Viewer, on the swarm's thread. Two ways: our WebSocket protocol, and Janus' own
// for the comparison. Both are JSON text frames on a WebSocket, which this class holds.
#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include <functional>
#include <memory>
#include <string>

#include "common/ref.hpp"

namespace webcast::swarm {

struct SignalingEvents {
  std::function<void()> found;  // the stream is there: the viewer may ask for it
  std::function<void(bool offer, const std::string& sdp)> description;
  std::function<void(const std::string& candidate)> candidate;
  std::function<void(const std::string& reason)> ended;
};

class SwarmSignaling {
 public:
  // `stream`: name of the stream; empty: the first one (webcast), mountpoint 1 (Janus).
  static std::unique_ptr<SwarmSignaling> webcast(SoupSession* soup, std::string stream,
                                                 SignalingEvents events);
  static std::unique_ptr<SwarmSignaling> janus(SoupSession* soup, std::string stream,
                                               SignalingEvents events);
  virtual ~SwarmSignaling();
  SwarmSignaling(const SwarmSignaling&) = delete;
  SwarmSignaling& operator=(const SwarmSignaling&) = delete;

  void open(const std::string& url, const char* subprotocol);
  // `offer`: ours; empty: the sender shall offer.
  virtual void request(const std::string& offer) = 0;
  virtual void answer(const std::string& sdp) = 0;
  virtual void leave() = 0;
  virtual const char* subprotocol() const { return nullptr; }

 protected:
  SwarmSignaling(SoupSession* soup, std::string stream, SignalingEvents events);
  virtual void opened() {}
  virtual void received(JsonObject* message) = 0;
  void send(JsonBuilder* builder);

  std::string stream_;
  SignalingEvents events_;

 private:
  static void on_open(GObject* soup, GAsyncResult* result, gpointer self);
  static void on_message(SoupWebsocketConnection*, int type, GBytes* bytes, SwarmSignaling* self);
  static void on_closed(SoupWebsocketConnection*, SwarmSignaling* self);

  SoupSession* soup_;
  Ref<GCancellable> cancellable_;
  Ref<SoupWebsocketConnection> socket_;
};

// The member, or nothing of its type.
std::string string_member(JsonObject* object, const char* name);
JsonObject* object_member(JsonObject* object, const char* name);

}  // namespace webcast::swarm
