// ParameterSets: which parameter sets of H.264 and H.265 the packets of one medium bring.
//
// rtph264depay and rtph265depay (1.22), where they give length-prefixed units, keep each that has
// another number for as long as they live, and look through all of them for each that comes: of
// 140 kB of them that takes 20 s. (H.265's video parameter sets have 16 numbers and need no bound.)
// Pure; of one thread at a time.
#pragma once

#include <cstdint>
#include <set>
#include <span>

#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

class ParameterSets {
 public:
  // Of each kind. Most encoders have one or two, but OpenH264, left as it is (Firefox does so),
  // takes the next number at each IDR picture: 32 of sequences, 57 of pictures. H.265 has 64.
  static constexpr size_t kMost = 64;

  explicit ParameterSets(Codec codec) : codec_(codec) {}
  bool looks() const { return codec_ == Codec::h264 || codec_ == Codec::h265; }
  // `payload`: what is behind the RTP header. False, and the packet is not to be taken: it brings
  // more of them than anybody needs, or one in pieces.
  bool take(std::span<const uint8_t> payload);

 private:
  struct Form;
  bool take_unit(const Form& form, std::span<const uint8_t> unit);

  const Codec codec_;
  std::set<uint32_t> sequences_, pictures_;  // the numbers that the depayloader reads
};

}  // namespace webcast
