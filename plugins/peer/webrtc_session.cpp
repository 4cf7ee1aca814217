#include "plugins/peer/webrtc_session.hpp"

#include "common/clean_text.hpp"
#include "plugins/gst/promise.hpp"
#include "plugins/peer/reaper.hpp"

namespace webcast {
namespace {

constexpr std::chrono::milliseconds kWatchdogInterval{500};

// Frees a pipeline on a reaper's thread: its own threads are joined there.
void dispose_of(PeerPipeline pipeline, bool uses_turn, bool connected,
                std::shared_ptr<Place> place) {
  if (!pipeline.pipeline) return;
  auto owned = std::make_shared<PeerPipeline>(std::move(pipeline));
  auto work = [owned, uses_turn, connected, place = std::move(place)]() mutable {
    owned->end_sources();
    if (connected) say_goodbye(owned->webrtcbin.get());
    owned->end_messages();
    if (uses_turn) owned->release_allocations();
    Ref<GstBus> bus = adopt(gst_element_get_bus(owned->pipeline.get()));
    gst_element_set_state(owned->pipeline.get(), GST_STATE_NULL);
    gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
    bus.reset();
    *owned = {};
    place.reset();
  };
  reap(work);
}

GstBusSyncReply on_bus_message(GstBus*, GstMessage* message, gpointer data) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    if (auto mailbox = static_cast<std::weak_ptr<PeerMailbox>*>(data)->lock()) {
      GError* error = nullptr;
      char* debug = nullptr;
      gst_message_parse_error(message, &error, &debug);
      std::string cause = std::string(error->message) + " (" + (debug ? debug : "") + ")";
      g_error_free(error);
      g_free(debug);
      mailbox->post([cause](WebrtcSession& session) { session.pipeline_failed(cause); });
    }
  }
  gst_message_unref(
      message);  // who drops a message frees it, and with it a reference to its source
  return GST_BUS_DROP;
}

// Below, the other side is called a viewer throughout.
Error in_words_of(const std::string& other, Error error) {
  constexpr std::string_view kViewer = "viewer";
  for (size_t at = 0; (at = error.sentence.find(kViewer, at)) != std::string::npos;
       at += other.size())
    error.sentence.replace(at, kViewer.size(), other);
  return error;
}

}  // namespace

WebrtcSession::WebrtcSession(std::string id, ControlThread& control, GstClock* clock,
                             const char* other, IceSettings ice, NegotiationLimits limits,
                             bool messages, PeerEvents events, std::shared_ptr<Place> place)
    : id_(std::move(id)),
      control_(control),
      clock_(retain(clock)),
      other_(other),
      ice_(std::move(ice)),
      wants_messages_(messages),
      events_(std::move(events)),
      negotiation_(limits),
      place_(std::move(place)) {}

void WebrtcSession::fail(Error error) {
  if (!is_open()) return;
  error = in_words_of(other_, std::move(error));
  GST_WARNING("%s: ends: %s %s", id_.c_str(), error.sentence.c_str(), error.cause.c_str());
  auto closed = std::move(events_.closed);
  end();
  if (closed) closed(error);
}

void WebrtcSession::pipeline_failed(const std::string& cause) {
  if (dtls_state() == GST_WEBRTC_DTLS_TRANSPORT_STATE_FAILED) return dtls_failed(cause);
  fail(Error{ErrorCode::failed, "The viewer's connection broke inside GStreamer.", cause});
}

void WebrtcSession::end() {
  if (!is_open()) return;
  bool connected = negotiation_.state() == Negotiation::State::connected;
  negotiation_.close();
  mailbox_.reset();
  connections_.clear();
  dtls_connection_.disconnect();
  dtls_failure_.cancel();
  watchdog_.cancel();
  events_ = {};
  if (messages_) messages_->end();
  media_ends();
  dispose_of(std::exchange(pipeline_, {}),
             !ice_.turn_servers.empty() || !ice_.named_turn_servers.empty(), connected,
             std::exchange(place_, nullptr));
}

Result<void> WebrtcSession::begin(bool remote_offers) {
  if (auto ok = negotiation_.start(now(), remote_offers); !ok) return ok;
  mailbox_ = std::make_shared<PeerMailbox>(PeerMailbox{control_, weak_from_this()});
  watchdog_ = control_.every(kWatchdogInterval, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->check_time();
  });
  return {};
}

Result<void> WebrtcSession::take_offer(const std::string& sdp, const MakePlan& make_plan,
                                       MediaDirection others_direction) {
  GST_LOG("%s: the %s's offer:\n%s", id_.c_str(), other_.c_str(), clean_lines(sdp).c_str());
  auto remote = parse_description(sdp);
  if (!remote) return remote.error();
  remote_ = std::move(*remote);
  auto plan = make_plan(remote_);
  if (!plan) return plan.error();
  plan_ = std::move(*plan);
  if (wants_messages_) data_ = plan_data(remote_);
  auto clean = clean_offer(remote_, plan_, others_direction, data_);
  if (!clean) return clean.error();
  clean_ = std::move(*clean);
  fingerprints_ = bundle_transport(remote_)->fingerprints;
  candidate_mline_ = webcast::candidate_mline(remote_);
  return {};
}

void WebrtcSession::answer_offer() {
  GstSDPMessage* copy = nullptr;
  gst_sdp_message_copy(clean_.sdp.get(), &copy);
  call("set-remote-description", copy, GST_WEBRTC_SDP_TYPE_OFFER, nullptr);
  create_description(false);
}

void WebrtcSession::make_offer() {
  if (messages_) messages_->open_first();
  create_description(true);
}

Result<void> WebrtcSession::launch(PeerPipeline pipeline) {
  pipeline_ = std::move(pipeline);
  expect_sources();
  // To an offer without a section for them, none can be answered.
  bool offers = negotiation_.state() == Negotiation::State::offering;
  if (wants_messages_ && (offers || data_)) {
    if (auto ok = make_messages(); !ok) return ok;
  }
  connect_signals();
  Ref<GstBus> bus = adopt(gst_element_get_bus(pipeline_.pipeline.get()));
  gst_bus_set_sync_handler(
      bus.get(), on_bus_message, new std::weak_ptr<PeerMailbox>(mailbox_),
      [](gpointer data) { delete static_cast<std::weak_ptr<PeerMailbox>*>(data); });
  if (gst_element_set_state(pipeline_.pipeline.get(), GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE)
    return Error{ErrorCode::failed, "The viewer's pipeline could not be started."};
  return {};
}

void WebrtcSession::expect_sources() {
  std::lock_guard lock(pipeline_.guard->mutex);
  for (const RemoteMedia& media : remote_.media)
    pipeline_.guard->filter.expect(media.ssrcs);
}

Result<void> WebrtcSession::make_messages() {
  for (const char* factory : {"sctpenc", "sctpdec"})
    if (!adopt(gst_element_factory_find(factory)))
      return Error{ErrorCode::not_found, std::string("The GStreamer element ") + factory +
                                             " is missing, data-channels needs it: install the "
                                             "package gstreamer1.0-plugins-bad."};
  std::weak_ptr<WebrtcSession> weak = weak_from_this();
  WebrtcMessagesEvents events;
  events.message = [weak](const PeerMessage& message) {
    auto self = weak.lock();
    auto tell = self ? self->events_.message : nullptr;
    if (tell) tell(message);
  };
  events.failed = [weak](const Error& error) {
    if (auto self = weak.lock()) self->fail(error);
  };
  messages_ = WebrtcMessages::create(id_, control_, pipeline_.pipeline.get(),
                                     pipeline_.webrtcbin.get(), std::move(events));
  return {};
}

Result<void> WebrtcSession::send_message(const PeerMessage& message) {
  if (messages_ && data_) return messages_->send(message);
  return Error{ErrorCode::refused, wants_messages_
                                       ? "It takes no messages, or is not connected yet."
                                       : "The property data-channels is false."};
}

void WebrtcSession::connect_signals() {
  GstElement* bin = pipeline_.webrtcbin.get();
  // First in the list, so first to go.
  connections_.push_back(connect(
      bin, "on-ice-candidate", mailbox_, +[](PeerMailbox& mailbox, guint, const char* candidate) {
        std::string text = candidate ? candidate : "";
        mailbox.post([text](WebrtcSession& session) { session.local_candidate(text); });
      }));
  for (const char* signal : {"notify::connection-state", "notify::ice-connection-state"})
    connections_.push_back(connect(
        bin, signal, mailbox_, +[](PeerMailbox& mailbox, GParamSpec*) {
          mailbox.post([](WebrtcSession& session) { session.connection_changed(); });
        }));
}

void WebrtcSession::call(const char* signal, GstSDPMessage* sdp, GstWebRTCSDPType type,
                         std::function<void(WebrtcSession&)> done) {
  GstWebRTCSessionDescription* description = gst_webrtc_session_description_new(type, sdp);
  Ref<GstPromise> promise =
      make_promise([mailbox = std::weak_ptr(mailbox_), done](Result<const GstStructure*> reply) {
        auto open = mailbox.lock();
        if (!open) return;
        if (!reply)
          open->post([error = reply.error()](WebrtcSession& session) {
            session.fail({ErrorCode::refused, "The viewer's session description was not accepted.",
                          error.cause});
          });
        else if (done)
          open->post(done);
      });
  g_signal_emit_by_name(pipeline_.webrtcbin.get(), signal, description, promise.get());
  gst_webrtc_session_description_free(description);
}

void WebrtcSession::create_description(bool offer) {
  Ref<GstPromise> promise =
      make_promise([mailbox = std::weak_ptr(mailbox_), offer](Result<const GstStructure*> reply) {
        auto open = mailbox.lock();
        if (!open) return;
        GstWebRTCSessionDescription* description = nullptr;
        if (reply && *reply)
          gst_structure_get(*reply, offer ? "offer" : "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                            &description, nullptr);
        if (!description) {
          std::string cause = reply ? "" : reply.error().cause;
          open->post([cause](WebrtcSession& session) {
            session.fail({ErrorCode::failed, "No session description could be made.", cause});
          });
          return;
        }
        GstSDPMessage* copy = nullptr;
        gst_sdp_message_copy(description->sdp, &copy);
        gst_webrtc_session_description_free(description);
        // std::function wants what can be copied.
        auto sdp = std::make_shared<SdpPtr>(copy);
        open->post([offer, sdp](WebrtcSession& session) {
          session.description_created(offer, std::move(*sdp));
        });
      });
  g_signal_emit_by_name(pipeline_.webrtcbin.get(), offer ? "create-offer" : "create-answer",
                        nullptr, promise.get());
}

void WebrtcSession::description_created(bool offer, SdpPtr sdp) {
  own_ = std::move(sdp);
  if (offer) note_retransmission(plan_, own_.get());
  set_longest_message(own_.get());
  GstSDPMessage* copy = nullptr;
  gst_sdp_message_copy(own_.get(), &copy);
  GstWebRTCSessionDescription* description = gst_webrtc_session_description_new(
      offer ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, copy);
  Ref<GstPromise> promise = make_promise([mailbox = std::weak_ptr(mailbox_), offer,
                                          agent =
                                              pipeline_.agent](Result<const GstStructure*> reply) {
    auto open = mailbox.lock();
    if (!open) return;
    if (!reply) {
      open->post([cause = reply.error().cause](WebrtcSession& session) {
        session.fail({ErrorCode::failed, "Our own session description was not accepted.", cause});
      });
      return;
    }
    // Host candidates are gathered by now: they go with the description, not after it.
    open->post([offer, candidates = PeerPipeline::local_candidates(agent.get())](
                   WebrtcSession& session) { session.description_set(offer, candidates); });
  });
  g_signal_emit_by_name(pipeline_.webrtcbin.get(), "set-local-description", description,
                        promise.get());
  gst_webrtc_session_description_free(description);
}

void WebrtcSession::description_set(bool offer, std::vector<std::string> candidates) {
  if (place_) place_->taken();  // its threads run, and its sockets are open
  for (const std::string& candidate : with_external(candidates))
    negotiation_.add_local_candidate(candidate);
  std::vector<std::string> gathered = negotiation_.take_local_candidates();
  if (auto ok = negotiation_.described(); !ok) return fail(ok.error());
  SessionDescription description;
  if (offer) {
    description = {SessionDescription::Type::offer, written_offer(gathered)};
  } else {
    description = {SessionDescription::Type::answer,
                   answer_for_viewer(own_.get(), remote_, clean_, plan_, gathered, data_)};
    apply_remote_candidates();
  }
  watch_dtls();
  GST_LOG("%s: our description:\n%s", id_.c_str(), description.sdp.c_str());
  if (events_.description) events_.description(description);
}

void WebrtcSession::take_answer(const SessionDescription& answer, const MakePlan& make_plan,
                                MediaDirection others_direction) {
  if (!is_open()) return;
  auto ok = negotiation_.answer_arrived(now());
  if (ok) ok = apply_answer(answer.sdp, make_plan, others_direction);
  if (!ok) fail(ok.error());
}

Result<void> WebrtcSession::apply_answer(const std::string& sdp, const MakePlan& make_plan,
                                         MediaDirection others_direction) {
  GST_LOG("%s: the %s's answer:\n%s", id_.c_str(), other_.c_str(), clean_lines(sdp).c_str());
  auto remote = parse_description(sdp);
  if (!remote) return remote.error();
  remote_ = std::move(*remote);
  expect_sources();
  if (messages_) data_ = take_data(remote_, gst_sdp_message_medias_len(own_.get()) - 1);
  auto plan = make_plan(remote_);
  if (!plan) return plan.error();
  plan_ = std::move(*plan);
  auto clean = clean_answer(remote_, plan_, own_.get(), others_direction);
  if (!clean) return clean.error();
  fingerprints_ = bundle_transport(remote_)->fingerprints;
  call("set-remote-description", clean->release(), GST_WEBRTC_SDP_TYPE_ANSWER,
       [](WebrtcSession& session) { session.answer_applied(); });
  return {};
}

void WebrtcSession::answer_applied() {
  if (auto ok = negotiation_.answer_applied(); !ok) return fail(ok.error());
  apply_remote_candidates();
  watch_dtls();  // webrtcbin ties the media to the transport only now
  connection_changed();
}

}  // namespace webcast
