// A signaler as the element uses it, for tests: its calls go to a control thread, and what it told
// can be waited for.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "plugins/signalers/signaler.hpp"
#include "tests/integration/server/test_client.hpp"

namespace webcast::test {

struct Event {
  std::string kind{}, session{}, text{};
  std::vector<std::string> servers{};  // of a request
  bool is_server = false;
  bool asks = false;  // somebody does, whom the application may refuse
};

// A signaler and what it told, for a test's thread. All calls go to the control thread.
class Sink {
 public:
  Sink(ControlThread& control, const std::string& location, std::string name,
       AccessSettings access = {}, SignalerRole role = SignalerRole::producer,
       OutgoingSettings outgoing = {})
      : control_(control), stream_{.name = std::move(name)} {
    control_.call([&] {
      auto made = make_signaler(location,
                                {control_, std::move(access), events(), role, std::move(outgoing)});
      if (made) {
        signaler_ = std::move(*made);
      } else {
        error_ = made.error();
      }
    });
  }
  ~Sink() {
    control_.call([&] { signaler_.reset(); });
  }

  bool start(bool live = true) {
    stream_.live = live;
    control_.call([&] {
      if (!signaler_) return;
      auto started = signaler_->start(stream_);
      error_ = started ? std::nullopt : std::optional(started.error());
    });
    return !error_;
  }
  void stop() {
    control_.call([&] { signaler_->stop(); });
  }
  void set_live(bool live) {
    stream_.live = live;
    run([&](Signaler& signaler) { signaler.set_stream(stream_); });
  }
  template <typename Function>
  void run(Function function) {
    control_.call([&] { function(*signaler_); });
  }

  const Error& error() const { return *error_; }
  std::optional<Event> next(const std::string& kind) {
    std::unique_lock lock(mutex_);
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      while (!told_.empty()) {
        Event event = told_.front();
        told_.pop_front();
        if (event.kind == kind) return event;
      }
      if (condition_.wait_until(lock, end) == std::cv_status::timeout) return std::nullopt;
    }
  }
  // Forgets what it told up to now.
  void drain() {
    control_.call([] {});
    std::lock_guard lock(mutex_);
    told_.clear();
  }
  bool quiet() {
    control_.call([] {});
    std::lock_guard lock(mutex_);
    return told_.empty();
  }
  uint16_t listening_port() {
    auto event = next("listening");
    if (!event) return 0;
    size_t colon = event->text.rfind(':');
    return static_cast<uint16_t>(g_ascii_strtoull(event->text.c_str() + colon + 1, nullptr, 10));
  }

 private:
  void tell(Event event) {
    std::lock_guard lock(mutex_);
    told_.push_back(std::move(event));
    condition_.notify_all();
  }
  SignalerEvents events() {
    SignalerEvents e;
    e.session_requested = [this](const SessionRequest& request) {
      tell({"requested", request.session, request.offer.value_or(""), request.ice_servers,
            request.is_server, request.visitor.has_value()});
    };
    e.description = [this](const std::string& session, bool is_offer, const std::string& sdp) {
      tell({is_offer ? "offer" : "answer", session, sdp});
    };
    e.candidate = [this](const std::string& session, unsigned mline, const std::string& text) {
      tell({"candidate", session, std::to_string(mline) + " " + text});
    };
    e.session_ended = [this](const std::string& session, const std::string& reason) {
      tell({"ended", session, reason});
    };
    e.state = [this](const std::string& state, const std::string& url) { tell({state, "", url}); };
    e.info = [this](const std::string& sentence) { tell({"info", "", sentence}); };
    e.warning = [this](const Error& error) { tell({"warning", "", error.sentence}); };
    return e;
  }

  ControlThread& control_;
  StreamInfo stream_;
  std::unique_ptr<Signaler> signaler_;
  std::optional<Error> error_;
  std::mutex mutex_;
  std::condition_variable condition_;
  std::deque<Event> told_;
};

// Lists the streams and asks for a session with this one; its id, or nothing.
inline std::string start_session(TestClient& viewer, const std::string& stream,
                                 const std::string& offer = "") {
  viewer.send_text(R"({"type":"list"})");
  auto list = viewer.receive_text_with("\"list\"");
  if (!list) return "";
  size_t name = list->find("{\"name\":\"" + stream + "\",");
  size_t id = list->rfind("\"id\":\"", name);
  if (name == std::string::npos || id == std::string::npos) return "";
  std::string producer = list->substr(id + 6, 36);
  viewer.send_text(R"({"type":"startSession","peerId":")" + producer + "\"" +
                   (offer.empty() ? "" : ",\"offer\":\"" + offer + "\"") + "}");
  auto started = viewer.receive_text_with("sessionStarted");
  return started ? member(*started, "sessionId") : "";
}

}  // namespace webcast::test
