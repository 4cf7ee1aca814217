#include "plugins/peer/messages/webrtc_messages.hpp"

#include "common/clean_text.hpp"
#include "plugins/peer/messages/peer_debug.hpp"

namespace webcast {

namespace {

// With webrtcbin at a time; SCTP has up to 1 MiB more of it.
constexpr guint64 kInFlight = 256 * 1024;
constexpr guint64 kLow = 64 * 1024;
// Beyond that a peer that does not take them loses messages.
constexpr size_t kMostWaiting = 1024, kMostWaitingBytes = 1024 * 1024;
constexpr size_t kMostEarly = 64;

std::string label_of(GstWebRTCDataChannel* channel) {
  char* label = nullptr;
  g_object_get(channel, "label", &label, nullptr);
  std::string text = label ? label : "";
  g_free(label);
  return text;
}

GstWebRTCDataChannelState state_of(GstWebRTCDataChannel* channel) {
  GstWebRTCDataChannelState state = GST_WEBRTC_DATA_CHANNEL_STATE_CONNECTING;
  g_object_get(channel, "ready-state", &state, nullptr);
  return state;
}

Error refused(std::string why) {
  return {ErrorCode::refused, std::move(why)};
}

}  // namespace

template <typename Function>
void WebrtcMessages::Mailbox::post(Function function) {
  control.post([messages = messages, function = std::move(function)] {
    if (auto self = messages.lock()) function(*self);
  });
}

WebrtcMessages::WebrtcMessages(std::string id, ControlThread& control, GstElement* webrtcbin,
                               WebrtcMessagesEvents events)
    : id_(std::move(id)),
      control_(control),
      webrtcbin_(retain(webrtcbin)),
      events_(std::move(events)) {}

std::shared_ptr<WebrtcMessages> WebrtcMessages::create(std::string id, ControlThread& control,
                                                       GstElement* pipeline, GstElement* webrtcbin,
                                                       WebrtcMessagesEvents events) {
  auto self =
      std::make_shared<WebrtcMessages>(std::move(id), control, webrtcbin, std::move(events));
  self->mailbox_ = std::make_shared<Mailbox>(Mailbox{control, self});
  std::weak_ptr<Mailbox> weak = self->mailbox_;
  InletEvents inlet;
  inlet.established = [weak] {
    if (auto mailbox = weak.lock()) mailbox->post([](WebrtcMessages& me) { me.on_established(); });
  };
  inlet.message = [weak](uint16_t stream, const std::string& label, Ref<GBytes> data,
                         bool is_text) {
    if (auto mailbox = weak.lock())
      mailbox->post([=](WebrtcMessages& me) { me.on_message(stream, label, data, is_text); });
  };
  inlet.failed = [weak](const std::string& sentence) {
    auto mailbox = weak.lock();
    if (!mailbox) return;
    mailbox->post([sentence](WebrtcMessages& me) {
      if (auto fail = me.events_.failed) fail({ErrorCode::limit, sentence});
    });
  };
  self->inlet_ = std::make_shared<MessageInlet>(std::move(inlet));
  MessageInlet::watch(self->inlet_, pipeline);
  self->on_channel_ = connect(
      webrtcbin, "on-data-channel", self->mailbox_,
      +[](Mailbox& mailbox, GstWebRTCDataChannel* channel) {
        mailbox.post([kept = retain(channel)](WebrtcMessages& me) { me.adopt_channel(kept); });
      });
  return self;
}

void WebrtcMessages::open_first() {
  open(kFirstLabel, channels_[kFirstLabel]);
}

// The first has one at all times, also where it is the other side's and did not come yet.
bool WebrtcMessages::has_place_for(const std::string& label) const {
  size_t others = channels_.size() - channels_.count(kFirstLabel);
  return label == kFirstLabel || others + 1 < kMaxMessageChannels;
}

// webrtcbin 1.22 links a channel twice, and loses what it should send, where it is made while the
// association comes up: others than the first wait until it is.
WebrtcMessages::Channel* WebrtcMessages::channel_of(const std::string& label) {
  if (auto found = channels_.find(label); found != channels_.end()) return &found->second;
  if (!has_place_for(label)) return nullptr;
  Channel& channel = channels_[label];
  if (!is_established_ || open(label, channel)) return &channel;
  forget(label);
  return nullptr;
}

bool WebrtcMessages::open(const std::string& label, Channel& channel) {
  GstWebRTCDataChannel* made = nullptr;
  g_signal_emit_by_name(webrtcbin_.get(), "create-data-channel", label.c_str(), nullptr, &made);
  if (!made) {
    GST_WARNING("%s: webrtcbin makes no channel \"%s\"", id_.c_str(), clean_text(label).c_str());
    return false;
  }
  channel.channel = adopt(made);
  watch(label, channel);
  return true;
}

void WebrtcMessages::forget(const std::string& label) {
  for (const PeerMessage& message : channels_[label].queue) {
    waiting_--;
    waiting_bytes_ -= g_bytes_get_size(message.data.get());
    stats_.dropped++;
  }
  channels_.erase(label);
}

void WebrtcMessages::on_established() {
  is_established_ = true;
  std::vector<std::string> refused;
  for (auto& [label, channel] : channels_) {
    if (!channel.channel && !open(label, channel)) refused.push_back(label);
    pump(channel);  // it may be open already
  }
  for (const std::string& label : refused)
    forget(label);
}

// Theirs. Where both sides opened one of the same label, ours stays what we send by.
void WebrtcMessages::adopt_channel(Ref<GstWebRTCDataChannel> channel) {
  std::string label = webcast::label_of(channel.get());
  if (label.empty() || label.size() > kMaxLabelSize) return;
  auto found = channels_.find(label);
  if (found == channels_.end() ? !has_place_for(label) : found->second.channel != nullptr) return;
  Channel& known = channels_[label];
  known.channel = std::move(channel);
  watch(label, known);
  on_state(label);
}

void WebrtcMessages::watch(const std::string& label, Channel& channel) {
  auto* object = channel.channel.get();
  g_object_set(object, "buffered-amount-low-threshold", kLow, nullptr);
  // The label again, by which a handler finds what may be gone.
  struct Named {
    std::weak_ptr<Mailbox> mailbox;
    std::string label;
  };
  auto named = std::make_shared<Named>(Named{mailbox_, label});
  g_object_set_data_full(G_OBJECT(object), "webcast-named", new std::shared_ptr<Named>(named),
                         [](gpointer data) { delete static_cast<std::shared_ptr<Named>*>(data); });
  auto changed = +[](Named& self) {
    if (auto mailbox = self.mailbox.lock())
      mailbox->post([name = self.label](WebrtcMessages& me) { me.on_state(name); });
  };
  for (const char* signal : {"on-open", "on-close", "on-buffered-amount-low"})
    channel.connections.push_back(connect(object, signal, named, changed));
  // It may have become that before we listened.
  channel.is_open = state_of(channel.channel.get()) == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN;
}

void WebrtcMessages::on_state(const std::string& label) {
  auto found = channels_.find(label);
  if (found == channels_.end() || !found->second.channel) return;
  Channel& channel = found->second;
  GstWebRTCDataChannelState state = state_of(channel.channel.get());
  channel.is_open = state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN;
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED) {
    GST_INFO("%s: the channel \"%s\" was closed", id_.c_str(), clean_text(label).c_str());
    forget(label);
    return;
  }
  pump(channel);
}

void WebrtcMessages::allow(size_t longest) {
  allowed_ = true;
  longest_ = std::min(longest, kMaxMessageSize);
  for (auto& [label, channel] : channels_)
    pump(channel);
  for (PeerMessage& message : std::exchange(early_, {}))
    hand_on(message);
}

// Whoever gets it may end the peer in that call.
void WebrtcMessages::hand_on(const PeerMessage& message) {
  stats_.received++;
  if (auto tell = events_.message) tell(message);
}

std::string WebrtcMessages::label_of(uint16_t stream) const {
  for (const auto& [label, channel] : channels_) {
    if (!channel.channel) continue;
    int id = -1;
    g_object_get(channel.channel.get(), "id", &id, nullptr);
    if (id == stream) return label;
  }
  return {};
}

void WebrtcMessages::on_message(uint16_t stream, const std::string& label, Ref<GBytes> data,
                                bool is_text) {
  PeerMessage message{label.empty() ? label_of(stream) : label, std::move(data), is_text};
  if (message.label.empty()) return;
  if (!allowed_) {
    if (early_.size() < kMostEarly) early_.push_back(std::move(message));
    return;
  }
  hand_on(message);
}

Result<void> WebrtcMessages::send(const PeerMessage& message) {
  size_t size = g_bytes_get_size(message.data.get());
  if (!allowed_) return refused("It is not connected yet.");
  // After one sctpenc (1.22) says nothing more.
  if (size == 0) return refused("An empty message cannot be sent.");
  if (size > longest_)
    return refused("It takes messages of " + std::to_string(longest_) + " bytes at most.");
  Channel* channel = channel_of(message.label);
  if (!channel)
    return refused("There is no room for this label: no more than " +
                   std::to_string(kMaxMessageChannels) + " can be in use at once.");
  if (waiting_ >= kMostWaiting || waiting_bytes_ + size > kMostWaitingBytes) {
    if (stats_.dropped++ == 0)
      GST_WARNING("%s: takes messages too slowly, some are dropped", id_.c_str());
    return refused("It does not take messages as fast as they come.");
  }
  waiting_++;
  waiting_bytes_ += size;
  channel->queue.push_back(message);
  pump(*channel);
  return {};
}

void WebrtcMessages::pump(Channel& channel) {
  while (allowed_ && channel.is_open && !channel.queue.empty()) {
    guint64 buffered = 0;
    g_object_get(channel.channel.get(), "buffered-amount", &buffered, nullptr);
    if (buffered >= kInFlight) return;  // on-buffered-amount-low comes
    PeerMessage message = std::move(channel.queue.front());
    channel.queue.pop_front();
    gsize size = 0;
    auto* data = static_cast<const char*>(g_bytes_get_data(message.data.get(), &size));
    waiting_--;
    waiting_bytes_ -= size;
    gboolean sent = FALSE;
    if (message.is_text) {
      std::string text(data, size);  // ends with a NUL
      sent = gst_webrtc_data_channel_send_string_full(channel.channel.get(), text.c_str(), nullptr);
    } else {
      sent = gst_webrtc_data_channel_send_data_full(channel.channel.get(), message.data.get(),
                                                    nullptr);
    }
    (sent ? stats_.sent : stats_.dropped)++;
  }
}

MessageStats WebrtcMessages::stats() const {
  MessageStats stats = stats_;
  stats.refused = inlet_->refused();
  return stats;
}

void WebrtcMessages::end() {
  inlet_->close();
  on_channel_.disconnect();
  mailbox_.reset();
  channels_.clear();
  events_ = {};
  allowed_ = false;
}

}  // namespace webcast
