// webcastsrc as a URI source: whep:// and wheps:// name a stream in full. The other locations do
// not (which stream it is stands in a property), so they are no URIs to play.
#include "plugins/elements/webcast_src.hpp"
#include "plugins/signalers/location.hpp"
#include "plugins/signalers/whip/whip.hpp"

namespace webcast {
namespace {

const char* const kProtocols[] = {"whep", "wheps", nullptr};

bool refuse(GError** error, GstURIError code, const std::string& sentence) {
  g_set_error_literal(error, GST_URI_ERROR, code, sentence.c_str());
  return false;
}

char* get_uri(GstURIHandler* handler) {
  SourceState& state = *WEBCAST_SRC(handler)->state;
  std::lock_guard lock(state.mutex);
  auto location = parse_location(state.settings.location);
  bool is_ours = location && g_strv_contains(kProtocols, location->scheme.c_str());
  return is_ours ? g_strdup(redacted_locations(state.settings.location).c_str()) : nullptr;
}

bool take_uri(SourceState& state, std::string uri, GError** error) {
  auto location = parse_location(uri);
  Result<std::string> url =
      location ? whip_url(location->scheme, location->rest) : Result<std::string>(location.error());
  if (!url) return refuse(error, GST_URI_ERROR_BAD_URI, "This is no URI: " + url.error().sentence);
  // In the property it would begin another location.
  for (size_t at; (at = uri.find(',')) != std::string::npos;)
    uri.replace(at, 1, "%2C");
  std::lock_guard lock(state.mutex);
  if (state.running)
    return refuse(error, GST_URI_ERROR_BAD_STATE,
                  "webcastsrc takes another URI in the states NULL and READY only.");
  state.settings.location = uri;
  return true;
}

}  // namespace

void init_source_uri_handler(gpointer interface, gpointer) {
  auto* handler = static_cast<GstURIHandlerInterface*>(interface);
  handler->get_type = [](GType) { return GST_URI_SRC; };
  handler->get_protocols = [](GType) -> const gchar* const* { return kProtocols; };
  handler->get_uri = get_uri;
  handler->set_uri = [](GstURIHandler* source, const gchar* uri, GError** error) -> gboolean {
    return take_uri(*WEBCAST_SRC(source)->state, uri, error);
  };
}

}  // namespace webcast
