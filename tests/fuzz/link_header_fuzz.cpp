// The Link header of WHIP and WHEP: what is read can be written, and is the same then.
#include "signaling/protocol/link_header.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = test::text_of(data, size);
  const std::vector<IceServer> servers = read_links(text);
  WEBCAST_EXPECT(servers.size() <= kMaxIceServers);
  for (const IceServer& server : servers) {
    const std::string written = write_link(server);
    WEBCAST_EXPECT(written.find_first_of("\r\n") == std::string::npos);
    if (written.empty()) continue;
    const std::vector<IceServer> again = read_links(written);
    WEBCAST_EXPECT(again.size() == 1 && again.front() == server);
    uri_of_ice_server(server);
  }
  if (auto server = ice_server_of_uri(text)) write_link(*server);
  return 0;
}
