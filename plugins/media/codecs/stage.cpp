#include "plugins/media/codecs/stage.hpp"

#include "plugins/media/codecs/stage_run.hpp"

namespace webcast {
namespace {

// So many must have gone in before an encoder that gives nothing back is called stalled: a slow
// source is not the encoder's fault.
constexpr guint64 kStallBuffers = 5;

bool is_keyframe(GstBuffer* buffer) {
  return !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
}

bool same_media_type(GstCaps* a, GstCaps* b) {
  return gst_structure_has_name(gst_caps_get_structure(a, 0),
                                gst_structure_get_name(gst_caps_get_structure(b, 0)));
}

}  // namespace

Stage::Stage(ControlThread& control, StageOptions options, StageHandlers handlers)
    : control_(control),
      options_(std::move(options)),
      handlers_(std::move(handlers)),
      needs_keyframe_(options_.starts_at_keyframe) {}

Stage::~Stage() {
  if (run_) run_->dispose(false);
}

std::shared_ptr<Stage> Stage::create(ControlThread& control, StageOptions options,
                                     StageHandlers handlers) {
  return std::shared_ptr<Stage>(new Stage(control, std::move(options), std::move(handlers)));
}

void Stage::push(GstBuffer* buffer, GstCaps* caps) {
  if (rests_) return;
  std::lock_guard lock(mutex_);
  if (stopped_ || !admit(buffer)) return;
  ending_ = false;
  if (open_ && fits(caps)) return feed(retain(buffer), caps);
  open_.reset();
  caps_ = retain(caps);
  keep({retain(buffer), retain(caps)});
  want_run();
}

// False: dropped, the decoder could not use it.
bool Stage::admit(GstBuffer* buffer) {
  if (!options_.starts_at_keyframe) return true;
  size_t waiting = open_ ? gst_app_src_get_current_level_buffers(open_->appsrc()) : pending_.size();
  if (waiting >= options_.max_buffers) needs_keyframe_ = true;
  if (needs_keyframe_ && (!is_keyframe(buffer) || waiting >= options_.max_buffers)) {
    dropped_++;
    return false;
  }
  needs_keyframe_ = false;
  return true;
}

bool Stage::fits(GstCaps* caps) const {
  if (caps == caps_.get() || gst_caps_is_equal(caps, caps_.get())) return true;
  return options_.encoded && same_media_type(caps, caps_.get());
}

void Stage::feed(Ref<GstBuffer> buffer, GstCaps* caps) {
  if (caps != caps_.get()) {
    if (!gst_caps_is_equal(caps, caps_.get())) gst_app_src_set_caps(open_->appsrc(), caps);
    caps_ = retain(caps);
  }
  open_->fed++;
  // One of its own (the memories are shared): behind one that it dropped, appsrc (1.22.0) marks a
  // copy of what others hold too, and goes on reading the one that it let go of.
  gst_app_src_push_buffer(open_->appsrc(), gst_buffer_copy(buffer.get()));
}

void Stage::keep(Item item) {
  // Raw frames of other caps would only be converted for nothing.
  if (!options_.encoded && !pending_.empty() &&
      !gst_caps_is_equal(pending_.back().caps.get(), item.caps.get()))
    pending_.clear();
  pending_.push_back(std::move(item));
  if (pending_.size() > options_.max_buffers) {
    pending_.pop_front();
    dropped_++;
  }
}

void Stage::want_run() {
  if (wanted_) return;
  wanted_ = true;
  control_.post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->rebuild();
  });
}

void Stage::end() {
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  ending_ = true;
  needs_keyframe_ = options_.starts_at_keyframe;
  if (open_) {
    gst_app_src_end_of_stream(open_->appsrc());
    open_.reset();
  } else if (!wanted_) {
    control_.post([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->tell_ended();
    });
  }
}

void Stage::set_clock(GstClock* clock) {
  clock_ = retain(clock);
  if (run_ && clock) {
    gst_pipeline_use_clock(GST_PIPELINE(run_->pipeline.get()), clock);
    gst_element_set_clock(run_->pipeline.get(), clock);
  }
}

void Stage::restart() {
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  open_.reset();
  if (caps_) want_run();
}

void Stage::rebuild() {
  Ref<GstCaps> caps;
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    caps = pending_.empty() ? caps_ : pending_.front().caps;
  }
  retire(false);
  auto run = make_run(caps.get());
  if (run) return open(std::move(*run), caps.get());
  {
    std::lock_guard lock(mutex_);
    wanted_ = false;
  }
  fail(run.error(), false);
}

Result<std::shared_ptr<Stage::Run>> Stage::make_run(GstCaps* caps) {
  auto chain = handlers_.build(caps);
  if (!chain) return chain.error();
  auto run = std::make_shared<Run>();
  run->stage = weak_from_this();
  run->control = &control_;
  auto made = run->assemble(options_, *chain, caps);
  if (made) made = run->play(clock_.get());
  if (made) return run;
  run->dispose(false);
  return made.error();
}

void Stage::open(std::shared_ptr<Run> run, GstCaps* caps) {
  run_ = run;
  std::lock_guard lock(mutex_);
  wanted_ = false;
  open_ = run;
  caps_ = retain(caps);
  while (!pending_.empty()) {
    Item item = std::move(pending_.front());
    pending_.pop_front();
    if (!fits(item.caps.get())) {
      pending_.push_front(item);
      caps_ = item.caps;
      open_.reset();
      want_run();
      return;
    }
    feed(std::move(item.buffer), item.caps.get());
  }
  if (options_.stall_timeout.count() > 0) watch_for_stall(run);
  if (!ending_) return;
  gst_app_src_end_of_stream(open_->appsrc());
  open_.reset();
}

void Stage::watch_for_stall(const std::shared_ptr<Run>& run) {
  stall_timer_ = control_.after(options_.stall_timeout, [this, run] {
    if (run != run_ || run->had_output) return;
    if (run->fed < kStallBuffers) return watch_for_stall(run);
    auto code =
        run->blame(nullptr) == ErrorCode::failed ? ErrorCode::timeout : ErrorCode::not_supported;
    on_run_error(run.get(), Error{code, "it was fed, but gave nothing back"}, true);
  });
}

void Stage::retire(bool hung) {
  stall_timer_.cancel();
  {
    std::lock_guard lock(mutex_);
    open_.reset();
  }
  if (auto run = std::exchange(run_, nullptr)) run->dispose(hung);
}

void Stage::on_run_error(const Run* run, const Error& error, bool hung) {
  if (run != run_.get()) return;
  bool had_output = run_->had_output;
  retire(hung);
  fail(error, had_output);
}

void Stage::on_run_ended(const Run* run) {
  if (run != run_.get()) return;
  retire(false);
  tell_ended();
}

void Stage::fail(const Error& error, bool had_output) {
  bool ending;
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    ending = ending_;
    needs_keyframe_ = options_.starts_at_keyframe;
  }
  // Nothing more will come: what fails on the last frames needs no successor.
  if (ending) return tell_ended();
  handlers_.failed(error, had_output);
}

void Stage::tell_ended() {
  {
    std::lock_guard lock(mutex_);
    if (stopped_ || !ending_) return;
    ending_ = false;
  }
  handlers_.ended();
}

bool Stage::send_event(const char* element, GstEvent* event) {
  Ref<GstEvent> owned = adopt(event);
  if (!run_) return false;
  Ref<GstElement> target = adopt(gst_bin_get_by_name(GST_BIN(run_->pipeline.get()), element));
  if (!target) return false;
  // Into its source pad: gst_element_send_event() would push it out of the sink pad.
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(target.get(), "src"));
  return pad && gst_pad_send_event(pad.get(), owned.release());
}

void Stage::stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    pending_.clear();
  }
  retire(false);
}

}  // namespace webcast
