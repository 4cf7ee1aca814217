// Locations and listen addresses, which users, files and other programs write.
#include "plugins/signalers/location.hpp"
#include "plugins/signalers/relay/relay_address.hpp"
#include "plugins/signalers/signaler.hpp"
#include "signaling/server/http/listen_address.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = test::text_of(data, size);
  auto locations = split_locations(text);
  if (locations)
    for (const std::string& location : *locations) {
      WEBCAST_EXPECT(!location.empty());
      auto parsed = parse_location(location);
      if (!parsed) WEBCAST_EXPECT(!parsed.error().sentence.empty());
      if (parsed) WEBCAST_EXPECT(!parsed->scheme.empty());
      auto relay = parse_relay_address(location);
      if (relay) WEBCAST_EXPECT(relay->shown.find('?') == std::string::npos);
    }
  auto address = parse_listen_address(text);
  if (address) {
    auto again = parse_listen_address(address->text());
    WEBCAST_EXPECT(again && *again == *address);
    WEBCAST_EXPECT(!(address->is_loopback() && address->is_all()));
  }
  split_host(text);
  return 0;
}
