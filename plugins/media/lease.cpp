#include "plugins/media/lease.hpp"

namespace webcast {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

}  // namespace

void LeaseState::when_ready(std::function<void(Result<void>)> ready) {
  ready_ = std::move(ready);
  if (rendition_.error_) return tell_ready(*rendition_.error_);
  if (rendition_.ready_) return tell_ready({});
  patience_ = rendition_.control_.after(kPatience, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    std::string kind = kind_name(self->rendition_.format_.kind);
    self->tell_ready(Error{ErrorCode::timeout,
                           "The source has given no " + kind + " for 10 seconds: is it paused?"});
  });
}

void LeaseState::when_lost(std::function<void(Error)> lost) {
  lost_ = std::move(lost);
  if (lost_with_ && was_ready_) tell_lost(*std::exchange(lost_with_, std::nullopt));
}

void LeaseState::tell_ready(const Result<void>& result) {
  auto self = shared_from_this();
  patience_.cancel();
  was_ready_ = was_ready_ || result;
  if (!result) lost_ = nullptr;  // told for good
  if (auto ready = std::exchange(ready_, nullptr)) ready(result);
}

void LeaseState::tell_lost(const Error& error) {
  auto self = shared_from_this();
  patience_.cancel();
  if (ready_) return tell_ready(error);
  if (auto lost = std::exchange(lost_, nullptr))
    lost(error);
  else
    lost_with_ = error;
}

void LeaseState::tell_stuck(const Error& error) {
  auto self = shared_from_this();
  if (auto stuck = stuck_) stuck(error);
}

void LeaseState::set_reachable(bool reachable) {
  reachable_ = reachable;
  rendition_.rest_or_work();
}

void LeaseState::close() {
  ready_ = nullptr;
  lost_ = stuck_ = nullptr;
  patience_.cancel();
}

}  // namespace webcast
