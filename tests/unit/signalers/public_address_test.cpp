#include "plugins/signalers/public_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace webcast {
namespace {

using testing::ElementsAre;

TEST(PublicAddress, IsNoneOfThisMachineOrItsNetworks) {
  for (const char* text : {"127.0.0.1",
                           "127.9.9.9",
                           "0.0.0.0",
                           "10.1.2.3",
                           "172.16.0.1",
                           "172.31.255.1",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "fec0::1",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "::10.0.0.1",
                           "64:ff9b::c0a8:1",
                           "2002:7f00:1::"}) {
    auto address = adopt(g_inet_address_new_from_string(text));
    ASSERT_TRUE(address) << text;
    EXPECT_FALSE(is_public(address.get())) << text;
  }
  for (const char* text :
       {"192.0.2.1", "198.18.0.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1",
        "2001:db8::1", "::ffff:192.0.2.1", "64:ff9b::c000:201", "2002:c000:201::"}) {
    auto address = adopt(g_inet_address_new_from_string(text));
    ASSERT_TRUE(address) << text;
    EXPECT_TRUE(is_public(address.get())) << text;
  }
}

PublicServers::Found search(std::vector<IceServer> servers) {
  PublicServers::Found result;
  bool done = false;
  PublicServers search(std::move(servers), [&](const PublicServers::Found& found) {
    result = found;
    done = true;
  });
  while (!done)
    g_main_context_iteration(nullptr, TRUE);
  return result;
}

TEST(PublicServers, LeavesOutThoseInPrivateNetworks) {
  auto found =
      search({{.url = "stun:127.0.0.1:3478"},
              {.url = "turn:192.0.2.1:3478?transport=udp", .username = "u", .credential = "p"},
              {.url = "turns:[::1]:5349"},
              {.url = "turn:localhost"},
              {.url = "stun:[2001:db8::1]:3478"}});
  EXPECT_THAT(found.servers, testing::UnorderedElementsAre(
                                 IceServer{"turn:192.0.2.1:3478?transport=udp", "u", "p"},
                                 IceServer{"stun:[2001:db8::1]:3478", "", ""}));
  EXPECT_THAT(found.refused, testing::UnorderedElementsAre("stun:127.0.0.1:3478",
                                                           "turns:[::1]:5349", "turn:localhost"));
}

// A resolver whose names are public and private, as an attacker's are.
struct Names {
  GResolver parent;
};
struct NamesClass {
  GResolverClass parent;
};
G_DEFINE_TYPE(Names, names, G_TYPE_RESOLVER)

GList* answer(const char* host) {
  GList* addresses = nullptr;
  for (const char* text : {"192.0.2.7", "2001:db8::7", "10.0.0.1"})
    if (std::string(host) == "both.example" || std::string(text) != "10.0.0.1")
      addresses = g_list_prepend(addresses, g_inet_address_new_from_string(text));
  return addresses;
}
void look_up(GResolver* self, const gchar* host, GCancellable* cancellable,
             GAsyncReadyCallback callback, gpointer data) {
  GTask* task = g_task_new(self, cancellable, callback, data);
  g_task_set_task_data(task, g_strdup(host), g_free);
  g_task_return_boolean(task, TRUE);
  g_object_unref(task);
}
GList* look_up_finish(GResolver*, GAsyncResult* result, GError**) {
  return answer(static_cast<const char*>(g_task_get_task_data(G_TASK(result))));
}
void names_init(Names*) {}
void names_class_init(NamesClass* klass) {
  G_RESOLVER_CLASS(klass)->lookup_by_name_async = look_up;
  G_RESOLVER_CLASS(klass)->lookup_by_name_finish = look_up_finish;
}

TEST(PublicServers, PutsTheAddressThatWasCheckedInTheNamesPlace) {
  auto system = adopt(g_resolver_get_default());
  auto names = adopt(G_RESOLVER(g_object_new(names_get_type(), nullptr)));
  g_resolver_set_default(names.get());
  auto found =
      search({{.url = "turn:good.example:3478?transport=tcp", .username = "u", .credential = "p"},
              {.url = "stun:both.example"}});
  g_resolver_set_default(system.get());
  EXPECT_THAT(found.servers, ElementsAre(IceServer{"turn:192.0.2.7:3478?transport=tcp", "u", "p"}));
  EXPECT_THAT(found.refused, ElementsAre("stun:both.example"));
}

TEST(PublicServers, SaysNothingOnceItIsGone) {
  bool told = false;
  {
    PublicServers search({{.url = "stun:192.0.2.1"}},
                         [&](const PublicServers::Found&) { told = true; });
  }
  while (g_main_context_iteration(nullptr, FALSE)) {
  }
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace webcast
