#include "signaling/server/http/trusted_proxies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/address_key.hpp"
#include "signaling/server/http/client.hpp"

namespace webcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TrustedProxies proxies(const std::vector<std::string>& entries) {
  auto parsed = TrustedProxies::parse(entries);
  EXPECT_TRUE(parsed);
  return parsed ? *parsed : TrustedProxies();
}

// Empty: the headers are refused.
std::string client(const TrustedProxies& some, const std::string& peer,
                   const std::string& forwarded, const std::string& x_forwarded_for) {
  auto told = some.client(peer, forwarded, x_forwarded_for);
  return told ? *told : "";
}

std::vector<std::string> hops_of(const std::string& forwarded) {
  auto hops = forwarded_hops(forwarded);
  return hops ? *hops : std::vector<std::string>{"unreadable"};
}

TEST(TrustedProxies, AreAddressesAndNetworks) {
  TrustedProxies some = proxies({"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"});
  for (const char* address : {"127.0.0.1", "10.255.0.1", "2001:db8:1::7"})
    EXPECT_TRUE(some.contains(address)) << address;
  for (const char* address : {"127.0.0.2", "11.0.0.1", "2001:db9::7", "::1", "", "proxy"})
    EXPECT_FALSE(some.contains(address)) << address;
  for (const char* wrong : {"", "proxy", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/x", "*"})
    EXPECT_FALSE(TrustedProxies::parse({wrong})) << wrong;
}

TEST(TrustedProxies, WithoutAnyNobodyIsBelieved) {
  EXPECT_EQ(client(TrustedProxies(), "127.0.0.1", "for=192.0.2.7", "192.0.2.7"), "127.0.0.1");
  EXPECT_EQ(client(proxies({"10.0.0.1"}), "10.0.0.2", "", "192.0.2.7"), "10.0.0.2");
}

TEST(TrustedProxies, TheRightmostWhoIsNotTrustedIsTheClient) {
  TrustedProxies some = proxies({"10.0.0.0/8"});
  EXPECT_EQ(client(some, "10.0.0.1", "", "192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client(some, "10.0.0.1", "", "203.0.113.9, 192.0.2.7, 10.0.0.2"), "192.0.2.7")
      << "what stands before it the client may have sent";
  EXPECT_EQ(client(some, "10.0.0.1", "", "10.0.0.3, 10.0.0.2"), "10.0.0.3") << "all are ours";
  EXPECT_EQ(client(some, "10.0.0.1", "", ""), "10.0.0.1") << "it asks for itself";
  EXPECT_EQ(client(some, "10.0.0.1", "", "192.0.2.7, unknown"), "10.0.0.1");
  EXPECT_EQ(client(some, "10.0.0.1", "", "192.0.2.7, , 10.0.0.2"), "10.0.0.2");
  EXPECT_EQ(client(some, "10.0.0.1", "for=192.0.2.7;proto=https, for=10.0.0.2", ""), "192.0.2.7");
}

TEST(TrustedProxies, TwoHeadersThatNameTwoClientsAreNotBelieved) {
  TrustedProxies some = proxies({"10.0.0.1"});
  EXPECT_EQ(client(some, "10.0.0.1", "for=192.0.2.7", "192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client(some, "10.0.0.1", "for=203.0.113.9", "192.0.2.7"), "");
  EXPECT_EQ(client(some, "10.0.0.1", "nonsense", "192.0.2.7"), "");
}

TEST(TrustedProxies, ReadsAddressesInEveryForm) {
  EXPECT_THAT(x_forwarded_for_hops("192.0.2.7:4711,[2001:db8::1]:80 , 2001:DB8::2,[2001:db8::3]"),
              ElementsAre("192.0.2.7", "2001:db8::1", "2001:db8::2", "2001:db8::3"));
  EXPECT_THAT(x_forwarded_for_hops("::ffff:192.0.2.7"), ElementsAre("192.0.2.7"));
  EXPECT_THAT(x_forwarded_for_hops("proxy, 1.2.3, <script>,"), ElementsAre("", "", "", ""));
  EXPECT_THAT(hops_of(R"(For="[2001:db8:cafe::17]:4711", for=192.0.2.60;proto=http;by=x)"),
              ElementsAre("2001:db8:cafe::17", "192.0.2.60"));
  EXPECT_THAT(hops_of(R"(by=192.0.2.1;for="_hidden, 10.0.0.1", for=unknown, host=x)"),
              ElementsAre("", "", ""));
}

TEST(TrustedProxies, AClientsQuoteHidesNothingOfXForwardedFor) {
  TrustedProxies some = proxies({"10.0.0.0/8"});
  for (const char* header : {"\", 203.0.113.7", "9.9.9.9\", 203.0.113.7",
                             "\"9.9.9.9, 203.0.113.7, 10.0.0.2", "\"\\, 203.0.113.7"})
    EXPECT_EQ(client(some, "10.0.0.1", "", header), "203.0.113.7") << header;
}

TEST(TrustedProxies, AQuoteOfForwardedStandsAroundAWholeValue) {
  TrustedProxies some = proxies({"10.0.0.0/8"});
  for (const char* header :
       {R"(for="192.0.2.7)", R"(for=", for=203.0.113.7)", R"(for=9.9.9.9", for=203.0.113.7)",
        R"(", for="[2001:db8::1]:80")", R"(for=", for="[2001:db8::1]:80")",
        R"(for=", for="[2001:db8::1]:80", for="[2001:db8::2]:80")",
        R"(for="\", for=203.0.113.7;host="a\"b")", R"(for="\, for=203.0.113.7)",
        R"(for=", for=203.0.113.7;host="a\"b")", R"(for=", for=203.0.113.7;host="";for=9.9.9.9")"})
    EXPECT_EQ(client(some, "10.0.0.1", header, ""), "") << header;
  EXPECT_EQ(client(some, "10.0.0.1", R"(for="203.0.113.7" ; host="a\"b, c" , for="10.0.0.2")", ""),
            "203.0.113.7");
  EXPECT_THAT(some.client("10.0.0.1", "for=\"", "").error().sentence, HasSubstr("quote"));
}

TEST(TrustedProxies, TheNetworkOfAnIpv6AddressCounts) {
  EXPECT_EQ(key_of_address("2001:db8:0:1:2:3:4:5"), "2001:db8:0:1::");
  EXPECT_EQ(key_of_address("2001:db8:0:1::9"), "2001:db8:0:1::");
  EXPECT_EQ(key_of_address("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(key_of_address("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(key_of_address("::1"), "::1");
  EXPECT_EQ(key_of_address("nonsense"), "?");
}

TEST(AddressCounts, OneMovesToWhomItIsFor) {
  AddressCounts counts;
  ASSERT_TRUE(counts.add("proxy", 10, 10));
  ASSERT_TRUE(counts.add("proxy", 10, 10));
  EXPECT_TRUE(counts.move("proxy", "client", 1));
  EXPECT_FALSE(counts.move("proxy", "client", 1)) << "it has as many as it may";
  EXPECT_TRUE(counts.move("client", "client", 1)) << "it is where it was";
  EXPECT_EQ(counts.total(), 2u);
  counts.remove("client");
  EXPECT_TRUE(counts.move("proxy", "client", 1));
  counts.remove("client");
  EXPECT_EQ(counts.total(), 0u);
}

}  // namespace
}  // namespace webcast
