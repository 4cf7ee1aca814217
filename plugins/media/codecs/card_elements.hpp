// Which installed elements work on pictures in a graphics card's memory. Any thread.
#pragma once

#include <vector>

#include "plugins/media/codecs/card_path.hpp"

namespace webcast {

// Known ones first, then others whose klass says Converter and Video.
std::vector<CardConverter> card_converters();

}  // namespace webcast
