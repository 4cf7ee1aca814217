// JSON text from a Janus server, and a location with what opens a room: what users write into it
// comes out of a request as it was.
#include "plugins/signalers/janus/janus_address.hpp"
#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/janus_codec.hpp"
#include "signaling/protocol/json_ref.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = test::text_of(data, size);
  auto reply = janus_decode(text);
  if (!reply) {
    WEBCAST_EXPECT(!reply.error().sentence.empty());
  } else {
    if (reply->description) WEBCAST_EXPECT(is_utf8(reply->description->sdp));
    if (auto* feeds = std::get_if<JanusFeeds>(&reply->what))
      for (const JanusFeed& feed : feeds->feeds) {
        WEBCAST_EXPECT(is_utf8(feed.display) && feed.display.size() <= kMaxJanusTextBytes);
        WEBCAST_EXPECT(feed.media.size() <= kMaxMediaLines);
        // The numbers that Janus gives are the ones that it gets.
        if (feed.id.is_number) WEBCAST_EXPECT(janus_id(feed.id.text) == feed.id);
      }
  }
  auto address = parse_janus_address(text);
  if (!address) {
    WEBCAST_EXPECT(!address.error().sentence.empty());
  } else {
    WEBCAST_EXPECT(address->uri && !address->room.text.empty());
    WEBCAST_EXPECT(address->shown.find('?') == std::string::npos);
  }
  JanusRequest request;
  request.transaction = text;
  request.api_secret = text;
  request.what = JanusJoin{janus_id(text), text, text, text};
  const std::string written = janus_encode(request);
  WEBCAST_EXPECT(written.find('\n') == std::string::npos);
  WEBCAST_EXPECT(read_json_object(written));
  return 0;
}
