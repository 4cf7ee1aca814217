// A webcast-test-viewer at a sink of this process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/sink_pipeline.hpp"

namespace webcast::test {

// The sink of these tests sends from 127.0.0.1 only, to be independent of the machine's network.
inline const std::string kSink =
    " webcastsink name=s location=listen://127.0.0.1:0 local-addresses=\"<127.0.0.1>\" ";
inline const std::string kVideo =
    "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! ";
inline const std::string kAudio = "audiotestsrc is-live=true ! ";

inline uint16_t port_of(const std::string& url) {
  return static_cast<uint16_t>(g_ascii_strtoull(url.c_str() + url.rfind(':') + 1, nullptr, 10));
}

// `url`: of webcast-listening.
std::vector<std::string> viewer_command(const std::string& url,
                                        const std::vector<std::string>& arguments);
std::unique_ptr<Process> watch(const std::string& url,
                               const std::vector<std::string>& arguments = {});

// Waits for the viewer's progress line on which it has `frames` video frames at least.
bool receives(Process& viewer, unsigned frames);
// A number or a text of one of the viewer's JSON lines; "" when it is missing.
std::string json_field(const std::string& line, const std::string& name);

}  // namespace webcast::test
