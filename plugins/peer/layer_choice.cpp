#include "plugins/peer/layer_choice.hpp"

#include <algorithm>
#include <utility>

namespace webcast {
namespace {

constexpr int64_t kSpan = 500'000, kSilent = 700'000;  // µs
// A layer is better by a half at least, and for so many spans: pictures differ in size.
constexpr unsigned kSpans = 2;

}  // namespace

size_t LayerChoice::add() {
  layers_.push_back({});
  return layers_.size() - 1;
}

void LayerChoice::look_at_span(int64_t now) {
  auto most = std::max_element(layers_.begin(), layers_.end(),
                               [](const Layer& a, const Layer& b) { return a.bytes < b.bytes; });
  auto best = static_cast<size_t>(most - layers_.begin());
  bool better = most->bytes > layers_[chosen_].bytes * 3 / 2;
  spans_better_ = !better ? 0 : best == better_ ? spans_better_ + 1 : 1;
  better_ = best;
  for (Layer& layer : layers_)
    layer.bytes_before = std::exchange(layer.bytes, 0);
  span_start_ = now;
}

bool LayerChoice::is_silent(const Layer& layer, int64_t now) const {
  return layer.last + kSilent < now;
}

bool LayerChoice::is_best_that_comes(size_t layer, int64_t now) const {
  return std::none_of(layers_.begin(), layers_.end(), [&](const Layer& other) {
    return !is_silent(other, now) && other.bytes_before > layers_[layer].bytes_before;
  });
}

bool LayerChoice::packet(size_t layer, size_t bytes, int64_t now) {
  if (span_start_ == 0) span_start_ = now;
  if (now - span_start_ >= kSpan) look_at_span(now);
  // A pause of all is not the silence of one.
  if (last_ != 0 && last_ + kSilent < now) layers_[chosen_].last = now;
  last_ = now;
  layers_[layer].bytes += bytes;
  layers_[layer].last = now;
  if (layer == chosen_) return false;
  bool better = spans_better_ >= kSpans && layer == better_;
  // Its sender gave it up.
  bool next = is_silent(layers_[chosen_], now) && is_best_that_comes(layer, now);
  if (!better && !next) return false;
  chosen_ = layer;
  spans_better_ = 0;
  return true;
}

}  // namespace webcast
