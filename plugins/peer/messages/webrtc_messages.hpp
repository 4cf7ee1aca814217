// WebrtcMessages: the data channels of one webrtcbin, one for each label. Private to peer/.
//
// Its session owns it; control thread, but for what GStreamer's threads post to it. Nothing goes
// out or is handed on before the certificate was compared.
#pragma once

#include <gst/webrtc/webrtc.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/connection.hpp"
#include "common/control_thread.hpp"
#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/peer/messages/message.hpp"
#include "plugins/peer/messages/webrtc_message_inlet.hpp"

namespace webcast {

struct WebrtcMessagesEvents {  // control thread
  std::function<void(const PeerMessage&)> message;
  std::function<void(const Error&)> failed;  // the peer is to be ended
};

class WebrtcMessages : public std::enable_shared_from_this<WebrtcMessages> {
 public:
  // Before the pipeline leaves NULL.
  static std::shared_ptr<WebrtcMessages> create(std::string id, ControlThread& control,
                                                GstElement* pipeline, GstElement* webrtcbin,
                                                WebrtcMessagesEvents events);
  WebrtcMessages(std::string id, ControlThread& control, GstElement* webrtcbin,
                 WebrtcMessagesEvents events);

  // Before our first offer: the section of the description comes from it.
  void open_first();
  // The certificate is right. `longest`: message that the other side takes.
  void allow(size_t longest);
  // Takes it, or says why not. What cannot leave at once waits, up to a bound.
  Result<void> send(const PeerMessage& message);
  MessageStats stats() const;
  void end();

 private:
  struct Channel {
    Ref<GstWebRTCDataChannel> channel{};  // none: waits for the association
    std::vector<Connection> connections{};
    std::deque<PeerMessage> queue{};
    bool is_open = false;
  };
  // webrtcbin's threads have this, which goes with us.
  struct Mailbox {
    ControlThread& control;
    std::weak_ptr<WebrtcMessages> messages;
    template <typename Function>
    void post(Function function);
  };

  bool has_place_for(const std::string& label) const;
  Channel* channel_of(const std::string& label);
  bool open(const std::string& label, Channel& channel);
  void forget(const std::string& label);
  void on_established();
  void adopt_channel(Ref<GstWebRTCDataChannel> channel);
  void watch(const std::string& label, Channel& channel);
  void on_state(const std::string& label);
  void on_message(uint16_t stream, const std::string& label, Ref<GBytes> data, bool is_text);
  void hand_on(const PeerMessage& message);
  std::string label_of(uint16_t stream) const;
  void pump(Channel& channel);

  const std::string id_;
  ControlThread& control_;
  Ref<GstElement> webrtcbin_;
  WebrtcMessagesEvents events_;
  std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<MessageInlet> inlet_;
  Connection on_channel_;
  std::map<std::string, Channel> channels_;  // by label
  std::vector<PeerMessage> early_;           // before allow()
  bool is_established_ = false, allowed_ = false;
  size_t longest_ = 0;
  size_t waiting_ = 0, waiting_bytes_ = 0;
  MessageStats stats_;
};

}  // namespace webcast
