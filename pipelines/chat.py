#!/usr/bin/python3
"""A stream whose viewers chat: what one says goes to all others (data-channels=true).

usage: chat.py [LOCATION [PORT]]    LOCATION of the sink, listen://127.0.0.1:8080 by default;
                                    PORT of the page, 8000 by default, 0: a free one
"""
import signal
import sys

import gi

from one_page import OnePage

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


class Chat:
    def __init__(self, sink):
        self.viewers = set()
        # These come from the element's own thread, one after the other.
        sink.connect("viewer-added", lambda _sink, viewer: self.viewers.add(viewer))
        sink.connect("viewer-removed", lambda _sink, viewer, _reason: self.viewers.discard(viewer))
        sink.connect("message", self.on_message)

    def on_message(self, sink, sender, label, data, is_text):
        if is_text:
            text = f"{sender[:4]}: {data.get_data().decode()}"
            print(text, flush=True)
            data = GLib.Bytes.new(text.encode())
        for viewer in self.viewers - {sender}:
            sink.emit("send-message", viewer, label, data, is_text)


def on_bus_message(_bus, message, page, loop):
    if message.type == Gst.MessageType.ERROR:
        print(message.parse_error()[0].message, file=sys.stderr)
        loop.quit()
    elif message.type == Gst.MessageType.ELEMENT:
        what = message.get_structure()
        if what.get_name() == "webcast-listening":
            page.serve(what.get_string("url"))
            print("Watch and chat at", page.origin, flush=True)


def main():
    if sys.argv[1:2] in (["--help"], ["-h"]):
        sys.exit(print(__doc__.strip()))
    location, port = (sys.argv[1:] + ["listen://127.0.0.1:8080", "8000"][len(sys.argv) - 1:])[:2]
    page = OnePage("chat.html", int(port))
    Gst.init(None)
    loop = GLib.MainLoop()
    pipeline = Gst.parse_launch("videotestsrc is-live=true ! timeoverlay ! webcastsink name=sink "
                                f"data-channels=true location={location} "
                                f"allow-origins={page.origin}")
    Chat(pipeline.get_by_name("sink"))
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_bus_message, page, loop)
    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
