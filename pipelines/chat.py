#!/usr/bin/python3
"""A stream whose viewers chat: what one says, or types in this terminal, goes to all others
(data-channels=true).

usage: chat.py [LOCATION [PORT]]    LOCATION of the sink, listen://127.0.0.1:8080 by default;
                                    PORT of the page, 8000 by default, 0: a free one
"""
import os
import sys

from gi.repository import GLib

import one_page

viewers = set()


# Signals come from the element's own thread, one after the other.
def on_message(sink, sender, label, data, is_text):
    if is_text:
        text = f"{sender[:4]}: {data.get_data().decode()}"
        # Whoever watches must not move this terminal's cursor.
        print("".join(one if one.isprintable() else "�" for one in text), flush=True)
        data = GLib.Bytes.new(text.encode())
    for viewer in viewers - {sender}:
        sink.emit("send-message", viewer, label, data, is_text)


def on_typed(descriptor, _condition, sink):
    line = os.read(descriptor, 4096)
    if text := line.decode(errors="replace").strip():
        sink.emit("send-message", "", "", GLib.Bytes.new(f"host: {text}".encode()), True)
    return bool(line)  # nothing: there is nobody at the terminal


def connect(sink, _pipeline):
    sink.connect("viewer-added", lambda _sink, viewer: viewers.add(viewer))
    sink.connect("viewer-removed", lambda _sink, viewer, _reason: viewers.discard(viewer))
    sink.connect("message", on_message)
    GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, sys.stdin.fileno(),
                          GLib.IOCondition.IN | GLib.IOCondition.HUP, on_typed, sink)


if __name__ == "__main__":
    one_page.run(__doc__, "chat.html", "videotestsrc is-live=true ! timeoverlay", connect)
