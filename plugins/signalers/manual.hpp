// manual:: offer and answer are carried by people, by mail, chat or a stick. A producer makes an
// offer, whole, with its candidates; a consumer answers one. One offer is for one viewer; when a
// session ends, the next offer is made.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "plugins/signalers/signaler.hpp"

namespace webcast {

inline constexpr const char* kManualScheme = "manual";

class ManualSignaler : public Signaler {
 public:
  // The other side's description as somebody brought it. The error is for that person; of a text
  // that is wrong in itself nothing has come.
  virtual Result<void> take(const std::string& text) = 0;
  // What waits to be carried to the other side; empty: nothing does.
  virtual std::string handed_out() const = 0;
};

// What somebody brought, with the line ends of SDP; `is_offer`: what it has to be. Pure.
Result<std::string> read_by_hand(const std::string& text, bool is_offer);

// Whether the answer may be one to that offer: the same media. Pure.
Result<void> check_answer_fits(const std::string& offer, const std::string& answer);

// `rest`: of the location; there is none.
Result<std::unique_ptr<Signaler>> make_manual_signaler(const std::string& location,
                                                       const std::string& rest,
                                                       SignalerContext context);

}  // namespace webcast
