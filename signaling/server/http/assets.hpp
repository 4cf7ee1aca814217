// Assets: the pages and scripts, by a table made once. Nothing is looked up by a name that came
// from the network, and nothing is read from disk.
#pragma once

#include <gio/gio.h>

#include <map>
#include <string>

#include "common/ref.hpp"

namespace webcast {

struct Asset {
  Ref<GBytes> bytes{};
  std::string type{};  // Content-Type
  std::string etag{};
};

class Assets {
 public:
  // Everything below `prefix` ("/org/gstwebcast/web"); paths are kept relative to it.
  Assets(GResource* resource, const std::string& prefix);

  // "/webcast.js"; null when there is none. Pages are not reached by their files' names.
  const Asset* file(const std::string& path) const;
  // "player.html".
  const Asset* page(const std::string& name) const;

 private:
  void add(GResource* resource, const std::string& prefix, const std::string& path);

  std::map<std::string, Asset> files_;
};

}  // namespace webcast
