// Streams: what the server's producers say of themselves, for /api/streams and for the front page.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "signaling/protocol/link_header.hpp"

namespace webcast {

struct StreamStatus {
  std::string name{};
  std::string title{};  // clean_text(), empty: none
  bool live = false;
  unsigned viewers = 0;
  std::string since{};               // ISO 8601, of the moment it went live; Streams sets it
  std::vector<std::string> video{};  // one line a track
  std::vector<std::string> audio{};
  std::vector<IceServer> ice_servers{};  // that clients are told; holds secrets
};

// "2026-01-31T12:00:00Z".
std::string iso8601(std::chrono::system_clock::time_point time);

class Streams {
 public:
  // False: the name is taken.
  bool add(const std::string& name);
  void remove(const std::string& name) { streams_.erase(name); }
  void update(StreamStatus status);

  bool empty() const { return streams_.empty(); }

  // Who takes a stream; its name is free for a stream too.
  bool add_consumer(const std::string& name) { return consumers_.insert(name).second; }
  void remove_consumer(const std::string& name) { consumers_.erase(name); }
  // The only consumer's name where there is no stream, or nothing.
  std::string only_consumer(const std::vector<StreamStatus>& more = {}) const {
    return empty() && more.empty() && consumers_.size() == 1 ? *consumers_.begin() : "";
  }

  size_t live() const;
  bool has(const std::string& name) const { return streams_.contains(name); }
  // `more`: streams that others publish here.
  // The only stream's name, or nothing.
  std::string only(const std::vector<StreamStatus>& more = {}) const;
  std::vector<IceServer> ice_servers(const std::string& name) const;
  // Those that are live.
  std::string json(const std::vector<StreamStatus>& more = {}) const;

 private:
  std::map<std::string, StreamStatus> streams_;
  std::set<std::string> consumers_;
};

}  // namespace webcast
