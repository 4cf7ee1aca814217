// LayerChoice: which of the layers of a picture (simulcast, RFC 8853) is the one to take: the best
// that comes.
//
// An offer does not tell which of its layers is the largest: some list it first, some last. What is
// sent does: the largest has the most bytes. Layers come and go as the sender finds bandwidth.
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
  // A packet of a layer came; `now` in µs. True: another layer is taken from now on.
  bool packet(size_t layer, size_t bytes, int64_t now);
  size_t chosen() const { return chosen_; }

 private:
  struct Layer {
    uint64_t bytes = 0;  // of this span
    int64_t last = 0;
  };

  bool choose(size_t layer);
  bool look_at_span(int64_t now);

  std::vector<Layer> layers_;
  size_t chosen_ = 0, better_ = 0;
  unsigned spans_better_ = 0;  // for how many spans that one was better
  int64_t span_start_ = 0;
};

}  // namespace webcast
