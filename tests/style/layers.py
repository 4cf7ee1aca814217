"""Who may include whom: strictly downward, as docs/architecture.md draws it."""
import re
import sys

import tree

# A room, and the rooms below it that its files may include.
ROOMS = {
    "common": [],
    "signaling/protocol": ["common"],
    "signaling/web": [],  # the pages; the build makes a header for them
    "signaling/server": ["common", "signaling/protocol", "signaling/web"],
    "signaling/relay": ["common", "signaling/protocol", "signaling/server"],
    "plugins/webcast": [],  # libwebcast-1.0: what programs see
    "plugins/gst": ["common"],
    "plugins/media": ["common", "plugins/gst"],
    "plugins/peer": ["common", "plugins/gst"],
    "plugins/signalers": ["common", "plugins/gst", "plugins/webcast", "signaling/protocol",
                          "signaling/server"],
    "plugins/elements": ["common", "plugins/gst", "plugins/media", "plugins/peer",
                         "plugins/signalers", "plugins/webcast"],
}
# What only these files may touch.
RESERVED = {
    r'#include <libsoup/': ["plugins/signalers/", "signaling/server/"],
    r'#include <json-glib/': ["signaling/protocol/", "signaling/server/"],
    r'"webrtcbin"': ["plugins/peer/webrtc_peer"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def room_of(path):
    return next((room for room in ROOMS if path.startswith(room + "/")), None)


def problems():
    for path in map(str, tree.files(*tree.CPP)):
        room = room_of(path)
        if room is None:
            continue
        code = tree.text(path)
        for include in INCLUDE.findall(code):
            target = room_of(include)
            if target != room and target not in ROOMS[room]:
                yield f"{path}: {room} must not include {include}"
        for pattern, homes in RESERVED.items():
            if re.search(pattern, code) and not path.startswith(tuple(homes)):
                yield f"{path}: {pattern} belongs to {', '.join(homes)}"


if __name__ == "__main__":
    sys.exit(tree.finish(list(problems())))
