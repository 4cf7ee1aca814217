#!/usr/bin/python3
"""A picture that its viewers adjust from the page they watch it on (data-channels=true).

usage: remote_control.py [LOCATION [PORT]]    as chat.py's
"""
import json
import signal
import sys

import gi

from one_page import OnePage

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

# What may be set, and within which bounds: what comes from the network is not taken on trust.
KNOBS = {"hue": (-1, 1), "saturation": (0, 2), "brightness": (-1, 1)}


def read_command(data, is_text):
    """The knobs that a message turns; none of what it should not have in it."""
    try:
        command = json.loads(data.get_data()) if is_text else None
    except ValueError:
        command = None
    if not isinstance(command, dict):
        return {}
    return {name: min(max(value, KNOBS[name][0]), KNOBS[name][1])
            for name, value in command.items()
            if name in KNOBS and isinstance(value, (int, float))}


def on_message(sink, viewer, label, data, is_text, picture):
    if label != "control":
        return
    turned = read_command(data, is_text)
    for name, value in turned.items():
        picture.set_property(name, value)
    state = json.dumps({name: round(picture.get_property(name), 3) for name in KNOBS})
    # All see what one did; who only asks is told alone.
    sink.emit("send-message", "" if turned else viewer, "state", GLib.Bytes.new(state.encode()),
              True)


def on_bus_message(_bus, message, page, loop):
    if message.type == Gst.MessageType.ERROR:
        print(message.parse_error()[0].message, file=sys.stderr)
        loop.quit()
    elif message.type == Gst.MessageType.ELEMENT:
        what = message.get_structure()
        if what.get_name() == "webcast-listening":
            page.serve(what.get_string("url"))
            print("Watch and adjust at", page.origin, flush=True)


def main():
    if sys.argv[1:2] in (["--help"], ["-h"]):
        sys.exit(print(__doc__.strip()))
    location, port = (sys.argv[1:] + ["listen://127.0.0.1:8080", "8000"][len(sys.argv) - 1:])[:2]
    page = OnePage("remote_control.html", int(port))
    Gst.init(None)
    loop = GLib.MainLoop()
    pipeline = Gst.parse_launch("videotestsrc is-live=true ! videobalance name=picture ! "
                                f"webcastsink name=sink data-channels=true location={location} "
                                f"allow-origins={page.origin}")
    pipeline.get_by_name("sink").connect("message", on_message, pipeline.get_by_name("picture"))
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
