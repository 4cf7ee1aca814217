#include "signaling/server/http/tls_stream.hpp"

namespace webcast {

namespace {

using Session = std::shared_ptr<TlsSession>;

struct TlsInput {
  GInputStream parent;
  Session* session;
};
using TlsInputClass = GInputStreamClass;
struct TlsOutput {
  GOutputStream parent;
  Session* session;
};
using TlsOutputClass = GOutputStreamClass;

TlsSession& session_of(GPollableInputStream* stream) {
  return **reinterpret_cast<TlsInput*>(stream)->session;
}
TlsSession& session_of(GPollableOutputStream* stream) {
  return **reinterpret_cast<TlsOutput*>(stream)->session;
}

GSource* source_of(GObject* stream, TlsSession& session, GIOCondition condition,
                   GCancellable* cancellable) {
  bool now = condition == G_IO_IN && session.has_read_ahead();
  GSource* child =
      now ? g_timeout_source_new(0) : g_socket_create_source(session.socket(), condition, nullptr);
  GSource* source = g_pollable_source_new_full(stream, child, cancellable);
  g_source_unref(child);
  return source;
}

void input_init(gpointer interface, gpointer) {
  auto* pollable = static_cast<GPollableInputStreamInterface*>(interface);
  pollable->is_readable = [](GPollableInputStream* stream) -> gboolean {
    return session_of(stream).can_read();
  };
  pollable->create_source = [](GPollableInputStream* stream, GCancellable* cancellable) {
    return source_of(G_OBJECT(stream), session_of(stream), G_IO_IN, cancellable);
  };
  pollable->read_nonblocking = [](GPollableInputStream* stream, void* data, gsize size,
                                  GError** error) {
    return session_of(stream).read(data, size, error);
  };
}

void output_init(gpointer interface, gpointer) {
  auto* pollable = static_cast<GPollableOutputStreamInterface*>(interface);
  pollable->is_writable = [](GPollableOutputStream* stream) -> gboolean {
    return session_of(stream).can_write();
  };
  pollable->create_source = [](GPollableOutputStream* stream, GCancellable* cancellable) {
    return source_of(G_OBJECT(stream), session_of(stream), G_IO_OUT, cancellable);
  };
  pollable->write_nonblocking = [](GPollableOutputStream* stream, const void* data, gsize size,
                                   GError** error) {
    return session_of(stream).write(data, size, error);
  };
}

GType tls_input_get_type();
G_DEFINE_TYPE_WITH_CODE(TlsInput, tls_input, G_TYPE_INPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM, input_init))
GType tls_output_get_type();
G_DEFINE_TYPE_WITH_CODE(TlsOutput, tls_output, G_TYPE_OUTPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM, output_init))

void tls_input_finalize(GObject* object) {
  delete reinterpret_cast<TlsInput*>(object)->session;
  G_OBJECT_CLASS(tls_input_parent_class)->finalize(object);
}

// GInputStream and GOutputStream wait by the sources above where they are asked not to block, which
// is all that libsoup's server does; these two are for nobody.
void tls_input_class_init(TlsInputClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = tls_input_finalize;
  klass->read_fn = [](GInputStream* stream, void* data, gsize size, GCancellable*, GError** error) {
    return session_of(G_POLLABLE_INPUT_STREAM(stream)).read(data, size, error);
  };
}

void tls_input_init(TlsInput* input) {
  input->session = new Session;
}

void tls_output_finalize(GObject* object) {
  delete reinterpret_cast<TlsOutput*>(object)->session;
  G_OBJECT_CLASS(tls_output_parent_class)->finalize(object);
}

void tls_output_class_init(TlsOutputClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = tls_output_finalize;
  klass->write_fn = [](GOutputStream* stream, const void* data, gsize size, GCancellable*,
                       GError** error) {
    return session_of(G_POLLABLE_OUTPUT_STREAM(stream)).write(data, size, error);
  };
}

void tls_output_init(TlsOutput* output) {
  output->session = new Session;
}

struct TlsStream {
  GIOStream parent;
  GInputStream* input;
  GOutputStream* output;
};
using TlsStreamClass = GIOStreamClass;

GType tls_stream_get_type();
G_DEFINE_TYPE(TlsStream, tls_stream, G_TYPE_IO_STREAM)

TlsStream& of(gpointer stream) {
  return *static_cast<TlsStream*>(stream);
}

void tls_stream_finalize(GObject* object) {
  g_object_unref(of(object).input);
  g_object_unref(of(object).output);
  G_OBJECT_CLASS(tls_stream_parent_class)->finalize(object);
}

gboolean close_session(GIOStream* stream, GCancellable*, GError** error) {
  return session_of(G_POLLABLE_INPUT_STREAM(of(stream).input)).close(error);
}

// It takes no waiting; GIOStream's own would do it on another thread.
void close_session_async(GIOStream* stream, int, GCancellable* cancellable,
                         GAsyncReadyCallback callback, gpointer data) {
  GTask* task = g_task_new(stream, cancellable, callback, data);
  GError* error = nullptr;
  if (close_session(stream, nullptr, &error)) {
    g_task_return_boolean(task, TRUE);
  } else {
    g_task_return_error(task, error);
  }
  g_object_unref(task);
}

gboolean close_session_finish(GIOStream*, GAsyncResult* result, GError** error) {
  return g_task_propagate_boolean(G_TASK(result), error);
}

void tls_stream_class_init(TlsStreamClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = tls_stream_finalize;
  klass->get_input_stream = [](GIOStream* stream) { return of(stream).input; };
  klass->get_output_stream = [](GIOStream* stream) { return of(stream).output; };
  klass->close_fn = close_session;
  klass->close_async = close_session_async;
  klass->close_finish = close_session_finish;
}

void tls_stream_init(TlsStream* stream) {
  stream->input = static_cast<GInputStream*>(g_object_new(tls_input_get_type(), nullptr));
  stream->output = static_cast<GOutputStream*>(g_object_new(tls_output_get_type(), nullptr));
}

}  // namespace

GIOStream* tls_stream_new(std::shared_ptr<TlsSession> session) {
  auto* stream = static_cast<TlsStream*>(g_object_new(tls_stream_get_type(), nullptr));
  *reinterpret_cast<TlsInput*>(stream->input)->session = session;
  *reinterpret_cast<TlsOutput*>(stream->output)->session = std::move(session);
  return &stream->parent;
}

}  // namespace webcast
