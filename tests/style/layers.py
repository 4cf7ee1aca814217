"""Who may include whom: strictly downward, as docs/architecture.md draws it."""
import re
import sys

import tree

# A room, and the rooms below it that its files may include.
ROOMS = {
    "common": [],
    "signaling/protocol": ["common"],
    "signaling/web": [],  # the pages; the build makes a header for them
    "signaling/server/room": ["common", "signaling/protocol"],
    "signaling/server/http": ["common", "signaling/protocol", "signaling/server/room"],
    "signaling/server/switchboard": ["common", "signaling/protocol", "signaling/server/room",
                                     "signaling/server/http"],
    "signaling/server/whip": ["common", "signaling/protocol", "signaling/server/http",
                              "signaling/server/switchboard"],
    "signaling/server": ["common", "signaling/protocol", "signaling/web", "signaling/server/room",
                         "signaling/server/http", "signaling/server/switchboard",
                         "signaling/server/whip"],
    "signaling/relay": ["common", "signaling/server", "signaling/server/http",
                        "signaling/server/switchboard"],
    "plugins/webcast": [],  # libwebcast-1.0: what programs see
    "plugins/gst": ["common"],
    "plugins/rtp": ["plugins/gst"],
    "plugins/sdp": ["common", "plugins/rtp"],
    "plugins/egress": ["plugins/rtp"],
    "plugins/media/codecs": ["common", "plugins/gst", "plugins/rtp"],
    "plugins/media": ["common", "plugins/gst", "plugins/rtp", "plugins/media/codecs"],
    "plugins/peer/messages": ["common", "plugins/gst", "plugins/sdp"],
    "plugins/peer": ["common", "plugins/gst", "plugins/rtp", "plugins/sdp", "plugins/egress",
                     "plugins/peer/messages"],
    "plugins/signalers": ["common", "plugins/webcast", "signaling/protocol", "signaling/server"],
    "plugins/session": ["common", "plugins/gst", "plugins/rtp", "plugins/peer",
                        "plugins/peer/messages", "plugins/signalers"],
    "plugins/broadcast": ["common", "plugins/gst", "plugins/rtp", "plugins/sdp", "plugins/media",
                          "plugins/peer", "plugins/signalers", "plugins/session",
                          "plugins/webcast"],
    "plugins/reception": ["common", "plugins/gst", "plugins/rtp", "plugins/sdp",
                          "plugins/media/codecs", "plugins/peer", "plugins/signalers",
                          "plugins/session", "plugins/webcast"],
    "plugins/elements": ["common", "plugins/gst", "plugins/media", "plugins/peer",
                         "plugins/signalers", "plugins/session", "plugins/broadcast",
                         "plugins/reception"],
}
# Folders of one room that know nothing of each other.
SIBLINGS = [["plugins/signalers/janus", "plugins/signalers/relay", "plugins/signalers/whip"]]
# What only these files may touch.
RESERVED = {
    r'#include <libsoup/': ["plugins/signalers/", "signaling/server/"],
    r'#include <json-glib/': ["signaling/protocol/", "signaling/server/"],
    r'"webrtcbin"': ["plugins/peer/webrtc_peer"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def room_of(path):
    """The innermost one: plugins/media/codecs/stage.cpp is of plugins/media/codecs."""
    return max((room for room in ROOMS if path.startswith(room + "/")), key=len, default=None)


def are_siblings(path, include):
    """Whether they are of different folders of one list."""
    for folders in SIBLINGS:
        homes = [[f for f in folders if name.startswith(f + "/")] for name in (path, include)]
        if all(homes) and homes[0] != homes[1]:
            return True
    return False


def problems():
    for path in map(str, tree.files(*tree.CPP)):
        room = room_of(path)
        if room is None:
            continue
        code = tree.text(path)
        for include in INCLUDE.findall(code):
            target = room_of(include)
            if (target != room and target not in ROOMS[room]) or are_siblings(path, include):
                yield f"{path}: {room} must not include {include}"
        for pattern, homes in RESERVED.items():
            if re.search(pattern, code) and not path.startswith(tuple(homes)):
                yield f"{path}: {pattern} belongs to {', '.join(homes)}"


if __name__ == "__main__":
    sys.exit(tree.finish(list(problems())))
