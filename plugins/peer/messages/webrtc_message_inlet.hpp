// MessageInlet: messages of the other side, read off the packets on their way to sctpdec (see
// sctp_reader.hpp why). Private to peer/.
//
// webrtcbin itself gets what opens and closes channels, and no message. GStreamer's threads call
// it; what it has for the control thread goes through its events.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/allowance.hpp"
#include "plugins/peer/messages/message.hpp"
#include "plugins/peer/messages/sctp_reader.hpp"

namespace webcast {

struct InletEvents {  // GStreamer's threads
  // The association is up, and webrtcbin has opened the channels that waited for it.
  std::function<void()> established;
  // `label`: as the other side named the channel; empty: one of ours.
  std::function<void(uint16_t stream, const std::string& label, Ref<GBytes> data, bool is_text)>
      message;
  std::function<void(const std::string& sentence)> failed;
};

class MessageInlet : public std::enable_shared_from_this<MessageInlet> {
 public:
  explicit MessageInlet(InletEvents events) : events_(std::move(events)) {}

  // Whatever sctpdec and sctpenc webrtcbin makes later.
  static void watch(const std::shared_ptr<MessageInlet>& self, GstElement* pipeline);
  void close();
  uint64_t refused() const;

 private:
  void add_decoder(GstElement* decoder);
  void add_encoder(GstElement* encoder);
  void add_pad(GstPad* pad);
  void on_packet(GstBuffer* buffer);
  void on_message(const SctpMessage& message);
  void on_channel(uint16_t stream, const std::string& open);
  bool allows(const SctpMessage& message);

  const InletEvents events_;
  mutable std::mutex mutex_;  // what follows; not held over events
  bool closed_ = false;
  SctpReader reader_{kMaxMessageSize};
  std::map<uint16_t, std::string> labels_;  // by stream
  size_t pads_ = 0;
  uint64_t refused_ = 0;
  Allowance messages_{2'000, 500}, bytes_{16.0 * 1024 * 1024, 2.0 * 1024 * 1024};
};

}  // namespace webcast
