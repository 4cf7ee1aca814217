#include "plugins/elements/prospects.hpp"

#include <optional>
#include <vector>

#include "plugins/elements/element_error.hpp"
#include "plugins/media/outlook.hpp"

namespace webcast {

Result<std::set<std::string>> tell_of_missing_encoders(
    GstElement* element, const std::map<std::string, std::shared_ptr<PadTap>>& taps,
    const CheckedSettings& checked) {
  std::set<std::string> told;
  std::vector<Error> lacks;
  bool hopeless = !taps.empty();
  for (const auto& [name, tap] : taps) {
    Ref<GstCaps> coming = adopt(gst_pad_peer_query_caps(tap->ghost_pad(), nullptr));
    Outlook outlook = outlook_of(
        name, tap->kind(), coming.get(),
        tap->kind() == MediaKind::video ? checked.video_preference : checked.audio_preference);
    hopeless = hopeless && outlook.hopeless;
    if (!outlook.lack) continue;
    told.insert(name);
    lacks.push_back(*outlook.lack);
    post_missing_element(element, outlook.missing_element);
  }
  if (hopeless) return lacks.front();
  for (const Error& lack : lacks)
    post_warning(element, lack);
  return told;
}

}  // namespace webcast
