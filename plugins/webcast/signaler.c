#include "plugins/webcast/signaler.h"

/**
 * WebcastSignaler:
 *
 * A way for a publisher and its viewers to meet: it carries session descriptions and ICE
 * candidates between them, and knows nothing of media. Given to the property `signaler` of
 * `webcastsink` or `webcastsrc` it takes the place of the property `location`. With `webcastsrc`
 * a publisher stands wherever a viewer is spoken of here.
 *
 * A session belongs to one viewer. It begins when the implementation calls
 * [method@Webcast.Signaler.request_session] with a name for it that no other session has. With the
 * viewer's offer in hand, the element answers by [method@Webcast.Signaler.send_description];
 * without one it sends an offer of its own and waits for the answer by
 * [method@Webcast.Signaler.receive_description]. Candidates go both ways in between, until
 * one side ends the session.
 *
 * The functions for implementations may be called on any thread, at any time; what comes while the
 * signaler is not started is dropped. Losing signaling never ends media that flows: an
 * implementation that lost its server reconnects, tells so by
 * [method@Webcast.Signaler.change_state], and ends no session for that.
 *
 * The element checks what it is given (SDP has 64 KiB, 500 lines and 16 media at most, a candidate
 * 512 bytes), so nothing has to be checked before.
 */

enum {
  SESSION_REQUESTED,
  DESCRIPTION_RECEIVED,
  CANDIDATE_RECEIVED,
  SESSION_ENDED,
  STATE_CHANGED,
  SIGNAL_COUNT
};
static guint signals[SIGNAL_COUNT];

G_DEFINE_INTERFACE(WebcastSignaler, webcast_signaler, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE(WebcastSignalerState, webcast_signaler_state,
                   G_DEFINE_ENUM_VALUE(WEBCAST_SIGNALER_STATE_CONNECTING, "connecting"),
                   G_DEFINE_ENUM_VALUE(WEBCAST_SIGNALER_STATE_CONNECTED, "connected"),
                   G_DEFINE_ENUM_VALUE(WEBCAST_SIGNALER_STATE_RECONNECTING, "reconnecting"),
                   G_DEFINE_ENUM_VALUE(WEBCAST_SIGNALER_STATE_CLOSED, "closed"))

static guint new_signal(const char* name, guint count, GType first, GType second, GType third) {
  return g_signal_new(name, WEBCAST_TYPE_SIGNALER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, count, first, second, third);
}

static void webcast_signaler_default_init(WebcastSignalerInterface* interface) {
  (void)interface;
  /**
   * WebcastSignaler::session-requested:
   * @self: the signaler
   * @session: the session's name
   * @peer: name of the viewer, for messages and statistics
   * @offer: (nullable): the viewer's SDP offer
   *
   * A viewer asks for the stream. Emitted by [method@Webcast.Signaler.request_session].
   */
  signals[SESSION_REQUESTED] =
      new_signal("session-requested", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * WebcastSignaler::description-received:
   * @self: the signaler
   * @session: the session's name
   * @type: `offer` or `answer`
   * @sdp: the session description (RFC 8866)
   *
   * A description came from the viewer. Emitted by
   * [method@Webcast.Signaler.receive_description].
   */
  signals[DESCRIPTION_RECEIVED] =
      new_signal("description-received", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * WebcastSignaler::candidate-received:
   * @self: the signaler
   * @session: the session's name
   * @mline: number of the medium in the description, from 0
   * @candidate: the ICE candidate, `candidate:…` (RFC 8839); empty: there are no more
   *
   * A candidate came from the viewer. Emitted by
   * [method@Webcast.Signaler.receive_candidate].
   */
  signals[CANDIDATE_RECEIVED] =
      new_signal("candidate-received", 3, G_TYPE_STRING, G_TYPE_UINT, G_TYPE_STRING);
  /**
   * WebcastSignaler::session-ended:
   * @self: the signaler
   * @session: the session's name
   * @reason: a sentence for the log
   *
   * The viewer left. Emitted by [method@Webcast.Signaler.session_ended].
   */
  signals[SESSION_ENDED] =
      new_signal("session-ended", 2, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_INVALID);
  /**
   * WebcastSignaler::state-changed:
   * @self: the signaler
   * @state: where it stands now
   *
   * Emitted by [method@Webcast.Signaler.change_state]; the element posts it as
   * `webcast-signaling-state`.
   */
  signals[STATE_CHANGED] =
      new_signal("state-changed", 1, WEBCAST_TYPE_SIGNALER_STATE, G_TYPE_INVALID, G_TYPE_INVALID);
}

static gboolean is_description_type(const char* type) {
  return g_strcmp0(type, "offer") == 0 || g_strcmp0(type, "answer") == 0;
}

/**
 * webcast_signaler_start: (virtual start)
 * @self: a signaler
 * @stream: the name that the stream is published under (property `stream`)
 * @error: return location for an error
 *
 * Opens the way. A failure that the user can mend (an address in use, a wrong password) is told
 * here and stops the element; a server that cannot be reached now is not: go on trying.
 *
 * Returns: %TRUE on success
 */
gboolean webcast_signaler_start(WebcastSignaler* self, const char* stream, GError** error) {
  g_return_val_if_fail(WEBCAST_IS_SIGNALER(self), FALSE);
  g_return_val_if_fail(stream != NULL, FALSE);
  WebcastSignalerInterface* interface = WEBCAST_SIGNALER_GET_IFACE(self);
  return interface->start ? interface->start(self, stream, error) : TRUE;
}

/**
 * webcast_signaler_stop: (virtual stop)
 * @self: a signaler
 *
 * Closes the way; viewers that are left are told that the stream is over. May be followed by
 * another start.
 */
void webcast_signaler_stop(WebcastSignaler* self) {
  g_return_if_fail(WEBCAST_IS_SIGNALER(self));
  WebcastSignalerInterface* interface = WEBCAST_SIGNALER_GET_IFACE(self);
  if (interface->stop) interface->stop(self);
}

/**
 * webcast_signaler_send_description: (virtual send_description)
 * @self: a signaler
 * @session: the session's name
 * @type: `offer` or `answer`
 * @sdp: the session description (RFC 8866); the candidates known by now stand in it
 *
 * Sends a description to the viewer.
 */
void webcast_signaler_send_description(WebcastSignaler* self, const char* session, const char* type,
                                       const char* sdp) {
  g_return_if_fail(WEBCAST_IS_SIGNALER(self));
  g_return_if_fail(session != NULL && is_description_type(type) && sdp != NULL);
  WebcastSignalerInterface* interface = WEBCAST_SIGNALER_GET_IFACE(self);
  if (interface->send_description) interface->send_description(self, session, type, sdp);
}

/**
 * webcast_signaler_send_candidate: (virtual send_candidate)
 * @self: a signaler
 * @session: the session's name
 * @mline: number of the medium in the description, from 0
 * @candidate: the ICE candidate, `candidate:…` (RFC 8839)
 *
 * Sends a candidate that was found after the description was sent.
 */
void webcast_signaler_send_candidate(WebcastSignaler* self, const char* session, unsigned int mline,
                                     const char* candidate) {
  g_return_if_fail(WEBCAST_IS_SIGNALER(self));
  g_return_if_fail(session != NULL && candidate != NULL);
  WebcastSignalerInterface* interface = WEBCAST_SIGNALER_GET_IFACE(self);
  if (interface->send_candidate) interface->send_candidate(self, session, mline, candidate);
}

/**
 * webcast_signaler_end_session: (virtual end_session)
 * @self: a signaler
 * @session: the session's name
 * @error: (nullable): why, as a sentence for the viewer; %NULL: the stream ended as it should
 *
 * Tells the viewer that its session is over. Nothing of this session follows.
 */
void webcast_signaler_end_session(WebcastSignaler* self, const char* session, const char* error) {
  g_return_if_fail(WEBCAST_IS_SIGNALER(self));
  g_return_if_fail(session != NULL);
  WebcastSignalerInterface* interface = WEBCAST_SIGNALER_GET_IFACE(self);
  if (interface->end_session) interface->end_session(self, session, error);
}

/**
 * webcast_signaler_request_session:
 * @self: a signaler
 * @session: a name for the session that no other session has; a UUID does well
 * @peer: name of the viewer, for messages and statistics
 * @offer: (nullable): the viewer's SDP offer; %NULL: the element makes one
 *
 * A viewer asks for the stream.
 */
void webcast_signaler_request_session(WebcastSignaler* self, const char* session, const char* peer,
                                      const char* offer) {
  g_return_if_fail(WEBCAST_IS_SIGNALER(self));
  g_return_if_fail(session != NULL && peer != NULL);
  g_signal_emit(self, signals[SESSION_REQUESTED], 0, session, peer, offer);
}

/**
 * webcast_signaler_receive_description:
 * @self: a signaler
 * @session: the session's name
 * @type: `offer` or `answer`
 * @sdp: the session description (RFC 8866)
 *
 * A description came from the viewer.
 */
void webcast_signaler_receive_description(WebcastSignaler* self, const char* session,
                                          const char* type, const char* sdp) {
  g_return_if_fail(WEBCAST_IS_SIGNALER(self));
  g_return_if_fail(session != NULL && is_description_type(type) && sdp != NULL);
  g_signal_emit(self, signals[DESCRIPTION_RECEIVED], 0, session, type, sdp);
}

/**
 * webcast_signaler_receive_candidate:
 * @self: a signaler
 * @session: the session's name
 * @mline: number of the medium in the description, from 0
 * @candidate: the ICE candidate, `candidate:…` (RFC 8839); empty: there are no more
 *
 * A candidate came from the viewer.
 */
void webcast_signaler_receive_candidate(WebcastSignaler* self, const char* session,
                                        unsigned int mline, const char* candidate) {
  g_return_if_fail(WEBCAST_IS_SIGNALER(self));
  g_return_if_fail(session != NULL && candidate != NULL);
  g_signal_emit(self, signals[CANDIDATE_RECEIVED], 0, session, mline, candidate);
}

/**
 * webcast_signaler_session_ended:
 * @self: a signaler
 * @session: the session's name
 * @reason: a sentence for the log
 *
 * The viewer left. Not to be called for a session that the element ended.
 */
void webcast_signaler_session_ended(WebcastSignaler* self, const char* session,
                                    const char* reason) {
  g_return_if_fail(WEBCAST_IS_SIGNALER(self));
  g_return_if_fail(session != NULL && reason != NULL);
  g_signal_emit(self, signals[SESSION_ENDED], 0, session, reason);
}

/**
 * webcast_signaler_change_state:
 * @self: a signaler
 * @state: where it stands now
 *
 * Tells the application how the signaler fares.
 */
void webcast_signaler_change_state(WebcastSignaler* self, WebcastSignalerState state) {
  g_return_if_fail(WEBCAST_IS_SIGNALER(self));
  g_signal_emit(self, signals[STATE_CHANGED], 0, state);
}
