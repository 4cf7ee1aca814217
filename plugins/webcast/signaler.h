/* WebcastSignaler: how a program brings its own way for publisher and viewers to meet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * WebcastSignalerState:
 * @WEBCAST_SIGNALER_STATE_CONNECTING: on the way to where viewers come from, for the first time
 * @WEBCAST_SIGNALER_STATE_CONNECTED: viewers may come
 * @WEBCAST_SIGNALER_STATE_RECONNECTING: the way was lost and is sought again; media that flows
 *   goes on
 * @WEBCAST_SIGNALER_STATE_CLOSED: no viewer will come any more
 *
 * Where a signaler stands; see [signal@Webcast.Signaler::state-changed].
 */
typedef enum {
  WEBCAST_SIGNALER_STATE_CONNECTING,
  WEBCAST_SIGNALER_STATE_CONNECTED,
  WEBCAST_SIGNALER_STATE_RECONNECTING,
  WEBCAST_SIGNALER_STATE_CLOSED
} WebcastSignalerState;

#define WEBCAST_TYPE_SIGNALER_STATE (webcast_signaler_state_get_type())
GType webcast_signaler_state_get_type(void);

#define WEBCAST_TYPE_SIGNALER (webcast_signaler_get_type())
G_DECLARE_INTERFACE(WebcastSignaler, webcast_signaler, WEBCAST, SIGNALER, GObject)

/**
 * WebcastSignalerInterface:
 * @parent_interface: the parent interface
 * @start: see [method@Webcast.Signaler.start]
 * @stop: see [method@Webcast.Signaler.stop]
 * @send_description: see [method@Webcast.Signaler.send_description]
 * @send_candidate: see [method@Webcast.Signaler.send_candidate]
 * @end_session: see [method@Webcast.Signaler.end_session]
 *
 * What an implementation brings. The element calls all of it on one thread of its own, which must
 * not be made to wait: send, and return. No call comes before start() or after stop().
 */
struct _WebcastSignalerInterface {
  GTypeInterface parent_interface;

  gboolean (*start)(WebcastSignaler* self, const char* stream, GError** error);
  void (*stop)(WebcastSignaler* self);
  void (*send_description)(WebcastSignaler* self, const char* session, const char* type,
                           const char* sdp);
  void (*send_candidate)(WebcastSignaler* self, const char* session, unsigned int mline,
                         const char* candidate);
  void (*end_session)(WebcastSignaler* self, const char* session, const char* error);

  /*< private >*/
  gpointer padding[8];
};

/* For elements. */
gboolean webcast_signaler_start(WebcastSignaler* self, const char* stream, GError** error);
void webcast_signaler_stop(WebcastSignaler* self);
void webcast_signaler_send_description(WebcastSignaler* self, const char* session, const char* type,
                                       const char* sdp);
void webcast_signaler_send_candidate(WebcastSignaler* self, const char* session, unsigned int mline,
                                     const char* candidate);
void webcast_signaler_end_session(WebcastSignaler* self, const char* session, const char* error);

/* For implementations. */
void webcast_signaler_request_session(WebcastSignaler* self, const char* session, const char* peer,
                                      const char* offer);
void webcast_signaler_receive_description(WebcastSignaler* self, const char* session,
                                          const char* type, const char* sdp);
void webcast_signaler_receive_candidate(WebcastSignaler* self, const char* session,
                                        unsigned int mline, const char* candidate);
void webcast_signaler_session_ended(WebcastSignaler* self, const char* session, const char* reason);
void webcast_signaler_change_state(WebcastSignaler* self, WebcastSignalerState state);

G_END_DECLS
