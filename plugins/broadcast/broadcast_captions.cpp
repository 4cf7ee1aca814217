// The part of Broadcast about messages and captions. Control thread, but for its public functions.
#include "plugins/broadcast/broadcast.hpp"

namespace webcast {
namespace {

constexpr const char* kCaptions = "captions";
// A message has one byte at least: what is blank clears.
constexpr const char* kNothing = " ";
constexpr auto kUntold = std::chrono::seconds(10);  // how long one stands that does not tell

PeerMessage caption_message(const std::string& text) {
  return {kCaptions, adopt(g_bytes_new(text.data(), text.size())), true};
}

}  // namespace

Result<void> Broadcast::send_message(const std::string& id, const PeerMessage& message) {
  if (!settings_.peer.messages)
    return Error{ErrorCode::refused, "The property data-channels is false."};
  Result<void> sent;
  control_->call([&] {
    if (!id.empty() && !sessions_.contains(id))
      sent = Error{ErrorCode::not_found, "There is no viewer " + id + "."};
    for (auto& [name, session] : sessions_) {
      bool is_meant = id.empty() ? session.viewer->takes_messages() : id == name;
      if (!is_meant) continue;
      if (auto one = session.viewer->send(message); !one) sent = one;
    }
  });
  return sent;
}

void Broadcast::add_captions(const std::shared_ptr<CaptionPad>& pad) {
  control_->call([&] { has_captions_ = true; });
  pad->set_show([weak = weak_from_this()](const Caption& caption) {
    auto self = weak.lock();
    if (!self) return;
    self->control_->post([weak, caption] {
      if (auto alive = weak.lock(); alive && !alive->stopping_) alive->show_caption(caption);
    });
  });
}

void Broadcast::show_caption(const Caption& caption) {
  caption_ = caption.text;
  PeerMessage message = caption_message(caption_.empty() ? kNothing : caption_);
  for (auto& [id, session] : sessions_)
    if (session.viewer->takes_messages()) (void)session.viewer->send(message);
  caption_end_.cancel();
  if (caption_.empty()) return;
  auto stands = caption.duration.count() > 0 ? caption.duration : kUntold;
  caption_end_ = control_->after(stands, [this] { show_caption({}); });
}

// Who comes while one stands reads it, too. Not in the call that tells of the connection.
void Broadcast::greet_with_caption(const std::string& id) {
  if (caption_.empty()) return;
  control_->post([weak = weak_from_this(), id] {
    auto self = weak.lock();
    if (!self || self->stopping_ || self->caption_.empty()) return;
    auto found = self->sessions_.find(id);
    if (found != self->sessions_.end() && found->second.viewer->takes_messages())
      (void)found->second.viewer->send(caption_message(self->caption_));
  });
}

}  // namespace webcast
