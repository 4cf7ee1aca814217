#include "plugins/media/governor.hpp"

namespace webcast {

KeyframeGovernor::Decision KeyframeGovernor::request(Time now) {
  waiting_ = true;
  return poll(now);
}

KeyframeGovernor::Decision KeyframeGovernor::poll(Time now) {
  if (!waiting_) return {};
  if (last_forced_ && now < *last_forced_ + kWindow) return {false, *last_forced_ + kWindow};
  last_forced_ = now;
  return {true, now + kWindow};
}

}  // namespace webcast
