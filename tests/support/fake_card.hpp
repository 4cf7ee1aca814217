// A graphics card that is none: elements whose pictures are in a memory of their own
// (memory:FakeCard), which cannot be mapped, as that of a card that the processor does not see.
//
//   fakecardupload    from the machine's memory
//   fakecardconvert   formats and sizes, on the card
//   fakecarddownload  to the machine's memory
//   fakecardh264enc   x264enc, which takes NV12 of either memory
//
// Each has a device: that of the GstContext kFakeCardContext which it is given, or one of its own,
// and takes nothing of another device.
#pragma once

#include <gst/gst.h>

#include <atomic>

namespace webcast::test {

inline constexpr const char* kFakeCardContext = "fake.card.device";
inline constexpr const char* kFakeCardMemory = "memory:FakeCard";

enum class FakeCardFault {
  none,
  converter_refuses,
  encoder_refuses,  // pictures on the card
  encoder_dies,     // of the fifth of them, each time
};

// Pictures, by what was done to them; encoded ones by where they were.
struct FakeCardCounts {
  std::atomic<unsigned> converted{0}, downloaded{0}, encoded_on_card{0}, encoded_in_machine{0};
};

// The elements can be had, the encoder before all others, while one of these lives. One at a time.
class FakeCard {
 public:
  explicit FakeCard(FakeCardFault fault = FakeCardFault::none);
  ~FakeCard();
  FakeCard(const FakeCard&) = delete;
  FakeCard& operator=(const FakeCard&) = delete;

  const FakeCardCounts& counts() const;
  // From here on it is not installed.
  static void remove(const char* factory);
};

}  // namespace webcast::test
