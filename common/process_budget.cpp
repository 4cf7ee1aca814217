#include "common/process_budget.hpp"

#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <limits>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "common/address_key.hpp"

namespace webcast {

namespace {

constexpr size_t kNone = std::numeric_limits<size_t>::max();
constexpr size_t kMiB = 1024 * 1024;

size_t left(size_t limit, size_t used) {
  return limit == kNone ? kNone : limit - std::min(limit, used);
}

size_t limit_of(decltype(RLIMIT_NOFILE) resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNone;
  return limit.rlim_cur;
}

std::optional<size_t> number_in(const std::string& path) {
  std::ifstream file(path);
  size_t number = 0;
  if (file >> number) return number;
  return std::nullopt;  // "max", too
}

size_t entries_in(const char* path) {
  DIR* directory = opendir(path);
  if (!directory) return 0;
  size_t count = 0;
  while (dirent* entry = readdir(directory))
    count += entry->d_name[0] != '.';
  closedir(directory);
  return count;
}

size_t descriptors_in_use() {
  // Linux 6.2 and later tells their number as the size, which takes no descriptor.
  struct stat about {};
  if (stat("/proc/self/fd", &about) == 0 && about.st_size > 0)
    return static_cast<size_t>(about.st_size);
  if (size_t count = entries_in("/proc/self/fd")) return count - 1;  // not the one that looked
  return errno == EMFILE ? kNone : 0;
}

// Threads of a process, of one user if it is told; by its `status`.
size_t threads_in(const std::string& status, std::optional<uid_t> user = {}) {
  std::ifstream file(status);
  std::string word;
  while (file >> word) {
    uid_t of = 0;
    if (word == "Uid:" && file >> of && user && of != *user) return 0;
    size_t threads = 0;
    if (word == "Threads:" && file >> threads) return threads;
  }
  return 0;
}

// RLIMIT_NPROC counts the threads of all processes of the user. Those of others are looked at once
// a second, which is as often as anybody may do that to a busy machine.
size_t threads_of_user(size_t own) {
  static std::mutex mutex;
  static std::chrono::steady_clock::time_point looked{};
  static size_t others = 0;
  std::lock_guard lock(mutex);
  auto now = std::chrono::steady_clock::now();
  if (looked != decltype(looked){} && now - looked < std::chrono::seconds(1)) return own + others;
  looked = now;
  size_t all = 0;
  DIR* directory = opendir("/proc");
  while (directory) {
    dirent* entry = readdir(directory);
    if (!entry) break;
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])))
      all += threads_in(std::string("/proc/") + entry->d_name + "/status", getuid());
  }
  if (directory) closedir(directory);
  others = all - std::min(all, own);
  return own + others;
}

// The folders of the control groups that count our threads, from our own upwards.
std::vector<std::string> find_control_groups() {
  std::vector<std::string> folders;
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && controllers.find("pids") == std::string::npos) continue;
    std::string root = controllers.empty() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
    for (std::string path = line.substr(second + 1);; path.erase(path.rfind('/'))) {
      if (path == "/") path.clear();
      if (access((root + path + "/pids.max").c_str(), R_OK) == 0) folders.push_back(root + path);
      if (path.empty()) break;
    }
  }
  return folders;
}

void narrow(size_t& limit, size_t& free, size_t other_limit, size_t other_free) {
  limit = std::min(limit, other_limit);
  free = std::min(free, other_free);
}

void measure_threads(ProcessResources& found) {
  size_t own = threads_in("/proc/self/status");
  found.limit.threads = found.free.threads = kNone;
  if (size_t limit = limit_of(RLIMIT_NPROC); limit != kNone)
    narrow(found.limit.threads, found.free.threads, limit, left(limit, threads_of_user(own)));
  static const std::vector<std::string> groups = find_control_groups();
  for (const std::string& group : groups) {
    auto limit = number_in(group + "/pids.max"), used = number_in(group + "/pids.current");
    if (limit && used) narrow(found.limit.threads, found.free.threads, *limit, left(*limit, *used));
  }
}

struct Shared {
  std::mutex mutex;
  Budget budget;
  Budget::Id next_id = 1;
};

Shared& shared() {
  // Never freed: a pipeline may be freed later than static objects.
  static auto* instance = new Shared;
  return *instance;
}

Headroom room_now() {
  ProcessResources found = measure_process();
  return {found.free, reserve_of(found.limit)};
}

Budget::Id next_id() {
  Shared& self = shared();
  std::lock_guard lock(self.mutex);
  return self.next_id++;
}

}  // namespace

ProcessResources measure_process() {
  ProcessResources found;
  found.limit.descriptors = limit_of(RLIMIT_NOFILE);
  found.free.descriptors = left(found.limit.descriptors, descriptors_in_use());
  measure_threads(found);
  found.limit.address_space = limit_of(RLIMIT_AS);
  size_t pages = number_in("/proc/self/statm").value_or(0);
  found.free.address_space =
      left(found.limit.address_space, pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)));
  return found;
}

// For connections and encoders that start while peers are made, for libraries' own threads, and
// for the application; more than a quarter of a small limit would leave too little for viewers.
Resources reserve_of(const Resources& limit) {
  size_t cores = std::max(1u, std::thread::hardware_concurrency());
  return {.descriptors = std::min<size_t>(64, limit.descriptors / 4),
          .threads = std::min<size_t>(32 + 4 * cores, limit.threads / 4),
          .address_space = std::min<size_t>(768 * kMiB, limit.address_space / 4)};
}

Place::Place(Resources cost, const std::string& address)
    : id_(next_id()), cost_(cost), from_(address.empty() ? "" : key_of_address(address)) {}

Place::~Place() {
  Shared& self = shared();
  std::lock_guard lock(self.mutex);
  self.budget.give_back(id_);
}

Budget::Answer Place::ask() {
  Shared& self = shared();
  {
    // A line of 64 asks ten times a second, and each measure reads what is in /proc.
    std::lock_guard lock(self.mutex);
    if (self.budget.is_behind(id_, std::chrono::steady_clock::now())) return Budget::Answer::waits;
  }
  Headroom room = room_now();
  std::lock_guard lock(self.mutex);
  return self.budget.ask(id_, cost_, room, std::chrono::steady_clock::now(), from_);
}

void Place::taken() {
  Shared& self = shared();
  std::lock_guard lock(self.mutex);
  self.budget.taken(id_);
}

bool process_has_room(const Resources& cost) {
  Headroom room = room_now();
  Shared& self = shared();
  std::lock_guard lock(self.mutex);
  return self.budget.has_room(cost, room);
}

size_t address_space_of_thread() {
  pthread_attr_t attributes;
  size_t stack = 8 * kMiB;
  if (pthread_getattr_default_np(&attributes) == 0) {
    pthread_attr_getstacksize(&attributes, &stack);
    pthread_attr_destroy(&attributes);
  }
  return stack + kMiB / 4;
}

Error no_room() {
  ProcessResources found = measure_process();
  auto share = [](size_t free, size_t limit) {
    return limit == kNone ? 1.0 : static_cast<double>(free) / static_cast<double>(limit);
  };
  double descriptors = share(found.free.descriptors, found.limit.descriptors);
  double threads = share(found.free.threads, found.limit.threads);
  double memory = share(found.free.address_space, found.limit.address_space);
  std::ostringstream text;
  if (descriptors <= threads && descriptors <= memory)
    text << "the limit is " << found.limit.descriptors
         << " open files: raise it (ulimit -n, LimitNOFILE= of systemd)";
  else if (threads <= memory)
    text << "the limit is " << found.limit.threads
         << " threads: raise it (ulimit -u, TasksMax= of systemd, pids.max of the container)";
  else
    text << "the limit is " << found.limit.address_space / kMiB
         << " MiB of address space: raise it (ulimit -v, LimitAS= of systemd)";
  return {ErrorCode::limit, std::string(kNoRoom) + ": try again later", text.str()};
}

}  // namespace webcast
