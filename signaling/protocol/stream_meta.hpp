// What a producer's `meta` says of its stream: JSON text <-> StreamMeta. Pure and total.
//
// {"name":"live","title":"The garden","video":1,"audio":1,
//  "tracks":{"video":["H264 1280x720"],"audio":["OPUS"]}}: the numbers are for players, title and
// lines for people. "notice":"no-keyframe" is there while viewers who come get no picture for want
// of one. Producers of others may say less or nothing.
#pragma once

#include <string>
#include <vector>

namespace webcast {

// What viewers should know of a stream that is live.
enum class StreamNotice { none, no_keyframe };

struct StreamMeta {
  std::string name{};                         // empty: none that a stream may have
  std::vector<std::string> video{}, audio{};  // one line a track
  std::string title{};                        // clean_text()
  StreamNotice notice = StreamNotice::none;   // written; nobody here reads it
  friend bool operator==(const StreamMeta&, const StreamMeta&) = default;
};

// `meta` as it comes from decode().
StreamMeta read_stream_meta(const std::string& meta);
// Without the lines it stays the same while only those change.
enum class TrackLines { told, left_out };
std::string write_stream_meta(const StreamMeta& stream, TrackLines lines = TrackLines::told);

}  // namespace webcast
