// SharedBound: a bound for what many keep, all together. Past it, who has the most loses it, so
// that nobody's hoard takes the room of those who need little.
//
// Pure. Its owner calls it on the server's thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace webcast {

class SharedBound {
 public:
  explicit SharedBound(size_t limit) : limit_(limit) {}

  // So much is `holder`'s now; 0: it is forgotten.
  void set(const std::string& holder, size_t amount);
  // Who has the most while there is more than may be; it has to let go before this is asked again.
  std::optional<std::string> excess() const;
  size_t total() const { return total_; }

 private:
  size_t limit_;
  size_t total_ = 0;
  std::map<std::string, size_t> amounts_;
};

}  // namespace webcast
