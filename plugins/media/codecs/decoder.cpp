#include "plugins/media/codecs/decoder.hpp"

#include "plugins/media/codecs/catalogue.hpp"

namespace webcast {
namespace {

// Where a picture needs those before it, none is left out before a second or two are late.
constexpr unsigned kMaxWaiting = 60, kMaxWaitingIntra = 3;

}  // namespace

Decoder::Decoder(const DecoderOptions& how, ControlThread& control, GstClock* clock,
                 DecoderHandlers handlers)
    : kind_(how.kind), handlers_(std::move(handlers)) {
  StageOptions options;
  options.name = "decoder";
  options.max_buffers = how.intra_only ? kMaxWaitingIntra : kMaxWaiting;
  options.encoded = true;
  options.starts_at_keyframe = how.kind == MediaKind::video;
  options.stall_timeout = how.patience;
  StageHandlers stage;
  stage.build = [this](GstCaps* caps) { return build(caps); };
  stage.sample = [this](GstSample* sample) { on_sample(sample); };
  stage.failed = [this](const Error& error, bool had_output) { on_failed(error, had_output); };
  stage.ended = [this] { handlers_.ended(); };
  stage.context_needed = handlers_.context_needed;
  stage_ = Stage::create(control, std::move(options), std::move(stage));
  if (clock) stage_->set_clock(clock);
}

Decoder::~Decoder() {
  stage_->stop();
}

Result<ElementChain> Decoder::build(GstCaps* caps) {
  std::string media_type = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  if (media_type_ != media_type) {
    media_type_ = media_type;
    candidates_ = decoders_of(caps);
  }
  if (candidates_.empty())
    return Error{
        ErrorCode::not_found,
        "There is no decoder for " + media_type_ + ": install " +
            (media_type_ == "image/jpeg" ? "gstreamer1.0-plugins-good" : "gstreamer1.0-libav")};
  Ref<GstElement> decoder = make_element(candidates_.front().c_str(), "decoder");
  // libav's: what it makes before a recovery point is no picture yet.
  if (decoder && g_object_class_find_property(G_OBJECT_GET_CLASS(decoder.get()), "output-corrupt"))
    g_object_set(decoder.get(), "output-corrupt", FALSE, nullptr);
  // In the machine's memory: each rendition would have to download it otherwise.
  Ref<GstElement> filter = make_element("capsfilter");
  if (!decoder || !filter)
    return Error{ErrorCode::not_found, "The decoder " + candidates_.front() + " cannot be made"};
  Ref<GstCaps> raw =
      adopt(gst_caps_new_empty_simple(kind_ == MediaKind::video ? "video/x-raw" : "audio/x-raw"));
  g_object_set(filter.get(), "caps", raw.get(), nullptr);
  return ElementChain{decoder, filter};
}

void Decoder::on_sample(GstSample* sample) {
  const GstSegment* segment = gst_sample_get_segment(sample);
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  if (!buffer || !gst_sample_get_caps(sample)) return;
  Ref<GstBuffer> copy = adopt(gst_buffer_copy(buffer));
  GST_BUFFER_PTS(copy.get()) =
      gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  GST_BUFFER_DTS(copy.get()) = GST_CLOCK_TIME_NONE;
  if (!GST_BUFFER_PTS_IS_VALID(copy.get())) return;
  handlers_.raw(copy.get(), gst_sample_get_caps(sample));
}

void Decoder::on_failed(const Error& error, bool had_output) {
  if (!candidates_.empty() && !had_output) {
    std::string failed = candidates_.front();
    candidates_.erase(candidates_.begin());
    handlers_.warning(Error{ErrorCode::failed,
                            "The decoder " + failed + " failed at start and is passed over",
                            error.sentence});
  }
  if (candidates_.empty())
    return handlers_.failed(Error{
        ErrorCode::not_supported,
        "The encoded input cannot be decoded on this machine: " + error.sentence, error.cause});
  stage_->restart();
}

}  // namespace webcast
