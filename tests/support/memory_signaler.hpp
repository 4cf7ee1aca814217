// A WebcastSignaler in memory: what the element sends is kept, what a viewer sends is emitted.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/ref.hpp"
#include "plugins/webcast/signaler.h"

namespace webcast::test {

// What the element did, in its order.
struct SignalerCall {
  enum class What { start, stop, description, candidate, end } what{};
  std::string session{};  // start: the stream
  std::string type{};     // of a description
  std::string text{};     // SDP, candidate or error
};

class MemorySignaler {
 public:
  MemorySignaler();

  WebcastSignaler* object() const { return object_.get(); }
  // Called on the element's thread beside the record.
  std::function<void(const SignalerCall&)> on_call;
  std::string refuse_start;  // not empty: start() fails so

  // The next call of that kind (those before it are dropped); empty when none comes.
  std::optional<SignalerCall> wait_for(SignalerCall::What what);

  void record(SignalerCall call);

 private:
  Ref<WebcastSignaler> object_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<SignalerCall> calls_;
};

}  // namespace webcast::test
