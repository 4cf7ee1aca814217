#!/usr/bin/python3
"""A stream whose viewers chat: what one says goes to all others (data-channels=true).

usage: chat.py [LOCATION [PORT]]    LOCATION of the sink, listen://127.0.0.1:8080 by default;
                                    PORT of the page, 8000 by default, 0: a free one
"""
from gi.repository import GLib

import one_page

viewers = set()


# Signals come from the element's own thread, one after the other.
def on_message(sink, sender, label, data, is_text):
    if is_text:
        text = f"{sender[:4]}: {data.get_data().decode()}"
        print(text, flush=True)
        data = GLib.Bytes.new(text.encode())
    for viewer in viewers - {sender}:
        sink.emit("send-message", viewer, label, data, is_text)


def connect(sink, _pipeline):
    sink.connect("viewer-added", lambda _sink, viewer: viewers.add(viewer))
    sink.connect("viewer-removed", lambda _sink, viewer, _reason: viewers.discard(viewer))
    sink.connect("message", on_message)


if __name__ == "__main__":
    one_page.run(__doc__, "chat.html", "videotestsrc is-live=true ! timeoverlay", connect)
