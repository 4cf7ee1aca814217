// LayerChoice: which of the layers of a picture (simulcast, RFC 8853) is the one to take: the best
// that comes.
//
// An offer does not tell which of its layers is the largest: some list it first, some last. What is
// sent does: the largest has the most bytes. Layers come and go as the sender finds bandwidth; in
// the place of one that went comes the best of those that are left.
// Pure: times are arguments. Not locked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace webcast {

class LayerChoice {
 public:
  // The first one is taken until a better one is known. Returns its number.
  size_t add();
  // A packet of a layer came; `now` in µs. True: this layer is taken from now on, in the place of
  // another.
  bool packet(size_t layer, size_t bytes, int64_t now);
  size_t chosen() const { return chosen_; }

 private:
  struct Layer {
    uint64_t bytes = 0, bytes_before = 0;  // of this span, and of the one before it
    int64_t last = 0;
  };

  void look_at_span(int64_t now);
  bool is_silent(const Layer& layer, int64_t now) const;
  bool is_best_that_comes(size_t layer, int64_t now) const;

  std::vector<Layer> layers_;
  size_t chosen_ = 0, better_ = 0;
  unsigned spans_better_ = 0;  // for how many spans that one was better
  int64_t span_start_ = 0, last_ = 0;  // packet of any of them
};

}  // namespace webcast
