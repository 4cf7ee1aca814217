// Session descriptions with a fingerprint that is not the sender's: good, bad, none, sha1.
#pragma once

#include <string>

// What goes out under --fingerprint: the peer must find out by itself.
inline std::string falsified(std::string sdp, const std::string& mode) {
  if (mode == "good") return sdp;
  for (size_t at = sdp.find("a=fingerprint:"); at != std::string::npos;
       at = sdp.find("a=fingerprint:", at + 1)) {
    size_t end = sdp.find("\r\n", at);
    if (mode == "none") {
      sdp.erase(at, end + 2 - at);
      at = 0;
    } else if (mode == "bad") {
      size_t digit = end - 1;
      sdp[digit] = sdp[digit] == '0' ? '1' : '0';
    } else if (mode == "sha1") {
      sdp.replace(
          at, end - at,
          "a=fingerprint:sha-1 01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14");
    }
  }
  return sdp;
}
