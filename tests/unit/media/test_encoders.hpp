// H.264 encoders that misbehave, registered in the test process above all real ones.
#pragma once

#include <gst/gst.h>

namespace webcast {

enum class Misbehaviour {
  fails_to_start,  // NULL to READY fails
  errs_at_once,    // posts an error at its first picture
  stays_silent,    // takes all, gives nothing
  dies_later,      // works, then posts an error at its tenth picture; each time
  in_software,     // its klass does not say Hardware
  deaf,            // makes no keyframe when it is asked for one
  errs_when_large,  // posts an error at its first picture if that is wider than 320
  narrow,           // once it is READY it takes no picture wider than 320
};

// The factory's name. Until hide_test_encoder() it is found.
const char* show_test_encoder(Misbehaviour misbehaviour, unsigned rank = GST_RANK_PRIMARY + 1000);
// Rank NONE. Not removed: GStreamer keeps a pointer to the factory in the class.
void hide_test_encoders();

}  // namespace webcast
