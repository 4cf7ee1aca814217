#include "common/address_kind.hpp"

#include <gtest/gtest.h>

namespace webcast {
namespace {

void expect_all(AddressKind kind, std::initializer_list<const char*> texts) {
  for (const char* text : texts)
    EXPECT_EQ(kind_of_address(text), kind) << text;
}

TEST(AddressKind, KnowsThisMachine) {
  expect_all(AddressKind::loopback, {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1",
                                     "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"});
}

TEST(AddressKind, KnowsALink) {
  expect_all(AddressKind::link_local, {"169.254.0.1", "169.254.169.254", "fe80::1", "febf::1",
                                       "::ffff:169.254.1.1", "64:ff9b::a9fe:a9fe"});
}

TEST(AddressKind, KnowsPrivateNetworks) {
  expect_all(AddressKind::in_private_network,
             {"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
              "100.64.0.1", "100.127.255.255", "fc00::1", "fdff::1", "fec0::1", "::ffff:10.0.0.1",
              "64:ff9b::c0a8:1", "64:ff9b:1::1", "2002:c0a8:1::"});
}

TEST(AddressKind, KnowsWhatNoHostHas) {
  expect_all(AddressKind::nowhere,
             {"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
              "::", "ff02::1", "ff0e::1", "::ffff:0.0.0.0", "::ffff:224.0.0.1",
              "64:ff9b::ffff:ffff", "2002:e000:1::"});
}

TEST(AddressKind, LeavesTheRestToTheInternet) {
  expect_all(AddressKind::in_public_network,
             {"192.0.2.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
              "126.255.255.255", "128.0.0.1", "169.253.1.1", "169.255.1.1", "172.15.255.255",
              "172.32.0.0", "192.167.1.1", "192.169.1.1", "223.255.255.255", "2001:db8::1",
              "::ffff:192.0.2.1", "64:ff9b::c000:201", "2002:c000:201::"});
}

TEST(AddressKind, IsNoneOfANameOrAnUnusualSpelling) {
  for (const char* text : {"", "localhost", "example.org", "1a2b.local", "127.1", "2130706433",
                           "0x7f.0.0.1", "127.0.0.1 ", "127.0.0.1:80", "[::1]"})
    EXPECT_FALSE(kind_of_address(std::string(text))) << text;
}

}  // namespace
}  // namespace webcast
