#!/usr/bin/python3
"""webcastsrc on a free port of 127.0.0.1 that sends each message back, under the label it came by."""
import signal

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def on_bus_message(_bus, message):
    if message.type == Gst.MessageType.ELEMENT:
        what = message.get_structure()
        if what.get_name() == "webcast-listening":
            print("listens on", what.get_string("url"), flush=True)


def main():
    Gst.init(None)
    loop = GLib.MainLoop()
    pipeline = Gst.parse_launch("webcastsrc name=from location=listen://127.0.0.1:0 "
                                "data-channels=true ! fakesink async=false")
    pipeline.get_by_name("from").connect(
        "message", lambda source, peer, label, data, is_text:
        print("sent back" if source.emit("send-message", peer, label, data, is_text)
              else "not sent", flush=True))
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_bus_message)
    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
