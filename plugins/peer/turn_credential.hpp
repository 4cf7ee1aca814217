// Credentials for a TURN server that knows a secret in place of users (coturn: use-auth-secret;
// draft-uberti-behave-turn-rest-00): the user name is the moment of expiry and a name, the password
// a signature of it. Pure.
#pragma once

#include <chrono>
#include <string>

#include "common/result.hpp"

namespace webcast {

// A session that lasts longer goes on: the server looks at the moment when it is set up.
inline constexpr std::chrono::hours kTurnCredentialLife{24};

// `server` (turn(s)://[user:password@]host:port) with a credential of its own for the peer `id`.
Result<std::string> with_turn_credential(const std::string& server, const std::string& secret,
                                         const std::string& id,
                                         std::chrono::system_clock::time_point now);

}  // namespace webcast
