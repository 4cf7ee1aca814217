#include "plugins/sdp/sdp_layers.hpp"

#include <glib.h>

#include <algorithm>
#include <iterator>

namespace webcast {
namespace {

constexpr size_t kMostLayers = 8, kLongestRid = 32;
constexpr const char* kRidUri = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";

std::string_view take(std::string_view& text, char separator) {
  size_t end = text.find(separator);
  std::string_view head = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return head;
}

// RFC 8851 section 10 has letters and digits alone; "-" and "_" were let in before.
bool is_rid(std::string_view text) {
  return !text.empty() && text.size() <= kLongestRid &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return g_ascii_isalnum(c) || c == '-' || c == '_'; });
}

// What people call layers, the largest first: full, half and quarter, or high, medium and low.
constexpr std::string_view kSizes[] = {"full", "f", "high", "hi", "h", "half",    "medium", "mid",
                                       "mi",   "m", "low",  "lo", "l", "quarter", "q"};

}  // namespace

std::vector<std::string> RemoteMedia::wanted_layers() const {
  if (!has_layers()) return {};
  auto rank = [](const std::string& rid) {
    return std::find(std::begin(kSizes), std::end(kSizes), rid) - std::begin(kSizes);
  };
  auto largest = std::min_element(layers.begin(), layers.end(),
                                  [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  bool told = std::all_of(layers.begin(), layers.end(),
                          [&](const auto& rid) { return rank(rid) < std::ssize(kSizes); });
  return told ? std::vector<std::string>{*largest} : layers;
}

void read_layers(RemoteMedia& media, std::string_view key, std::string_view value) {
  if (key != "simulcast" || !media.layers.empty()) return;
  // "send 1;~2,3 recv 4": layers, paused ones, forms of a layer.
  while (!value.empty()) {
    std::string_view direction = take(value, ' '), list = take(value, ' ');
    if (direction != "send") continue;
    while (!list.empty() && media.layers.size() < kMostLayers) {
      std::string_view forms = take(list, ';'), rid = take(forms, ',');
      if (rid.starts_with('~')) rid.remove_prefix(1);
      bool known = std::find(media.layers.begin(), media.layers.end(), rid) != media.layers.end();
      if (is_rid(rid) && !known) media.layers.emplace_back(rid);
    }
  }
}

void read_layers_extension(RemoteMedia& media, uint8_t id, std::string_view uri) {
  if (uri == kRidUri) media.rid_id = id;
}

void add_layers(GstSDPMedia* media, const RemoteMedia& line) {
  if (!line.has_layers()) return;
  auto add = [media](const char* key, const std::string& value) {
    gst_sdp_media_add_attribute(media, key, value.c_str());
  };
  add("extmap", std::to_string(line.rid_id) + " " + kRidUri);
  std::string all;
  for (const std::string& rid : line.wanted_layers()) {
    add("rid", rid + " recv");
    all += (all.empty() ? "" : ";") + rid;
  }
  add("simulcast", "recv " + all);
}

}  // namespace webcast
