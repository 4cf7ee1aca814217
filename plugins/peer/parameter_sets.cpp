#include "plugins/peer/parameter_sets.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace webcast {
namespace {

using Bytes = std::span<const uint8_t>;

// The Exp-Golomb code (H.264 section 9.1) at that byte, read as the depayloaders do: emulation
// prevention bytes count. Nothing: there is none of 32 bits.
std::optional<uint32_t> number_at(Bytes unit, size_t at) {
  size_t bit = at * 8, end = unit.size() * 8;
  auto next = [&] { return unit[bit / 8] >> (7 - bit % 8) & 1u; };
  size_t zeros = 0;
  for (; bit < end && next() == 0; bit++)
    zeros++;
  if (zeros > 31 || bit + 1 + zeros > end) return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i <= zeros; i++, bit++)
    value = value << 1 | next();
  return static_cast<uint32_t>(value - 1);
}

}  // namespace

// Where the two codecs differ (RFC 6184, RFC 7798). The depayloaders walk no other aggregations:
// MTAPs and PACIs they refuse, and decoding order numbers they know in STAP-Bs and FU-Bs alone.
struct ParameterSets::Form {
  size_t header;  // bytes of a unit's
  unsigned aggregation, aggregation_don, fragment, fragment_don, sequence, picture;
  size_t sequence_id_at, picture_id_at;

  unsigned type_of(Bytes unit) const {
    return header == 1 ? unit[0] & 0x1fu : unit[0] >> 1 & 0x3fu;
  }
  unsigned type_of_fragment(Bytes payload) const {
    return payload[header] & (header == 1 ? 0x1fu : 0x3fu);
  }
};

bool ParameterSets::take_unit(const Form& form, Bytes unit) {
  unsigned type = unit.empty() ? 0 : form.type_of(unit);
  if (type != form.sequence && type != form.picture) return true;
  bool is_sequence = type == form.sequence;
  auto id = number_at(unit, is_sequence ? form.sequence_id_at : form.picture_id_at);
  if (!id) return false;
  std::set<uint32_t>& known = is_sequence ? sequences_ : pictures_;
  if (known.size() >= kMost) return known.contains(*id);
  known.insert(*id);
  return true;
}

bool ParameterSets::take(Bytes payload) {
  static constexpr Form kH264 = {1, 24, 25, 28, 29, 7, 8, 4, 1};
  static constexpr Form kH265 = {2, 48, 48, 49, 49, 33, 34, 15, 2};
  if (payload.empty() || !looks()) return true;
  const Form& form = codec_ == Codec::h264 ? kH264 : kH265;
  unsigned type = form.type_of(payload);
  if (type == form.fragment || type == form.fragment_don) {
    // The depayloaders read the type of one that is too short out of what is behind it.
    if (payload.size() <= form.header) return false;
    unsigned whole = form.type_of_fragment(payload);
    return whole != form.sequence && whole != form.picture;
  }
  if (type != form.aggregation && type != form.aggregation_don) return take_unit(form, payload);
  size_t skipped = form.header + (type == form.aggregation ? 0 : 2);
  Bytes rest = payload.subspan(std::min(skipped, payload.size()));
  while (rest.size() > 2) {
    size_t size = std::min<size_t>(static_cast<size_t>(rest[0]) << 8 | rest[1], rest.size() - 2);
    if (!take_unit(form, rest.subspan(2, size))) return false;
    rest = rest.subspan(2 + size);
  }
  return true;
}

}  // namespace webcast
