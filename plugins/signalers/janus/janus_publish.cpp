// The stream in a VideoRoom: one feed, whose display is the stream's name.
#include <algorithm>

#include "plugins/signalers/janus/janus_presence.hpp"

namespace webcast {

namespace {

// "vp8,h264"
void add_codecs(std::vector<std::string>& codecs, const std::string& list) {
  char** names = g_strsplit(list.c_str(), ",", -1);
  for (char** name = names; *name; name++)
    codecs.emplace_back(g_strstrip(*name));
  g_strfreev(names);
}

class JanusPublisher : public JanusPresence {
 public:
  using JanusPresence::JanusPresence;

  void update(const StreamInfo& stream) override;
  void describe(const std::string& session, const std::string& sdp) override;

 private:
  bool has_business() const override { return stream_.live; }
  void on_attached() override;
  void on_joined(const JanusJoined& joined) override;
  void on_session_over(bool soon) override;
  void try_again() override { enter(); }

  std::vector<std::string> codecs_;  // of the room
  bool may_list_ = true;
};

void JanusPublisher::update(const StreamInfo& stream) {
  JanusPresence::update(stream);
  if (!stream_.live) {
    retry_.cancel();
    drop_session("The stream ended.");
    leave();
    may_list_ = true;
  } else if (handle_ == 0 && !patience_ && !retry_) {
    enter();
  }
}

// A room that is not private tells what it takes. A list that broke the connection (it may be too
// long) is not asked for by the next attempt, but by the one after it.
void JanusPublisher::on_attached() {
  if (!std::exchange(may_list_, false)) return join(stream_.name);
  request(handle_, JanusListRooms{}, [this](const JanusReply& reply) {
    may_list_ = true;
    codecs_.clear();
    if (auto* list = std::get_if<JanusRooms>(&reply.what)) {
      auto room = std::find_if(list->rooms.begin(), list->rooms.end(),
                               [&](const auto& each) { return each.id == address_.room; });
      if (room != list->rooms.end()) {
        add_codecs(codecs_, room->video_codecs);
        add_codecs(codecs_, room->audio_codecs);
      }
    }
    join(stream_.name);
  });
}

void JanusPublisher::on_joined(const JanusJoined&) {
  may_list_ = true;
  begin_session();
  session_->handle = handle_;
  SessionRequest request;
  request.is_server = true;
  request.codecs = codecs_;
  ask(std::move(request));
}

void JanusPublisher::describe(const std::string& session, const std::string& sdp) {
  if (!session_ || session_->id != session) return;
  request(handle_, JanusPublish{sdp}, [this](const JanusReply& reply) {
    if (fails(reply) || !session_ || !reply.description) return;
    answered();
    events_.description(session_->id, reply.description->is_offer, reply.description->sdp);
  });
}

// A new attempt is a new place in the room: nothing of the old one can disturb it.
void JanusPublisher::on_session_over(bool) {
  leave();
  retry();
}

}  // namespace

std::shared_ptr<JanusPresence> make_janus_publisher(const JanusAddress& address,
                                                    const SignalerContext& context) {
  return std::make_shared<JanusPublisher>(address, context);
}

}  // namespace webcast
