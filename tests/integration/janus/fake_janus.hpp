// FakeJanus: one room of a Janus, whose lists of publishers are empty. Which of its threads a real
// one lets speak first, no test can choose.
#pragma once

#include "tests/integration/fake_websocket.hpp"

namespace webcast::test {

class FakeJanus : public FakeWebsocket {
 public:
  FakeJanus();
  std::string location() const { return "janus://" + address() + "/1234"; }
};

std::string transaction_of(const std::string& request);
// Of the VideoRoom's, to the handle `sender`: 2 is the first, the place in the room. `more`: beside
// the plugin's data.
std::string room_event(const std::string& data, const std::string& transaction = "",
                       unsigned sender = 2, const std::string& more = "");
// Of Janus itself, about its session 1.
std::string janus_error(unsigned code, const std::string& transaction);

}  // namespace webcast::test
