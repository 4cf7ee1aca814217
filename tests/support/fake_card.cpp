#include "tests/support/fake_card.hpp"

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "plugins/gst/gst_ref.hpp"

namespace webcast::test {
namespace {

std::atomic<FakeCardFault> fault{FakeCardFault::none};
FakeCardCounts counts_of_all;
std::atomic<guint64> last_device{0};

// The memory: a picture that only the card's own elements find.

struct CardMemory {
  GstMemory memory;
  guint64 device;
  GstBuffer* picture;
};

gpointer refuse_to_map(GstMemory*, gsize, GstMapFlags) {
  return nullptr;
}

void free_memory(GstAllocator*, GstMemory* memory) {
  auto* card = reinterpret_cast<CardMemory*>(memory);
  gst_buffer_unref(card->picture);
  delete card;
}

GstAllocator* allocator() {
  static GstAllocator* only = [] {
    GTypeInfo info = {};
    info.class_size = sizeof(GstAllocatorClass);
    info.instance_size = sizeof(GstAllocator);
    info.class_init = [](gpointer klass, gpointer) {
      static_cast<GstAllocatorClass*>(klass)->free = free_memory;
    };
    info.instance_init = [](GTypeInstance* instance, gpointer) {
      auto* made = reinterpret_cast<GstAllocator*>(instance);
      made->mem_type = "FakeCardMemory";
      made->mem_map = refuse_to_map;
      made->mem_unmap = [](GstMemory*) {};
      GST_OBJECT_FLAG_SET(made, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
    };
    GType type = g_type_register_static(GST_TYPE_ALLOCATOR, "WebcastFakeCardAllocator", &info,
                                        GTypeFlags(0));
    auto* made = static_cast<GstAllocator*>(g_object_new(type, nullptr));
    GST_OBJECT_FLAG_SET(made, GST_OBJECT_FLAG_MAY_BE_LEAKED);
    return static_cast<GstAllocator*>(gst_object_ref_sink(made));
  }();
  return only;
}

Ref<GstBuffer> put_on_card(Ref<GstBuffer> picture, guint64 device) {
  auto* card = new CardMemory{};
  gsize size = gst_buffer_get_size(picture.get());
  gst_memory_init(&card->memory, GstMemoryFlags(0), allocator(), nullptr, size, 0, 0, size);
  card->device = device;
  card->picture = picture.release();
  Ref<GstBuffer> buffer = adopt(gst_buffer_new());
  gst_buffer_append_memory(buffer.get(), &card->memory);
  return buffer;
}

CardMemory* card_memory(GstBuffer* buffer) {
  if (gst_buffer_n_memory(buffer) != 1) return nullptr;
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  return gst_memory_is_type(memory, "FakeCardMemory") ? reinterpret_cast<CardMemory*>(memory)
                                                      : nullptr;
}

// The elements.

enum class Job { upload, convert, download, encode };

struct Traits {
  Job job;
  const char* factory;
  const char* klass;
  const char* sink;
  const char* source;
  GType type = 0;
};

#define FAKE_CARD_PICTURE                                                                  \
  "format=(string){ NV12, I420, RGBA }, width=(int)[ 1, 4096 ], height=(int)[ 1, 4096 ], " \
  "pixel-aspect-ratio=(fraction)[ 1/4096, 4096/1 ]"

Traits traits[] = {
    {Job::upload, "fakecardupload", "Filter/Video/Uploader", "video/x-raw, " FAKE_CARD_PICTURE,
     "video/x-raw(memory:FakeCard), " FAKE_CARD_PICTURE},
    {Job::convert, "fakecardconvert", "Filter/Converter/Video/Scaler/Hardware",
     "video/x-raw(memory:FakeCard), " FAKE_CARD_PICTURE,
     "video/x-raw(memory:FakeCard), " FAKE_CARD_PICTURE},
    {Job::download, "fakecarddownload", "Filter/Converter/Video",
     "video/x-raw(memory:FakeCard), " FAKE_CARD_PICTURE, "video/x-raw, " FAKE_CARD_PICTURE},
    {Job::encode, "", "Filter/Video",
     "video/x-raw(memory:FakeCard), format=(string)NV12; video/x-raw, format=(string)NV12",
     "video/x-raw, format=(string)NV12"},
};
#undef FAKE_CARD_PICTURE

struct State {
  guint64 device = 0;
  unsigned encoded = 0;
  GstVideoInfo in{}, out{};
  bool to_card = false;
  std::unique_ptr<GstVideoConverter, decltype(&gst_video_converter_free)> converter{
      nullptr, gst_video_converter_free};
};

struct CardElement {
  GstBaseTransform parent;
  State* state;
};

const Traits& traits_of(gpointer instance) {
  return *static_cast<Traits*>(
      g_type_get_qdata(G_OBJECT_TYPE(instance), g_quark_from_static_string("fake-card")));
}

State& state_of(gpointer instance) {
  return *static_cast<CardElement*>(instance)->state;
}

GstBaseTransformClass* base() {
  return static_cast<GstBaseTransformClass*>(g_type_class_peek(GST_TYPE_BASE_TRANSFORM));
}

GstCaps* transform_caps(GstBaseTransform* element, GstPadDirection direction, GstCaps* caps,
                        GstCaps* filter) {
  GstPad* other = direction == GST_PAD_SINK ? GST_BASE_TRANSFORM_SRC_PAD(element)
                                            : GST_BASE_TRANSFORM_SINK_PAD(element);
  Ref<GstCaps> templ = adopt(gst_pad_get_pad_template_caps(other));
  Ref<GstCaps> all = adopt(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    StructurePtr structure(gst_structure_copy(gst_caps_get_structure(caps, i)));
    if (traits_of(element).job == Job::convert)
      gst_structure_remove_fields(structure.get(), "format", "colorimetry", "chroma-site", "width",
                                  "height", "pixel-aspect-ratio", nullptr);
    for (guint j = 0; j < gst_caps_get_size(templ.get()); j++)
      gst_caps_append_structure_full(all.get(), gst_structure_copy(structure.get()),
                                     gst_caps_features_copy(gst_caps_get_features(templ.get(), j)));
  }
  Ref<GstCaps> fit = adopt(gst_caps_intersect(all.get(), templ.get()));
  return filter ? gst_caps_intersect_full(filter, fit.get(), GST_CAPS_INTERSECT_FIRST)
                : fit.release();
}

bool is_on_card(GstCaps* caps) {
  return gst_caps_features_contains(gst_caps_get_features(caps, 0), kFakeCardMemory);
}

gboolean set_caps(GstBaseTransform* element, GstCaps* in, GstCaps* out) {
  State& state = state_of(element);
  Job job = traits_of(element).job;
  if ((job == Job::convert && fault == FakeCardFault::converter_refuses) ||
      (job == Job::encode && fault == FakeCardFault::encoder_refuses && is_on_card(in)))
    return FALSE;
  if (!gst_video_info_from_caps(&state.in, in) || !gst_video_info_from_caps(&state.out, out))
    return FALSE;
  state.to_card = is_on_card(out);
  state.converter.reset();
  if (job != Job::convert) return TRUE;
  state.converter.reset(gst_video_converter_new(&state.in, &state.out, nullptr));
  return state.converter != nullptr;
}

Ref<GstBuffer> converted(State& state, GstBuffer* picture) {
  Ref<GstBuffer> made =
      adopt(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&state.out), nullptr));
  GstVideoFrame from, to;
  if (!gst_video_frame_map(&from, &state.in, picture, GST_MAP_READ)) return {};
  if (gst_video_frame_map(&to, &state.out, made.get(), GST_MAP_WRITE)) {
    gst_video_converter_frame(state.converter.get(), &from, &to);
    gst_video_frame_unmap(&to);
  }
  gst_video_frame_unmap(&from);
  return made;
}

void count(Job job, bool was_on_card) {
  if (job == Job::convert) counts_of_all.converted++;
  if (job == Job::download) counts_of_all.downloaded++;
  if (job == Job::encode)
    (was_on_card ? counts_of_all.encoded_on_card : counts_of_all.encoded_in_machine)++;
}

GstFlowReturn work(GstBaseTransform* element, GstBuffer* input, GstBuffer** output) {
  State& state = state_of(element);
  CardMemory* card = card_memory(input);
  if (card && card->device != state.device) {
    GST_ELEMENT_ERROR(element, RESOURCE, FAILED, ("the picture is of another device"), (nullptr));
    return GST_FLOW_ERROR;
  }
  bool encodes = traits_of(element).job == Job::encode;
  if (encodes && card && fault == FakeCardFault::encoder_dies && ++state.encoded == 5) {
    GST_ELEMENT_ERROR(element, RESOURCE, FAILED, ("the card hangs"), (nullptr));
    return GST_FLOW_ERROR;
  }
  count(traits_of(element).job, card != nullptr);
  if (gst_base_transform_is_passthrough(element)) {
    *output = input;
    return GST_FLOW_OK;
  }
  GstBuffer* picture = card ? card->picture : input;
  Ref<GstBuffer> made =
      state.converter ? converted(state, picture) : adopt(gst_buffer_copy(picture));
  if (!made) return GST_FLOW_ERROR;
  if (state.to_card) made = put_on_card(std::move(made), state.device);
  gst_buffer_copy_into(made.get(), input,
                       GstBufferCopyFlags(GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS), 0,
                       -1);
  *output = made.release();
  return GST_FLOW_OK;
}

void set_context(GstElement* element, GstContext* context) {
  if (gst_context_has_context_type(context, kFakeCardContext))
    gst_structure_get_uint64(gst_context_get_structure(context), "device",
                             &state_of(element).device);
  GST_ELEMENT_CLASS(base())->set_context(element, context);
}

// As elements of real cards do; their neighbours' answers to a query come first there.
void find_device(GstElement* element) {
  State& state = state_of(element);
  if (state.device == 0)
    gst_element_post_message(element,
                             gst_message_new_need_context(GST_OBJECT(element), kFakeCardContext));
  if (state.device != 0) return;
  Ref<GstContext> context = adopt(gst_context_new(kFakeCardContext, FALSE));
  gst_structure_set(gst_context_writable_structure(context.get()), "device", G_TYPE_UINT64,
                    ++last_device, nullptr);
  gst_element_set_context(element, context.get());
  gst_element_post_message(
      element, gst_message_new_have_context(GST_OBJECT(element), gst_context_ref(context.get())));
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
  if (change == GST_STATE_CHANGE_NULL_TO_READY) find_device(element);
  return GST_ELEMENT_CLASS(base())->change_state(element, change);
}

void finalize(GObject* object) {
  delete reinterpret_cast<CardElement*>(object)->state;
  G_OBJECT_CLASS(base())->finalize(object);
}

void add_template(GstElementClass* klass, GstPadDirection direction, const char* text) {
  Ref<GstCaps> caps = adopt(gst_caps_from_string(text));
  const char* name = direction == GST_PAD_SINK ? "sink" : "src";
  gst_element_class_add_pad_template(
      klass, gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps.get()));
}

void init_class(gpointer klass, gpointer data) {
  auto* own = static_cast<Traits*>(data);
  G_OBJECT_CLASS(klass)->finalize = finalize;
  auto* element = GST_ELEMENT_CLASS(klass);
  element->change_state = change_state;
  element->set_context = set_context;
  gst_element_class_set_metadata(element, "Fake graphics card", own->klass, "For tests",
                                 "The gst-webcast authors");
  add_template(element, GST_PAD_SINK, own->sink);
  add_template(element, GST_PAD_SRC, own->source);
  auto* transform = GST_BASE_TRANSFORM_CLASS(klass);
  transform->passthrough_on_same_caps = own->job == Job::convert || own->job == Job::encode;
  transform->transform_ip_on_passthrough = FALSE;
  transform->transform_caps = transform_caps;
  transform->set_caps = set_caps;
  transform->prepare_output_buffer = work;
  transform->decide_allocation = [](GstBaseTransform*, GstQuery*) -> gboolean { return TRUE; };
  transform->transform = [](GstBaseTransform*, GstBuffer*, GstBuffer*) { return GST_FLOW_OK; };
}

GType type_of(Traits& own) {
  if (own.type) return own.type;
  GTypeInfo info = {};
  info.class_size = sizeof(GstBaseTransformClass);
  info.instance_size = sizeof(CardElement);
  info.class_init = init_class;
  info.class_data = &own;
  info.instance_init = [](GTypeInstance* instance, gpointer) {
    reinterpret_cast<CardElement*>(instance)->state = new State;
  };
  std::string name = "WebcastFakeCard" + std::to_string(static_cast<int>(own.job));
  own.type = g_type_register_static(GST_TYPE_BASE_TRANSFORM, name.c_str(), &info, GTypeFlags(0));
  g_type_set_qdata(own.type, g_quark_from_static_string("fake-card"), &own);
  return own.type;
}

// The encoder is a bin.

constexpr const char* kEncoder = "fakecardh264enc";

void make_encoder(GTypeInstance* instance, gpointer) {
  auto* engine = GST_ELEMENT(g_object_new(type_of(traits[static_cast<int>(Job::encode)]), nullptr));
  GstElement* x264 = gst_element_factory_make("x264enc", nullptr);
  gst_util_set_object_arg(G_OBJECT(x264), "tune", "zerolatency");
  gst_util_set_object_arg(G_OBJECT(x264), "speed-preset", "ultrafast");
  gst_bin_add_many(GST_BIN(instance), engine, x264, nullptr);
  gst_element_link(engine, x264);
  for (auto [name, inner] : {std::pair{"sink", engine}, std::pair{"src", x264}}) {
    Ref<GstPad> target = adopt(gst_element_get_static_pad(inner, name));
    GstPadTemplate* templ =
        gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(instance), name);
    gst_element_add_pad(GST_ELEMENT(instance),
                        gst_ghost_pad_new_from_template(name, target.get(), templ));
  }
}

GType encoder_type() {
  static GType type = [] {
    GTypeInfo info = {};
    info.class_size = sizeof(GstBinClass);
    info.instance_size = sizeof(GstBin);
    info.class_init = [](gpointer klass, gpointer) {
      gst_element_class_set_metadata(GST_ELEMENT_CLASS(klass), "Fake graphics card's encoder",
                                     "Codec/Encoder/Video/Hardware", "For tests",
                                     "The gst-webcast authors");
      add_template(GST_ELEMENT_CLASS(klass), GST_PAD_SINK,
                   traits[static_cast<int>(Job::encode)].sink);
      add_template(GST_ELEMENT_CLASS(klass), GST_PAD_SRC,
                   "video/x-h264, stream-format=(string)byte-stream, alignment=(string)au, "
                   "profile=(string)constrained-baseline");
    };
    info.instance_init = make_encoder;
    return g_type_register_static(GST_TYPE_BIN, "WebcastFakeCardEncoder", &info, GTypeFlags(0));
  }();
  return type;
}

std::map<std::string, Ref<GstPluginFeature>>& features() {
  static std::map<std::string, Ref<GstPluginFeature>> all;
  return all;
}

void show(const char* factory, GType type, unsigned rank) {
  Ref<GstPluginFeature>& feature = features()[factory];
  if (!feature) {
    gst_element_register(nullptr, factory, rank, type);
    feature = adopt(gst_registry_lookup_feature(gst_registry_get(), factory));
    return;
  }
  gst_registry_add_feature(gst_registry_get(), feature.get());
}

}  // namespace

FakeCard::FakeCard(FakeCardFault wanted) {
  fault = wanted;
  for (auto* count : {&counts_of_all.converted, &counts_of_all.downloaded,
                      &counts_of_all.encoded_on_card, &counts_of_all.encoded_in_machine})
    *count = 0;
  for (Traits& own : traits)
    if (own.job != Job::encode) show(own.factory, type_of(own), GST_RANK_NONE);
  show(kEncoder, encoder_type(), GST_RANK_PRIMARY + 1000);
}

FakeCard::~FakeCard() {
  for (const auto& [factory, feature] : features())
    remove(factory.c_str());
}

const FakeCardCounts& FakeCard::counts() const {
  return counts_of_all;
}

void FakeCard::remove(const char* factory) {
  Ref<GstPluginFeature> present = adopt(gst_registry_lookup_feature(gst_registry_get(), factory));
  if (present) gst_registry_remove_feature(gst_registry_get(), present.get());
}

}  // namespace webcast::test
