// SnapshotList: a list that many threads read without waiting while few change it.
//
// A reader takes the vector as it stands and walks it with no lock held; a change puts a new
// vector in its place. The lock is held for the copy of a pointer only.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace webcast {

template <typename T>
class SnapshotList {
 public:
  using Items = std::vector<std::shared_ptr<T>>;

  std::shared_ptr<const Items> read() const {
    std::lock_guard lock(mutex_);
    return items_;
  }

  void add(std::shared_ptr<T> item) {
    std::lock_guard lock(mutex_);
    auto items = std::make_shared<Items>(*items_);
    items->push_back(std::move(item));
    items_ = std::move(items);
  }

  template <typename Predicate>
  void remove_if(Predicate predicate) {
    std::lock_guard lock(mutex_);
    auto items = std::make_shared<Items>(*items_);
    std::erase_if(*items, [&](const std::shared_ptr<T>& item) { return predicate(*item); });
    items_ = std::move(items);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Items> items_ = std::make_shared<Items>();
};

}  // namespace webcast
