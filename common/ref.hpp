// Ref<T>: one owned reference to a reference-counted C object.
//
// How a type is counted is told by RefTraits<T>: GObject types and a few of GLib's own here,
// GStreamer's in plugins/gst/gst_ref.hpp. `adopt` takes over a reference that the caller owns
// (transfer full), `retain` adds one (transfer none), `release` hands ours out.
#pragma once

#include <gio/gio.h>
#include <glib-object.h>

#include <cstddef>
#include <utility>

namespace webcast {

// The default: anything that derives from GObject.
template <typename T>
struct RefTraits {
  static T* ref(T* object) { return static_cast<T*>(g_object_ref(object)); }
  static void unref(T* object) { g_object_unref(object); }
};

#define WEBCAST_REF_TRAITS(Type, ref_function, unref_function)      \
  template <>                                                       \
  struct RefTraits<Type> {                                          \
    static Type* ref(Type* object) { return ref_function(object); } \
    static void unref(Type* object) { unref_function(object); }     \
  }

WEBCAST_REF_TRAITS(GMainContext, g_main_context_ref, g_main_context_unref);
WEBCAST_REF_TRAITS(GMainLoop, g_main_loop_ref, g_main_loop_unref);
WEBCAST_REF_TRAITS(GSource, g_source_ref, g_source_unref);
WEBCAST_REF_TRAITS(GBytes, g_bytes_ref, g_bytes_unref);

template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  Ref(const Ref& other) : object_(other.object_) {
    if (object_) RefTraits<T>::ref(object_);
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ~Ref() { reset(); }

  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  // Takes over the reference that the caller owns.
  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  // Adds a reference; the caller keeps its own.
  static Ref retain(T* object) {
    if (object) RefTraits<T>::ref(object);
    return adopt(object);
  }

  // Gives our reference to the caller.
  [[nodiscard]] T* release() { return std::exchange(object_, nullptr); }
  void reset() {
    if (T* object = release()) RefTraits<T>::unref(object);
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

template <typename T>
Ref<T> adopt(T* object) {
  return Ref<T>::adopt(object);
}
template <typename T>
Ref<T> retain(T* object) {
  return Ref<T>::retain(object);
}

}  // namespace webcast
