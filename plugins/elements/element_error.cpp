#include "plugins/elements/element_error.hpp"

#include <gst/pbutils/missing-plugins.h>

#include "plugins/peer/peer.hpp"
#include "plugins/session/debug.hpp"

namespace webcast {
namespace {

struct Code {
  GQuark domain;
  int code;
};

Code code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
    case ErrorCode::not_found:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
    case ErrorCode::not_supported:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND};
    case ErrorCode::in_use:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY};
    case ErrorCode::refused:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED};
    case ErrorCode::limit:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT};
    case ErrorCode::timeout:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE};
    case ErrorCode::failed:
      break;
  }
  return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED};
}

void post(GstElement* element, GstMessageType type, const Error& error) {
  Code code = code_of(error.code);
  // Takes over both texts.
  gst_element_message_full(
      element, type, code.domain, code.code, g_strdup(error.sentence.c_str()),
      g_strdup(error.cause.empty() ? error.sentence.c_str() : error.cause.c_str()), __FILE__,
      GST_FUNCTION, __LINE__);
}

}  // namespace

void post_error(GstElement* element, const Error& error) {
  post(element, GST_MESSAGE_ERROR, error);
}

void post_missing_element(GstElement* element, const std::string& factory) {
  gst_element_post_message(element, gst_missing_element_message_new(element, factory.c_str()));
}

bool is_all_installed(GstElement* element) {
  std::string missing;
  auto installed = Peer::check_installed(&missing);
  if (installed) return true;
  post_missing_element(element, missing);
  post_error(element, installed.error());
  return false;
}

void post_warning(GstElement* element, const Error& error) {
  post(element, GST_MESSAGE_WARNING, error);
}

void post_info(GstElement* element, const std::string& sentence) {
  post(element, GST_MESSAGE_INFO, Error{ErrorCode::failed, sentence});
}

}  // namespace webcast
