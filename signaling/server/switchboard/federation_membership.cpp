#include "signaling/server/switchboard/federation_membership.hpp"

#include "common/random_id.hpp"
#include "signaling/protocol/relay_codec.hpp"

namespace webcast {

namespace {

Room::Time now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

FederationMembership::FederationMembership(ControlThread& control, Room& room, std::string id,
                                           Deliver deliver)
    : control_(control), id_(std::move(id)), federation_(room, id_), deliver_(std::move(deliver)) {}

std::shared_ptr<FederationMembership> FederationMembership::create(
    ControlThread& control, Room& room, const MakeFederationLink& make_link, Deliver deliver) {
  auto self =
      std::make_shared<FederationMembership>(control, room, unguessable_uuid(), std::move(deliver));
  std::weak_ptr<FederationMembership> weak = self;
  FederationLinkEvents events;
  events.up = [weak] {
    if (auto me = weak.lock()) me->take(me->federation_.up(now()));
  };
  events.down = [weak] {
    if (auto me = weak.lock()) me->take(me->federation_.down(now()));
  };
  events.text = [weak](std::string_view text) {
    if (auto me = weak.lock()) me->on_text(text);
  };
  self->link_ = make_link(control, self->id_, std::move(events));
  self->timer_ = control.every(kFederationTick, [weak] {
    if (auto me = weak.lock()) me->take(me->federation_.tick(now()));
  });
  return self;
}

void FederationMembership::on_text(std::string_view text) {
  auto message = decode_relay(text);
  if (message) {
    take(federation_.heard(*message, now()));
  } else {
    g_debug("Another relay: %s", message.error().sentence.c_str());
  }
}

void FederationMembership::send(const Outgoing& outgoing) {
  for (RelayWords& words : federation_.words_for(outgoing))
    say(std::move(words));
}

void FederationMembership::say(RelayWords words) {
  if (!link_) return;
  std::string text = encode_relay(words.message);
  const std::string relay = words.relay;
  link_->say(relay, std::move(text), [weak = weak_from_this(), words = std::move(words)] {
    auto self = weak.lock();
    if (self && !words.relay.empty()) self->take(self->federation_.unheard(words, now()));
  });
}

void FederationMembership::take(FederationStep step) {
  if (!link_) return;
  for (RelayWords& words : step.words)
    say(std::move(words));
  if (!step.out.empty()) deliver_(step.out);
  if (step.deaf) link_->restart();
}

void FederationMembership::close() {
  timer_.cancel();
  say(federation_.goodbye());
  link_.reset();
}

}  // namespace webcast
