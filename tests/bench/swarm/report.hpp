// What a swarm prints: text for people, one line of JSON an event for programs.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/swarm/viewer.hpp"

namespace webcast::swarm {

// {"event":…,"seconds":…,"total":{…},"viewers":[{…}]}; times in ms, -1: never.
std::string json_report(const char* event, double seconds,
                        const std::vector<const Viewer*>& viewers);
std::string text_report(const char* event, double seconds,
                        const std::vector<const Viewer*>& viewers);

}  // namespace webcast::swarm
