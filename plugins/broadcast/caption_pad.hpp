// CaptionPad: a text_%u pad of webcastsink. Timed text comes in, and is handed on at the moment when
// it is to be shown.
//
// Owned by the element's state and, while it runs, the broadcast.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"

namespace webcast {

inline constexpr size_t kMaxCaption = 2000;  // characters; the rest is cut off

struct Caption {
  std::string text{};                     // without markup
  std::chrono::milliseconds duration{0};  // 0: not told
};

// Plain text of a buffer's: `is_markup`: Pango's. Cut to kMaxCaption; what is not UTF-8 gives none.
std::string caption_text(const std::string& text, bool is_markup);

class CaptionPad : public std::enable_shared_from_this<CaptionPad> {
 public:
  using Show = std::function<void(const Caption&)>;  // the pad's streaming thread

  static Result<std::shared_ptr<CaptionPad>> create(GstBin* bin, const std::string& name,
                                                    GstPadTemplate* templ);
  void remove(GstBin* bin);
  GstPad* ghost_pad() const { return ghost_.get(); }
  // Empty: nobody shows anything.
  void set_show(Show show);

 private:
  void on_sample(GstSample* sample);

  Ref<GstElement> queue_, appsink_;
  Ref<GstPad> ghost_;
  std::mutex mutex_;
  Show show_;
};

}  // namespace webcast
