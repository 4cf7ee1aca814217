#!/usr/bin/python3
"""A program that owns a pipeline and reacts to its viewers.

usage: embed.py [LOCATION]     the picture is in colour only while somebody watches
"""
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def on_element_message(_bus, message, sink, colour):
    what = message.get_structure()
    if what.get_name() == "webcast-listening":
        print("Watch at", what.get_string("url"))
    elif what.get_name() == "webcast-viewer-removed":
        print("Viewer left:", what.get_string("reason"))
    elif what.get_name() != "webcast-viewer-connected":
        return
    viewers = sink.get_property("viewers")
    colour.set_property("saturation", 1.0 if viewers > 0 else 0.0)
    print(viewers, "watching", flush=True)


def on_error(_bus, message, loop):
    error, _debug = message.parse_error()
    print(error.message, file=sys.stderr)
    loop.quit()


def main():
    if sys.argv[1:2] in (["--help"], ["-h"]):
        sys.exit(print(__doc__.strip()))
    Gst.init(None)
    loop = GLib.MainLoop()
    pipeline = Gst.parse_launch(
        "videotestsrc is-live=true ! videobalance name=colour ! webcastsink name=sink")
    sink = pipeline.get_by_name("sink")
    if len(sys.argv) > 1:
        sink.set_property("location", sys.argv[1])
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message::element", on_element_message, sink, pipeline.get_by_name("colour"))
    bus.connect("message::error", on_error, loop)
    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
