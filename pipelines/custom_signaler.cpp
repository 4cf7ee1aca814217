// custom_signaler: viewers come by a way of the program's own, here one HTTP POST: the offer goes
// in, the answer comes back.
//   custom_signaler [PORT]     offers go to http://127.0.0.1:PORT/offer (default 8090; 0: any)
// Build it outside this tree:
//   c++ custom_signaler.cpp $(pkg-config --cflags --libs gstreamer-1.0 libsoup-3.0 webcast-1.0)
#include <gst/gst.h>
#include <libsoup/soup.h>
#include <webcast/signaler.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

constexpr gsize kLongestOffer = 65536;

struct HttpSignaler {
  GObject parent;
  SoupServer* server;
  std::map<std::string, SoupServerMessage*>* waiting;  // by session; the main loop's thread
};
struct HttpSignalerClass {
  GObjectClass parent_class;
};
static void implement_signaler(WebcastSignalerInterface* interface);
G_DEFINE_TYPE_WITH_CODE(HttpSignaler, http_signaler, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(WEBCAST_TYPE_SIGNALER, implement_signaler))

// The element speaks on a thread of its own, HTTP on the main loop's.
struct Reply {
  HttpSignaler* self;
  std::string session, text;
  guint status;
};

static void answer(SoupServerMessage* message, guint status, const std::string& text) {
  soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_COPY, text.data(),
                                   text.size());
  soup_server_message_set_status(message, status, nullptr);
}

static gboolean send_reply(gpointer data) {
  auto* reply = static_cast<Reply*>(data);
  auto found = reply->self->waiting->find(reply->session);
  if (found != reply->self->waiting->end()) {
    answer(found->second, reply->status, reply->text);
    soup_server_message_unpause(found->second);
    g_object_unref(found->second);
    reply->self->waiting->erase(found);
  }
  return G_SOURCE_REMOVE;
}

static void post_reply(WebcastSignaler* signaler, const char* session, guint status,
                       const char* text) {
  auto* self = reinterpret_cast<HttpSignaler*>(g_object_ref(signaler));
  g_idle_add_full(G_PRIORITY_DEFAULT, send_reply, new Reply{self, session, text, status},
                  [](gpointer data) {
                    g_object_unref(static_cast<Reply*>(data)->self);
                    delete static_cast<Reply*>(data);
                  });
}

static void send_description(WebcastSignaler* self, const char* session, const char*,
                             const char* sdp) {
  post_reply(self, session, SOUP_STATUS_OK, sdp);
}

static void end_session(WebcastSignaler* self, const char* session, const char* error) {
  post_reply(self, session, SOUP_STATUS_SERVICE_UNAVAILABLE, error ? error : "The stream is over");
}

static void implement_signaler(WebcastSignalerInterface* interface) {
  interface->send_description = send_description;
  interface->end_session = end_session;
}

static void on_offer(SoupServer*, SoupServerMessage* message, const char*, GHashTable*,
                     gpointer data) {
  auto* self = static_cast<HttpSignaler*>(data);
  const SoupMessageBody* body = soup_server_message_get_request_body(message);
  if (soup_server_message_get_method(message) != SOUP_METHOD_POST || body->length == 0 ||
      static_cast<gsize>(body->length) > kLongestOffer)
    return answer(message, SOUP_STATUS_BAD_REQUEST, "POST an offer of 64 KiB at most");
  char* session = g_uuid_string_random();  // no secret: it stays in this program
  (*self->waiting)[session] = static_cast<SoupServerMessage*>(g_object_ref(message));
  soup_server_message_pause(message);
  std::string offer(body->data, static_cast<size_t>(body->length));
  webcast_signaler_request_session(WEBCAST_SIGNALER(self), session,
                                   soup_server_message_get_remote_host(message), offer.c_str());
  g_free(session);
}

static void http_signaler_init(HttpSignaler* self) {
  self->waiting = new std::map<std::string, SoupServerMessage*>;
  self->server = soup_server_new(nullptr, nullptr);
  soup_server_add_handler(self->server, "/offer", on_offer, self, nullptr);
}

static void http_signaler_finalize(GObject* object) {
  auto* self = reinterpret_cast<HttpSignaler*>(object);
  g_object_unref(self->server);
  delete self->waiting;
  G_OBJECT_CLASS(http_signaler_parent_class)->finalize(object);
}

static void http_signaler_class_init(HttpSignalerClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = http_signaler_finalize;
}

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  auto* signaler = static_cast<HttpSignaler*>(g_object_new(http_signaler_get_type(), nullptr));
  GError* error = nullptr;
  guint port = argc > 1 ? static_cast<guint>(std::atoi(argv[1])) : 8090;
  if (!soup_server_listen_local(signaler->server, port, SOUP_SERVER_LISTEN_IPV4_ONLY, &error)) {
    std::fprintf(stderr, "Port %u: %s\n", port, error->message);
    return 1;
  }
  GSList* uris = soup_server_get_uris(signaler->server);
  std::printf("Offers go to http://127.0.0.1:%d/offer\n",
              g_uri_get_port(static_cast<GUri*>(uris->data)));
  std::fflush(stdout);
  g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));

  GstElement* pipeline =
      gst_parse_launch("videotestsrc is-live=true ! webcastsink name=sink", nullptr);
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_object_set(sink, "signaler", signaler, nullptr);
  gst_object_unref(sink);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_main_loop_run(g_main_loop_new(nullptr, FALSE));
}
