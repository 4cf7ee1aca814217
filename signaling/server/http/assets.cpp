#include "signaling/server/http/assets.hpp"

namespace webcast {

namespace {

std::string type_of(const std::string& path) {
  static const std::map<std::string, std::string> types = {
      {"html", "text/html; charset=utf-8"},
      {"js", "text/javascript; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"svg", "image/svg+xml"},
      {"png", "image/png"},
      {"json", "application/json"},
  };
  auto found = types.find(path.substr(path.rfind('.') + 1));
  return found == types.end() ? "application/octet-stream" : found->second;
}

bool is_page(const std::string& path) {
  return g_str_has_suffix(path.c_str(), ".html");
}

}  // namespace

Assets::Assets(GResource* resource, const std::string& prefix) {
  add(resource, prefix, "/");
}

void Assets::add(GResource* resource, const std::string& prefix, const std::string& path) {
  char** names = g_resource_enumerate_children(resource, (prefix + path).c_str(),
                                               G_RESOURCE_LOOKUP_FLAGS_NONE, nullptr);
  for (char** name = names; name && *name; name++) {
    std::string child = path + *name;
    if (g_str_has_suffix(*name, "/")) {
      add(resource, prefix, child);
      continue;
    }
    auto bytes = adopt(g_resource_lookup_data(resource, (prefix + child).c_str(),
                                              G_RESOURCE_LOOKUP_FLAGS_NONE, nullptr));
    if (!bytes) continue;
    char* digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes.get());
    std::string etag = "\"" + std::string(digest).substr(0, 16) + "\"";
    g_free(digest);
    files_[child] = {std::move(bytes), type_of(child), std::move(etag)};
  }
  g_strfreev(names);
}

const Asset* Assets::file(const std::string& path) const {
  if (is_page(path)) return nullptr;
  auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

const Asset* Assets::page(const std::string& name) const {
  auto found = files_.find("/" + name);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace webcast
