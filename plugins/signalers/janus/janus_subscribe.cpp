// One who waits in a VideoRoom for the feed whose display is the stream's name, and takes it.
#include <algorithm>

#include "plugins/signalers/janus/janus_presence.hpp"

namespace webcast {

namespace {

// As janus_videoroom.c has it: it was there a moment ago, or is there and sends nothing.
constexpr unsigned kNoSuchFeed = 428, kNoStreams = 437;
// More than any room has: a server that tells of more is not listened to.
constexpr size_t kMostFeeds = 1024;

class JanusSubscriber : public JanusPresence {
 public:
  using JanusPresence::JanusPresence;

  void describe(const std::string& session, const std::string& sdp) override;

 private:
  bool has_business() const override { return true; }
  // It publishes nothing, but who joins as one of Janus' "publishers" is told of the others.
  void on_attached() override {
    feeds_.clear();
    join("");
  }
  void on_joined(const JanusJoined& joined) override;
  void on_event(const JanusReply& reply) override;
  void on_resumed() override;
  void on_session_over(bool soon) override;
  void try_again() override;
  void on_feeds(const std::vector<JanusFeed>& feeds);
  void know(const JanusFeed& feed);
  void on_list(const JanusParticipants& list);
  bool has_changed(const JanusFeed& feed);
  void on_feed_gone(const JanusId& feed);
  void look();
  void subscribe(const JanusFeed& feed);
  void on_subscribed(const JanusReply& reply);

  // Of those who publish. Who began after Janus made a list can be told of before the list comes
  // (threads of its own tell), so a list adds; who is in it and left meanwhile is no such feed.
  std::map<JanusId, JanusFeed> feeds_;
  // The session's, with the media that it had, as far as told, and whether it was told of since.
  JanusFeed feed_{};
  bool told_anew_ = false;
  JanusId own_{};
  uint64_t private_id_ = 0;
};

void JanusSubscriber::on_joined(const JanusJoined& joined) {
  own_ = joined.id;
  private_id_ = joined.private_id;
  on_feeds(joined.feeds);
}

// Lists of participants do not tell the media.
void JanusSubscriber::know(const JanusFeed& feed) {
  if (feeds_.size() >= kMostFeeds && !feeds_.contains(feed.id)) return;
  JanusFeed& known = feeds_[feed.id];
  auto media = feed.media.empty() ? std::move(known.media) : feed.media;
  known = {feed.id, feed.display, std::move(media)};
}

// Janus offers us what there was when we came; of what was added only the room is told.
bool JanusSubscriber::has_changed(const JanusFeed& feed) {
  if (!session_ || feed.id != feed_.id) return false;
  told_anew_ = true;
  if (feed_.media.empty()) feed_.media = feed.media;
  return !feed.media.empty() && feed.media != feed_.media;
}

void JanusSubscriber::on_feeds(const std::vector<JanusFeed>& feeds) {
  bool changed = false;
  for (const JanusFeed& feed : feeds) {
    know(feed);
    changed = has_changed(feed) || changed;
  }
  if (!changed) return look();
  drop_session("The publisher changed its media.");
  on_session_over(true);
}

void JanusSubscriber::on_feed_gone(const JanusId& feed) {
  feeds_.erase(feed);
  if (!session_ || feed_.id != feed) return;
  drop_session("The publisher left.");
  on_session_over(true);
}

void JanusSubscriber::on_event(const JanusReply& reply) {
  if (auto* feeds = std::get_if<JanusFeeds>(&reply.what)) {
    on_feeds(feeds->feeds);
  } else if (auto* gone = std::get_if<JanusFeedGone>(&reply.what)) {
    on_feed_gone(gone->feed);
  } else if (session_ && session_->handle == reply.handle && reply.description) {
    // The publisher changed what it sends; one offer a session is all that we take.
    drop_session("The publisher changed its media.");
    on_session_over(true);
  }
}

// Who came and went meanwhile, nobody told.
void JanusSubscriber::on_resumed() {
  feeds_.clear();
  if (!session_) set_patience();
  request(handle_, JanusListParticipants{address_.room}, [this](const JanusReply& reply) {
    auto* list = std::get_if<JanusParticipants>(&reply.what);
    if (!fails(reply) && list) on_list(*list);
  });
}

void JanusSubscriber::on_list(const JanusParticipants& list) {
  if (!session_) patience_.cancel();
  // Kicked, or of a room that was made anew: nobody would tell us anything any more.
  if (std::find(list.present.begin(), list.present.end(), own_) == list.present.end())
    return fail({ErrorCode::refused, address_.shown +
                                         ": Janus put us out of the room while the connection was "
                                         "away. It is tried again and again."});
  for (const JanusFeed& feed : list.feeds)
    know(feed);
  if (session_ && !feeds_.contains(feed_.id))
    on_feed_gone(feed_.id);
  else
    look();
}

void JanusSubscriber::look() {
  if (!connected_ || !joined_ || session_) return;
  auto found = std::find_if(feeds_.begin(), feeds_.end(),
                            [&](const auto& each) { return each.second.display == stream_.name; });
  if (found == feeds_.end()) return;
  retry_.cancel();
  subscribe(found->second);
}

void JanusSubscriber::subscribe(const JanusFeed& feed) {
  feed_ = feed;
  told_anew_ = false;
  begin_session();
  set_patience();
  request(0, JanusAttach{}, [this, id = session_->id](const JanusReply& reply) {
    auto* success = std::get_if<JanusSuccess>(&reply.what);
    bool is_wanted = session_ && session_->id == id;
    if (!is_wanted && success) tell(success->id, JanusDetach{});
    if (!is_wanted || fails(reply) || !success) return;
    session_->handle = success->id;
    request(success->id,
            JanusSubscribe{address_.room, feed_.id, private_id_, address_.pin, address_.token},
            [this](const JanusReply& offered) { on_subscribed(offered); });
  });
}

void JanusSubscriber::on_subscribed(const JanusReply& reply) {
  auto* failure = std::get_if<JanusFailure>(&reply.what);
  if (failure && (failure->code == kNoSuchFeed || failure->code == kNoStreams)) {
    // Who was told of since is there again.
    if (!told_anew_) feeds_.erase(feed_.id);
    drop_session("The publisher left.");
    return on_session_over(true);
  }
  if (fails(reply) || !session_ || !reply.description) return;
  patience_.cancel();
  SessionRequest request;
  request.offer = reply.description->sdp;
  ask(std::move(request));
}

void JanusSubscriber::describe(const std::string& session, const std::string& sdp) {
  if (!session_ || session_->id != session) return;
  request(session_->handle, JanusStart{sdp}, [this](const JanusReply& reply) {
    if (!fails(reply) && session_) answered();
  });
}

void JanusSubscriber::on_session_over(bool soon) {
  patience_.cancel();
  if (!joined_) return enter();
  if (soon) {
    failures_ = 0;
    look();
  } else {
    retry();
  }
}

void JanusSubscriber::try_again() {
  if (joined_)
    look();
  else
    enter();
}

}  // namespace

std::shared_ptr<JanusPresence> make_janus_subscriber(const JanusAddress& address,
                                                     const SignalerContext& context) {
  return std::make_shared<JanusSubscriber>(address, context);
}

}  // namespace webcast
