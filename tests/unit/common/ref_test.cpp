#include "common/ref.hpp"

#include <gtest/gtest.h>

#include "common/connection.hpp"
#include "common/result.hpp"

namespace webcast {
namespace {

GObject* new_object() {
  return static_cast<GObject*>(g_object_new(G_TYPE_CANCELLABLE, nullptr));
}

struct Watched {
  GObject* object = new_object();
  bool alive = true;
  Watched() {
    g_object_weak_ref(
        object, [](gpointer data, GObject*) { *static_cast<bool*>(data) = false; }, &alive);
  }
};

TEST(Ref, AdoptTakesOverAndFreesAtTheEnd) {
  Watched watched;
  {
    auto ref = adopt(watched.object);
    EXPECT_EQ(watched.object->ref_count, 1u);
  }
  EXPECT_FALSE(watched.alive);
}

TEST(Ref, RetainAddsAndCopiesCount) {
  Watched watched;
  auto first = adopt(watched.object);
  {
    auto second = retain(watched.object);
    Ref<GObject> third = second;
    EXPECT_EQ(watched.object->ref_count, 3u);
    EXPECT_EQ(first, third);
    Ref<GObject> fourth = std::move(third);
    EXPECT_EQ(watched.object->ref_count, 3u);
  }
  EXPECT_EQ(watched.object->ref_count, 1u);
  Ref<GObject>& alias = first;
  first = alias;
  first = std::move(alias);
  EXPECT_TRUE(watched.alive);
  first = nullptr;
  EXPECT_FALSE(watched.alive);
}

TEST(Ref, ReleaseGivesTheReferenceAway) {
  Watched watched;
  auto ref = adopt(watched.object);
  GObject* object = ref.release();
  EXPECT_FALSE(ref);
  EXPECT_EQ(object->ref_count, 1u);
  g_object_unref(object);
  EXPECT_FALSE(watched.alive);
}

TEST(Ref, OfNothingIsEmpty) {
  Ref<GObject> empty, other = nullptr;
  EXPECT_FALSE(retain(static_cast<GObject*>(nullptr)));
  empty.reset();
  EXPECT_EQ(empty, other);
}

TEST(Ref, CountsBoxedTypesByTheirOwnFunctions) {
  auto bytes = adopt(g_bytes_new_static("x", 1));
  Ref<GBytes> copy = bytes;
  bytes.reset();
  EXPECT_EQ(g_bytes_get_size(copy.get()), 1u);
}

struct Owner {
  int calls = 0;
};
void on_cancelled(Owner& owner) {
  owner.calls++;
}

TEST(Connection, EndsWithItsOwnerOrItself) {
  auto object = adopt(g_cancellable_new());
  auto owner = std::make_shared<Owner>();
  {
    Connection connection = connect(object.get(), "cancelled", owner, on_cancelled);
    g_signal_emit_by_name(object.get(), "cancelled");
    EXPECT_EQ(owner->calls, 1);
    Connection moved = std::move(connection);
    g_signal_emit_by_name(object.get(), "cancelled");
    EXPECT_EQ(owner->calls, 2);
    moved = connect(object.get(), "cancelled", owner, on_cancelled);
    g_signal_emit_by_name(object.get(), "cancelled");
    EXPECT_EQ(owner->calls, 3) << "the first one is gone";
  }
  g_signal_emit_by_name(object.get(), "cancelled");
  EXPECT_EQ(owner->calls, 3);

  Connection late = connect(object.get(), "cancelled", owner, on_cancelled);
  EXPECT_EQ(owner.use_count(), 1) << "a handler does not keep its owner";
  owner.reset();
  g_signal_emit_by_name(object.get(), "cancelled");
}

TEST(Connection, MayOutliveItsObject) {
  auto object = adopt(g_cancellable_new());
  auto owner = std::make_shared<Owner>();
  Connection connection = connect(object.get(), "cancelled", owner, on_cancelled);
  object.reset();
  connection.disconnect();
  connection.disconnect();
}

struct Chooser {
  int seen = 0;
};
gboolean on_authorize(Chooser& chooser, GTlsCertificate*, GTlsCertificateFlags flags) {
  chooser.seen = flags;
  return TRUE;
}

TEST(Connection, PassesArgumentsAndTheReturnedValue) {
  auto base = adopt(g_simple_io_stream_new(adopt(g_memory_input_stream_new()).get(),
                                           adopt(g_memory_output_stream_new_resizable()).get()));
  auto tls = adopt(g_tls_client_connection_new(base.get(), nullptr, nullptr));
  if (!tls) GTEST_SKIP() << "no TLS backend";
  auto chooser = std::make_shared<Chooser>();
  Connection connection = connect(tls.get(), "accept-certificate", chooser, on_authorize);
  EXPECT_TRUE(g_tls_connection_emit_accept_certificate(G_TLS_CONNECTION(tls.get()), nullptr,
                                                       G_TLS_CERTIFICATE_EXPIRED));
  EXPECT_EQ(chooser->seen, G_TLS_CERTIFICATE_EXPIRED);
}

TEST(Result, IsAValueOrAnError) {
  Result<std::string> good = std::string("value"), bad = Error{ErrorCode::limit, "Too much."};
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, "value");
  EXPECT_EQ(good->size(), 5u);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::limit);
  EXPECT_EQ(bad.error().sentence, "Too much.");
  Result<void> done, failed = Error{};
  EXPECT_TRUE(done);
  EXPECT_FALSE(failed);
  Result<std::unique_ptr<int>> moved = std::make_unique<int>(7);
  std::unique_ptr<int> taken = std::move(*moved);
  EXPECT_EQ(*taken, 7);
}

}  // namespace
}  // namespace webcast
