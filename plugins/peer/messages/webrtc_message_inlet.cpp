#include "plugins/peer/messages/webrtc_message_inlet.hpp"

#include <gst/sctp/sctpreceivemeta.h>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/gst/mapped_buffer.hpp"

namespace webcast {

namespace {

// RFC 8831 section 8.
enum Ppid : guint32 { kControl = 50, kText = 51, kBytes = 53, kEmptyText = 56, kEmptyBytes = 57 };
// RFC 8832 section 5.1.
constexpr char kOpen = 3;
constexpr size_t kOpenHeader = 12;

using Held = std::weak_ptr<MessageInlet>;

void free_held(gpointer data) {
  delete static_cast<Held*>(data);
}
void free_held_closure(gpointer data, GClosure*) {
  free_held(data);
}

// Nobody else takes messages: without this webrtcbin would keep them.
GstPadProbeReturn keep_control_only(GstPad*, GstPadProbeInfo* info, gpointer) {
  const GstSctpReceiveMeta* meta =
      gst_sctp_buffer_get_receive_meta(GST_PAD_PROBE_INFO_BUFFER(info));
  return meta && meta->ppid == kControl ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

}  // namespace

void MessageInlet::watch(const std::shared_ptr<MessageInlet>& self, GstElement* pipeline) {
  auto on_element = +[](GstBin*, GstBin*, GstElement* element, gpointer data) {
    GstElementFactory* factory = gst_element_get_factory(element);
    auto inlet = static_cast<Held*>(data)->lock();
    if (!inlet || !factory) return;
    if (g_str_equal(GST_OBJECT_NAME(factory), "sctpdec")) inlet->add_decoder(element);
    if (g_str_equal(GST_OBJECT_NAME(factory), "sctpenc")) inlet->add_encoder(element);
  };
  g_signal_connect_data(pipeline, "deep-element-added", G_CALLBACK(on_element), new Held(self),
                        free_held_closure, static_cast<GConnectFlags>(0));
}

void MessageInlet::add_decoder(GstElement* decoder) {
  auto on_pad = +[](GstElement*, GstPad* pad, gpointer held) {
    if (auto alive = static_cast<Held*>(held)->lock()) alive->add_pad(pad);
  };
  g_signal_connect_data(decoder, "pad-added", G_CALLBACK(on_pad), new Held(weak_from_this()),
                        free_held_closure, static_cast<GConnectFlags>(0));
  auto on_buffers = +[](GstPad*, GstPadProbeInfo* info, gpointer held) {
    auto alive = static_cast<Held*>(held)->lock();
    if (!alive) return GST_PAD_PROBE_OK;
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
      alive->on_packet(GST_PAD_PROBE_INFO_BUFFER(info));
    } else {
      GstBufferList* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
      for (guint i = 0; i < gst_buffer_list_length(list); ++i)
        alive->on_packet(gst_buffer_list_get(list, i));
    }
    return GST_PAD_PROBE_OK;
  };
  Ref<GstPad> sink = adopt(gst_element_get_static_pad(decoder, "sink"));
  gst_pad_add_probe(
      sink.get(),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
      on_buffers, new Held(weak_from_this()), free_held);
}

// webrtcbin's own handler is older than ours, so it has run when ours does.
void MessageInlet::add_encoder(GstElement* encoder) {
  auto on_association = +[](GstElement*, gboolean is_established, gpointer held) {
    auto alive = static_cast<Held*>(held)->lock();
    if (alive && is_established) alive->events_.established();
  };
  g_signal_connect_data(encoder, "sctp-association-established", G_CALLBACK(on_association),
                        new Held(weak_from_this()), free_held_closure,
                        static_cast<GConnectFlags>(0));
}

// One for each stream on which anything came.
void MessageInlet::add_pad(GstPad* pad) {
  if (!GST_PAD_IS_SRC(pad)) return;
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, keep_control_only, nullptr, nullptr);
  std::unique_lock lock(mutex_);
  // Both sides may have opened as many as they may have.
  bool too_many = ++pads_ > 2 * kMaxMessageChannels && !closed_;
  lock.unlock();
  if (too_many) events_.failed("The viewer opened too many data channels.");
}

void MessageInlet::on_packet(GstBuffer* buffer) {
  MappedBuffer mapped(buffer);
  std::unique_lock lock(mutex_);
  if (closed_ || reader_.is_lost()) return;
  std::vector<SctpMessage> messages = reader_.packet(mapped.bytes());
  bool lost = reader_.is_lost();
  lock.unlock();
  for (const SctpMessage& message : messages)
    on_message(message);
  if (lost) events_.failed("The viewer's data packets come in no order.");
}

void MessageInlet::on_message(const SctpMessage& message) {
  std::unique_lock lock(mutex_);
  if (message.ppid == kControl) return on_channel(message.stream, message.data);
  if (!allows(message)) {
    refused_++;
    return;
  }
  auto found = labels_.find(message.stream);
  std::string label = found == labels_.end() ? "" : found->second;
  lock.unlock();
  bool is_empty = message.ppid == kEmptyText || message.ppid == kEmptyBytes;
  events_.message(message.stream, label,
                  adopt(g_bytes_new(message.data.data(), is_empty ? 0 : message.data.size())),
                  message.ppid == kText || message.ppid == kEmptyText);
}

bool MessageInlet::allows(const SctpMessage& message) {
  bool is_known = message.ppid == kText || message.ppid == kBytes || message.ppid == kEmptyText ||
                  message.ppid == kEmptyBytes;
  if (!is_known || message.is_too_long) return false;
  if (message.ppid == kText &&
      !g_utf8_validate_len(message.data.data(), message.data.size(), nullptr))
    return false;
  auto now = std::chrono::steady_clock::now();
  return messages_.take(1, now) && bytes_.take(static_cast<double>(message.data.size()), now);
}

// DATA_CHANNEL_OPEN names a channel of theirs; the answer to one of ours has no name.
void MessageInlet::on_channel(uint16_t stream, const std::string& open) {
  if (open.size() < kOpenHeader || open[0] != kOpen) return;
  auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(open[at])); };
  size_t length = byte(8) << 8 | byte(9);
  if (length == 0 || length > kMaxLabelSize || open.size() < kOpenHeader + length) return;
  std::string label = open.substr(kOpenHeader, length);
  if (labels_.size() < kMaxMessageChannels &&
      g_utf8_validate(label.data(), static_cast<gssize>(label.size()), nullptr))
    labels_[stream] = label;
}

void MessageInlet::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
}

uint64_t MessageInlet::refused() const {
  std::lock_guard lock(mutex_);
  return refused_;
}

}  // namespace webcast
