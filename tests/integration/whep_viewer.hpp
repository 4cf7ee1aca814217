// A viewer by WHEP, in this process.
#pragma once

#include <future>
#include <string>
#include <vector>

#include "tests/integration/server/test_client.hpp"
#include "tests/integration/viewer_process.hpp"
#include "tests/unit/peer/loop_viewer.hpp"

namespace webcast::test {

class WhepViewer {
 public:
  explicit WhepViewer(uint16_t port) : port_(port) {}

  Reply watch(const std::vector<ViewerMedium>& media) {
    std::promise<std::string> promise;
    auto made = promise.get_future();
    viewer.on_description = [&](bool, const std::string& sdp) { promise.set_value(sdp); };
    viewer.offer(media);
    if (made.wait_for(kPatience) != std::future_status::ready) return {};
    Reply reply;
    std::string offer = made.get();
    // 409: listening already, but not live yet.
    SinkPipeline::eventually([&] {
      reply = request("POST", "/whep/live", offer, "Content-Type: application/sdp\r\n");
      return reply.status != 409;
    });
    viewer.on_description = nullptr;
    if (reply.status == 201) viewer.take_answer(reply.body);
    return reply;
  }
  Reply request(const std::string& method, const std::string& path, const std::string& body = "",
                const std::string& headers = "") {
    return TestClient(port_, "", 30)
        .request(method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers +
                 "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  LoopViewer viewer;

 private:
  uint16_t port_;
};

}  // namespace webcast::test
