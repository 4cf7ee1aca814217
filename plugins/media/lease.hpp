// LeaseState: one holder of a rendition and what it wants to be told. Control thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "plugins/media/media_rendition.hpp"

namespace webcast {

class LeaseState : public std::enable_shared_from_this<LeaseState> {
 public:
  explicit LeaseState(MediaRendition& rendition) : rendition_(rendition) {}
  void when_ready(std::function<void(Result<void>)> ready);
  void when_lost(std::function<void(Error)> lost);
  void tell_ready(const Result<void>& result);
  void tell_lost(const Error& error);
  void when_stuck(std::function<void(Error)> stuck) { stuck_ = std::move(stuck); }
  void tell_stuck(const Error& error);
  void set_reachable(bool reachable);
  bool reachable() const { return reachable_; }
  void close();

 private:
  MediaRendition& rendition_;  // outlives this: the lease holds both
  std::function<void(Result<void>)> ready_;
  std::function<void(Error)> lost_, stuck_;
  std::optional<Error> lost_with_;
  bool was_ready_ = false, reachable_ = true;
  Timer patience_;
};

// What the viewer holds.
class MediaLease : public RenditionLease {
 public:
  MediaLease(std::shared_ptr<MediaRendition> rendition, std::shared_ptr<LeaseState> state,
             std::function<void()> end)
      : rendition_(std::move(rendition)), state_(std::move(state)), end_(std::move(end)) {}
  ~MediaLease() override {
    state_->close();
    end_();
  }
  Rendition& rendition() override { return *rendition_; }
  void when_ready(std::function<void(Result<void>)> ready) override {
    state_->when_ready(std::move(ready));
  }
  void when_lost(std::function<void(Error)> lost) override { state_->when_lost(std::move(lost)); }
  void set_reachable(bool reachable) override { state_->set_reachable(reachable); }
  void when_stuck(std::function<void(Error)> stuck) override {
    state_->when_stuck(std::move(stuck));
  }

 private:
  std::shared_ptr<MediaRendition> rendition_;
  std::shared_ptr<LeaseState> state_;
  std::function<void()> end_;
};

}  // namespace webcast
