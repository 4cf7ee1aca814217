// A GstPromise whose answer comes as a function call; nobody ever waits for one.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <utility>

#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"

namespace webcast {

// `done` is called once, on whatever thread replies, with the reply (may be null) or its "error";
// a promise that is interrupted or expires gives an error too. Give the promise to one call and
// let go of it.
inline Ref<GstPromise> make_promise(std::function<void(Result<const GstStructure*>)> done) {
  using Function = std::function<void(Result<const GstStructure*>)>;
  return adopt(gst_promise_new_with_change_func(
      [](GstPromise* promise, gpointer data) {
        auto& function = *static_cast<Function*>(data);
        if (gst_promise_wait(promise) != GST_PROMISE_RESULT_REPLIED) {
          function(Error{ErrorCode::failed, "The call was given up.", "promise not answered"});
          return;
        }
        const GstStructure* reply = gst_promise_get_reply(promise);
        GError* error = nullptr;
        if (reply && gst_structure_get(reply, "error", G_TYPE_ERROR, &error, nullptr) && error) {
          Error failure{ErrorCode::failed, "The call failed.", error->message};
          g_error_free(error);
          function(std::move(failure));
          return;
        }
        function(reply);
      },
      new Function(std::move(done)), [](gpointer data) { delete static_cast<Function*>(data); }));
}

}  // namespace webcast
