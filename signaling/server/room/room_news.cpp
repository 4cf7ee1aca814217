// Room, the part about news of peers: who may know what of whom, and when that is told.
#include "signaling/server/room/room.hpp"

namespace webcast {

namespace {

// Of an announcement, beside the meta.
constexpr size_t kAnnouncementBytes = 128;

}  // namespace

Standing Room::standing_of(const Peer& peer) {
  return concerns_others(peer.roles) ? Standing{peer.roles, peer.stream + peer.takes, peer.meta}
                                     : Standing{};
}

Standing Room::standing_of(const std::string& id) const {
  auto found = peers_.find(id);
  return found == peers_.end() ? Standing{} : standing_of(found->second);
}

// Of consumers knows who asked for them and may bring them something. Others could do nothing with
// it, and older clients take the role for nonsense and fail.
bool Room::sees(const Peer& listener, const Standing& standing) {
  if (!listener.rights.permit(standing.name)) return false;
  if (standing.roles.producer) return true;
  return standing.roles.consumer && listener.asked_for_consumers && listener.rights.may_publish;
}

void Room::announce(const std::string& id, const Standing& before, Time now, Outbox& out) {
  auto found = peers_.find(id);
  bool is_remote = found != peers_.end() && !found->second.relay.empty();
  news_.note(id, before, standing_of(id), is_remote);
  tell_news(now, out);
}

Outbox Room::tell_news(Time now) {
  Outbox out;
  tell_news(now, out);
  route(out);
  return out;
}

void Room::tell_news(Time now, Outbox& out) {
  while (auto news = news_.take(now)) {
    Standing after = standing_of(news->peer);
    size_t told = tell_listeners(*news, after, out);
    if (settings_.is_federated && !news->is_remote) {
      out.push_back({kFederation, PeerStatusChanged{news->peer, after.roles, after.meta}});
      told++;
    }
    news_.told(after.meta.size() + kAnnouncementBytes, told, now);
  }
}

size_t Room::tell_listeners(const Announcements::News& news, const Standing& after,
                            Outbox& out) const {
  size_t told = 0;
  for (const auto& [id, peer] : peers_) {
    if (!peer.roles.listener || id == news.peer) continue;
    bool knows_it = sees(peer, after);
    if (!knows_it && !sees(peer, news.before)) continue;
    const Standing& shown = knows_it ? after : Standing{};
    out.push_back({id, PeerStatusChanged{news.peer, shown.roles, shown.meta}});
    told++;
  }
  return told;
}

// A listener is shown what listeners were told: what still waits it will be told, and what came and
// went meanwhile nobody is. Who asks once is shown what is.
std::vector<PeerEntry> Room::entries(bool Roles::*role, const std::string& asks) const {
  const Peer& asker = peers_.at(asks);
  std::vector<PeerEntry> result;
  auto show = [&](const std::string& id, const Standing& standing) {
    if (standing.roles.*role && sees(asker, standing)) result.push_back({id, standing.meta});
  };
  for (const auto& [id, peer] : peers_) {
    bool as_told = asker.roles.listener && id != asks;
    auto told = as_told ? news_.told_last(id) : std::nullopt;
    show(id, told ? *told : standing_of(peer));
  }
  if (!asker.roles.listener) return result;
  for (const auto& [place, news] : news_.waiting())
    if (!peers_.contains(news.peer)) show(news.peer, news.before);
  return result;
}

}  // namespace webcast
