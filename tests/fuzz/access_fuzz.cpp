// Headers of a request, a line each: nobody comes in by accident.
#include "signaling/server/http/access.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

namespace {

const std::string kToken = "kTMzW2Jb0ZbdbK1a";

std::string take_line(std::string& text) {
  size_t end = text.find('\n');
  std::string line = text.substr(0, end);
  text.erase(0, end == std::string::npos ? end : end + 1);
  return line;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Access open_house({.address = {"127.0.0.1", 8080}});
  static const Access guarded(
      {.address = {"", 8080}, .view_token = kToken, .publish_token = kToken + "!"});
  std::string text = test::text_of(data, size);
  const bool has_token = text.find(kToken) != std::string::npos;
  AccessRequest request;
  request.host = take_line(text);
  request.origin = take_line(text);
  request.authorization = take_line(text);
  request.query_token = take_line(text);
  request.subprotocols = take_line(text);
  for (bool publishes : {false, true}) {
    request.publishes = publishes;
    const Verdict verdict = guarded.check(request);
    if (!has_token) WEBCAST_EXPECT(verdict.status != 0 && !verdict.may_publish);
    WEBCAST_EXPECT(verdict.sentence.find(kToken) == std::string::npos);
  }
  // Without a token the name of the host is what keeps pages of other sites out.
  if (open_house.check(request).status == 0)
    WEBCAST_EXPECT(is_loopback_host(split_host(request.host).host));
  return 0;
}
