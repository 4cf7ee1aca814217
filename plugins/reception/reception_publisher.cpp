// The part of Reception that lets a publisher in and out, and joins it to the pads. Control thread.
#include <algorithm>

#include "plugins/reception/received_media.hpp"
#include "plugins/reception/reception.hpp"
#include "plugins/sdp/sdp.hpp"
#include "plugins/session/debug.hpp"
#include "plugins/session/peer_networks.hpp"

namespace webcast {
namespace {

using std::chrono::milliseconds;

constexpr auto kLineInterval = milliseconds(100);

// How many media a publisher may bring: each costs threads. Our own offer has two.
size_t count_media(const std::optional<std::string>& offer) {
  if (!offer) return 2;
  size_t count = 0;
  for (size_t at = offer->find("\nm="); at != std::string::npos; at = offer->find("\nm=", at + 1))
    count++;
  return std::clamp<size_t>(count, 1, kMaxSdpMedia);
}

}  // namespace

bool Reception::is_current(Way* way, const std::string& session) const {
  return publisher_ && publisher_->way == way && publisher_->session == session;
}

Tenure Reception::Publisher::tenure() const {
  if (connected) return Tenure::connected;
  if (receiver) return Tenure::connecting;
  if (wants_offer) return Tenure::our_offer;
  return offer ? Tenure::not_playing : Tenure::no_offer;
}

// False: the newcomer was turned away.
bool Reception::make_room(Way* way, const SessionRequest& request) {
  if (!publisher_) return true;
  Tenure tenure = publisher_->tenure();
  auto silence = publisher_->connected ? publisher_->receiver->silence() : milliseconds(0);
  // What we ask for ourselves we ask for again: it takes nobody's place.
  bool came_by_itself = request.visitor || request.by_hand;
  if (!came_by_itself || !yields(tenure, silence)) {
    way->signaler->end_session(
        request.session,
        std::string(kStreamTaken) + " already, and there is room for one: try again later");
    GST_INFO("publisher %s: refused, there is one", request.session.c_str());
    return false;
  }
  std::string why =
      tenure == Tenure::connected ? "was not heard of any more" : "was not connected yet";
  end_publisher("another publisher came, and this one " + why, true,
                std::string(kStreamTaken) + " now, since this publisher " + why);
  return true;
}

// What holds the place without a receiver holds it for so long.
void Reception::begin_deadline() {
  auto patience = longest(publisher_->tenure(), publisher_->by_hand);
  if (!patience) return publisher_->deadline.cancel();
  publisher_->deadline = control_->after(*patience, [this] {
    bool offered = publisher_->offer.has_value();
    end_publisher(offered ? "the pipeline did not play in time" : "no offer came in time", true,
                  offered ? "The receiver is paused: try again later"
                          : "No offer came in time: start a new session");
  });
}

void Reception::settings_changed() {
  control_->post([weak = weak_from_this()] {
    auto self = weak.lock();
    if (self && !self->stopping_) self->apply(self->events_.settings());
  });
}

void Reception::apply(const SourceSettings& settings) {
  bool other_token = publish_token_.set(settings.access.publish_token);
  if (settings_.access == settings.access) return;
  settings_.access = settings.access;
  // The publisher is told why before the server ends its connection.
  if (other_token && publisher_ && is_revoked(*publisher_->way, publisher_->visitor))
    end_publisher("the publish-token changed", true, kTokenRevoked);
  for (auto& way : ways_)
    way->signaler->set_access(settings.access);
}

bool Reception::is_revoked(const Way& way, const std::optional<Visitor>& visitor) const {
  return way.listens && visitor && !publish_token_.admits(*visitor);
}

void Reception::on_session_requested(Way* way, const SessionRequest& request) {
  if (is_revoked(*way, request.visitor)) {
    way->signaler->end_session(request.session, kTokenRevoked);
    return;
  }
  AskedFor asked{settings_.stream, way->location, SignalerRole::consumer};
  if (request.visitor && !events_.authorize(asked, request)) {
    GST_INFO("publisher %s: refused by the application", request.session.c_str());
    way->signaler->end_session(request.session, kNotAuthorized);
    return;
  }
  if (!make_room(way, request)) return;
  publisher_.emplace();
  publisher_->way = way;
  publisher_->session = request.session;
  publisher_->wants_offer = request.wants_offer;
  publisher_->by_hand = request.by_hand;
  publisher_->visitor = request.visitor;
  publisher_->ice = settings_.ice;
  add_servers(publisher_->ice, request.ice_servers);
  // Who may come changes while it runs, and with that what is for this machine alone.
  publisher_->ice.candidate_networks =
      candidate_networks(settings_.ice, settings_.access, settings_.signaler ? "" : way->location);
  if (request.offer) return on_description(true, *request.offer);
  if (request.wants_offer && clock_) return receive();
  begin_deadline();
}

void Reception::on_description(bool is_offer, const std::string& sdp) {
  if (publisher_->wants_offer && publisher_->receiver && !is_offer) {
    auto kept = publisher_->receiver;  // the publisher may go in the call
    return kept->set_remote_answer({SessionDescription::Type::answer, sdp});
  }
  if (!is_offer || publisher_->wants_offer || publisher_->receiver || publisher_->offer) {
    end_publisher("an unexpected description came", true,
                  "One offer a session is taken here: start a new session");
    return;
  }
  publisher_->offer = sdp;
  if (clock_) return receive();
  begin_deadline();
}

ReceiverSettings Reception::receiver_settings() const {
  ReceiverSettings settings;
  settings.ice = publisher_->ice;
  settings.retransmission = settings_.retransmission;
  settings.messages = settings_.messages;
  settings.latency_ms = settings_.latency_ms;
  if (publisher_->by_hand) settings.hand_over = kHandOver;
  settings.video = receivable(checked_.video_preference, settings_.decode);
  settings.audio = receivable(checked_.audio_preference, settings_.decode);
  settings.orders_video = settings_.orders_video;
  settings.orders_audio = settings_.orders_audio;
  settings.make_tail = [decode = settings_.decode](Codec codec) {
    return make_received_tail(codec, decode);
  };
  return settings;
}

ReceiverEvents Reception::receiver_events(const std::shared_ptr<Feed>& feed) {
  // The receiver is closed before this object goes, and says nothing on this thread once it is.
  ReceiverEvents events;
  events.session.description = [this](const SessionDescription& description) {
    publisher_->way->signaler->send_description(
        publisher_->session, description.type == SessionDescription::Type::offer, description.sdp);
  };
  events.session.candidate = [this](const IceCandidate& candidate) {
    publisher_->way->signaler->send_candidate(publisher_->session, candidate.mline,
                                              candidate.candidate);
  };
  events.session.connected = [this](std::chrono::milliseconds setup) {
    publisher_->connected = true;
    publisher_->what.setup = setup;
    GST_INFO("publisher %s: connected after %d ms", publisher_->session.c_str(),
             static_cast<int>(setup.count()));
    events_.publisher_connected(publisher_->session, publisher_->what);
    tell_no_more_pads();  // its predecessor may have announced what never came
  };
  events.session.message = [this](const PeerMessage& message) {
    events_.message(publisher_->session, message);
  };
  events.session.closed = [this](const Error& reason) {
    GST_WARNING("publisher %s: %s (%s)", publisher_->session.c_str(), reason.sentence.c_str(),
                reason.cause.c_str());
    end_publisher(reason.sentence, true, reason.sentence);
  };
  events.tracks = [this](const std::vector<ReceivedTrack>& tracks) { on_tracks(tracks); };
  events.sample = [feed](size_t track, GstSample* sample) {
    if (feed->open && track < feed->pads.size()) feed->pads[track]->push(sample);
  };
  return events;
}

// Else it waits in line for a place in the process's budget, or was told to come again.
bool Reception::has_place() {
  if (!publisher_->place)
    publisher_->place =
        std::make_shared<Place>(Receiver::cost(receiver_settings(), count_media(publisher_->offer)),
                                publisher_->visitor ? publisher_->visitor->address : "");
  Budget::Answer answer = publisher_->place->ask();
  if (answer == Budget::Answer::granted) return true;
  if (answer == Budget::Answer::waits) {
    publisher_->deadline = control_->after(kLineInterval, [this] { receive(); });
    return false;
  }
  Error error = no_room();
  events_.warning(
      {ErrorCode::limit,
       "A publisher is refused, because this process has no room for it: " + error.cause,
       error.sentence});
  end_publisher(error.sentence, true, error.sentence);
  return false;
}

void Reception::receive() {
  if (!has_place()) return;
  publisher_->deadline.cancel();
  publisher_->feed = std::make_shared<Feed>();
  std::optional<SessionDescription> offer;
  if (auto sdp = std::exchange(publisher_->offer, std::nullopt))
    offer = {SessionDescription::Type::offer, *sdp};
  ReceiverSettings settings = receiver_settings();
  settings.place = publisher_->place;
  auto receiver = Receiver::create(publisher_->session, *control_, clock_.get(),
                                   std::move(settings), receiver_events(publisher_->feed));
  if (!receiver) return end_publisher(receiver.error().sentence, true, receiver.error().sentence);
  auto kept = *receiver;  // the publisher may go while it starts
  publisher_->receiver = kept;
  auto candidates = std::exchange(publisher_->early_candidates, {});
  kept->start(std::move(offer));
  for (const IceCandidate& candidate : candidates)
    kept->add_remote_candidate(candidate);
}

void Reception::on_tracks(const std::vector<ReceivedTrack>& tracks) {
  std::map<MediaKind, unsigned> next;
  std::map<std::string, std::shared_ptr<SourcePad>> used;
  for (const ReceivedTrack& track : tracks) {
    auto pad = pad_for(track.kind, next[track.kind]++);
    pad->begin_session();
    used[pad->name()] = pad;
    publisher_->feed->pads.push_back(pad);
    std::string& codec = track.kind == MediaKind::video ? publisher_->what.video_codec
                                                        : publisher_->what.audio_codec;
    if (codec.empty()) codec = codec_name(track.codec);
  }
  // What this publisher does not send has ended.
  for (auto& [name, pad] : pads_)
    if (!used.contains(name) && pad->shown()) {
      ending_.push_back(pad);
      pad->finish();
    }
  pads_ = std::move(used);
}

std::shared_ptr<SourcePad> Reception::pad_for(MediaKind kind, unsigned index) {
  std::string name = std::string(kind_name(kind)) + "_" + std::to_string(index);
  if (auto found = pads_.find(name); found != pads_.end()) return found->second;
  // One that still ends holds its name until it is gone.
  while (std::any_of(ending_.begin(), ending_.end(),
                     [&](const auto& pad) { return pad->name() == name; }))
    name = std::string(kind_name(kind)) + "_" + std::to_string(++index);
  GstPadTemplate* templ = gst_element_class_get_pad_template(
      GST_ELEMENT_GET_CLASS(element_), kind == MediaKind::video ? "video_%u" : "audio_%u");
  auto pad = SourcePad::create(element_, templ, name, kind, settings_.decode,
                               settings_.latency_ms * GST_MSECOND, pad_events(name));
  const auto& codecs = checked_.audio_preference;
  if (kind == MediaKind::audio && !settings_.decode && !codecs.empty())
    pad->expect(caps_before_data(codecs.front()));
  pad->set_playing(playing_);
  return pad;
}

SourcePadEvents Reception::pad_events(const std::string& name) {
  std::weak_ptr<Reception> weak = weak_from_this();
  auto post = [weak, name](void (Reception::*function)(const std::string&)) {
    auto self = weak.lock();
    if (!self) return;
    self->control_->post([weak, name, function] {
      auto alive = weak.lock();
      if (alive && !alive->stopping_) (alive.get()->*function)(name);
    });
  };
  SourcePadEvents events;
  events.first_frame = [post] { post(&Reception::on_first_frame); };
  events.want_keyframe = [post] { post(&Reception::on_keyframe_wanted); };
  events.overrun = [post] { post(&Reception::on_overrun); };
  events.ended = [post] { post(&Reception::on_pad_ended); };
  events.failed = [error = events_.flow_error](GstFlowReturn result) { error(result); };
  return events;
}

void Reception::on_first_frame(const std::string& name) {
  auto found = pads_.find(name);
  if (found == pads_.end()) return;
  found->second->show();
  tell_no_more_pads();
}

// Once all that the publisher announced has come.
void Reception::tell_no_more_pads() {
  auto shown = [](const auto& pad) { return pad.second->shown(); };
  bool all = !pads_.empty() && std::all_of(pads_.begin(), pads_.end(), shown);
  if (!all || std::exchange(told_no_more_pads_, true)) return;
  // Muxers wait for every medium that is linked to them, and take none later.
  if (!settings_.decode) end_absent_media();
  events_.no_more_pads();
}

// A pad with nothing but the EOS for each kind that there is none of.
void Reception::end_absent_media() {
  for (MediaKind kind : {MediaKind::video, MediaKind::audio}) {
    auto of_kind = [kind](const auto& pad) { return pad.second->kind() == kind; };
    if (std::any_of(pads_.begin(), pads_.end(), of_kind)) continue;
    auto pad = pad_for(kind, 0);
    ending_.push_back(pad);
    pad->show();
    pad->finish();
  }
}

void Reception::on_keyframe_wanted(const std::string& name) {
  if (!publisher_ || !publisher_->connected || !publisher_->feed) return;
  const auto& pads = publisher_->feed->pads;
  for (size_t track = 0; track < pads.size(); ++track)
    if (pads[track]->name() == name) publisher_->receiver->request_keyframe(track);
}

void Reception::on_overrun(const std::string& name) {
  events_.warning({ErrorCode::failed, "What is behind the pad " + name +
                                          " is too slow: frames are dropped (stats counts them). "
                                          "A queue behind the pad, or less work there, helps."});
}

void Reception::on_pad_ended(const std::string& name) {
  auto found = std::find_if(ending_.begin(), ending_.end(),
                            [&](const auto& pad) { return pad->name() == name; });
  if (found == ending_.end()) return;
  auto pad = *found;
  ending_.erase(found);
  pad->remove();
}

Result<void> Reception::set_offer(const std::string& text) {
  Result<void> taken = Error{ErrorCode::invalid_argument, "The element has stopped."};
  control_->call([&] {
    if (stopping_) return;
    taken = manual_ ? manual_->take(text)
                    : Error{ErrorCode::invalid_argument,
                            "No offer is taken by hand: location is not manual:."};
  });
  return taken;
}

std::string Reception::manual_answer() {
  std::string answer;
  control_->call([&] {
    if (manual_) answer = manual_->handed_out();
  });
  return answer;
}

// Nobody is let in after it. A branch whose pad never came would hold the pipeline's end up.
void Reception::finish() {
  if (std::exchange(finished_, true)) return;
  if (publisher_) end_publisher("the stream was ended", true, "The receiver ended the stream");
  for (auto& way : ways_)
    way->signaler->stop();
  // Of encoded media each kind had its pad before that was told.
  if (settings_.decode || !told_no_more_pads_) end_absent_media();
  for (auto& [name, pad] : pads_) {
    pad->show();
    pad->finish();
  }
  if (!std::exchange(told_no_more_pads_, true)) events_.no_more_pads();
}

void Reception::end_publisher(const std::string& reason, bool tell,
                              std::optional<std::string> told) {
  Publisher publisher = std::move(*publisher_);
  publisher_.reset();
  if (publisher.feed) publisher.feed->open = false;
  if (publisher.receiver) publisher.receiver->close();
  if (tell) publisher.way->signaler->end_session(publisher.session, std::move(told));
  // It may be a handler of this very receiver that runs now.
  control_->post([receiver = std::move(publisher.receiver)] {});
  GST_INFO("publisher %s: gone: %s", publisher.session.c_str(), reason.c_str());
  events_.publisher_removed(publisher.session, reason);
}

}  // namespace webcast
