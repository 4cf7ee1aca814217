// Ids that nobody can foretell: 128 bits of the kernel's randomness. GLib's own (g_random_int(),
// g_uuid_string_random()) come from a Mersenne twister, whose next ones follow from those seen;
// tests/style/secrets.py lets them stand only where nothing depends on it.
#pragma once

#include <string>

namespace webcast {

// 32 hexadecimal digits.
std::string unguessable_id();
// The same as a UUID of version 4 (RFC 9562 section 5.4), which spends six bits on saying so.
std::string unguessable_uuid();

}  // namespace webcast
