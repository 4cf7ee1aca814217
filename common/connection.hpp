// Connection: a GObject signal handler that ends with its owner.
//
// The handler holds a weak reference to the owner and locks it for the call: a signal that is
// emitted on another thread while the owner goes away finds nothing and does nothing.
#pragma once

#include <glib-object.h>

#include <memory>
#include <utility>

namespace webcast {

class Connection {
 public:
  Connection() = default;
  Connection(GObject* object, gulong id) : object_(new GWeakRef), id_(id) {
    g_weak_ref_init(object_.get(), object);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&& other) noexcept = default;
  Connection& operator=(Connection&& other) noexcept {
    if (this != &other) {
      disconnect();
      object_ = std::move(other.object_);
      id_ = other.id_;
    }
    return *this;
  }
  ~Connection() { disconnect(); }

  // After this returns no new call begins; one that runs on another thread may still end.
  void disconnect() {
    if (!object_) return;
    if (auto* object = static_cast<GObject*>(g_weak_ref_get(object_.get()))) {
      if (g_signal_handler_is_connected(object, id_)) g_signal_handler_disconnect(object, id_);
      g_object_unref(object);
    }
    object_.reset();
  }

 private:
  struct ClearWeakRef {
    void operator()(GWeakRef* ref) const {
      g_weak_ref_clear(ref);
      delete ref;
    }
  };
  // On the heap: GLib keeps the address of a GWeakRef, which a move of ours would change.
  std::unique_ptr<GWeakRef, ClearWeakRef> object_;
  gulong id_ = 0;
};

namespace detail {

template <typename Owner, typename Function>
struct WeakHandler;

// One C trampoline for each signature: the instance is dropped, the arguments go on.
template <typename Owner, typename Return, typename... Args>
struct WeakHandler<Owner, Return (*)(Owner&, Args...)> {
  std::weak_ptr<Owner> owner;
  Return (*function)(Owner&, Args...);

  static Return invoke(gpointer, Args... args, gpointer data) {
    auto* self = static_cast<WeakHandler*>(data);
    if (auto owner = self->owner.lock()) return self->function(*owner, args...);
    return Return();
  }
  static void destroy(gpointer data, GClosure*) { delete static_cast<WeakHandler*>(data); }
};

}  // namespace detail

// Connects `function(Owner&, signal arguments…)`, without the instance and the user data.
template <typename Owner, typename Return, typename... Args>
[[nodiscard]] Connection connect(gpointer instance, const char* signal,
                                 const std::shared_ptr<Owner>& owner,
                                 Return (*function)(Owner&, Args...)) {
  using Handler = detail::WeakHandler<Owner, Return (*)(Owner&, Args...)>;
  auto* handler = new Handler{owner, function};
  gulong id = g_signal_connect_data(instance, signal, G_CALLBACK(&Handler::invoke), handler,
                                    &Handler::destroy, static_cast<GConnectFlags>(0));
  return Connection(G_OBJECT(instance), id);
}

}  // namespace webcast
