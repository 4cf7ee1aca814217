#!/usr/bin/python3
"""A picture that its viewers adjust from the page they watch it on (data-channels=true).

usage: remote_control.py [LOCATION [PORT]]    as chat.py's
"""
import json

from gi.repository import GLib

import one_page

# What may be set, and within which bounds: what comes from the network is not taken on trust.
KNOBS = {"hue": (-1, 1), "saturation": (0, 2), "brightness": (-1, 1)}


def read_command(data, is_text):
    """The knobs that a message turns, and nothing else that may stand in it."""
    try:
        command = json.loads(data.get_data()) if is_text else None
    except (ValueError, RecursionError):
        command = None
    if not isinstance(command, dict):
        return {}
    return {name: min(max(value, KNOBS[name][0]), KNOBS[name][1])
            for name, value in command.items()
            if name in KNOBS and isinstance(value, (int, float)) and value == value}  # no NaN


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


def connect(sink, pipeline):
    sink.connect("message", on_message, pipeline.get_by_name("picture"))


if __name__ == "__main__":
    one_page.run(__doc__, "remote_control.html",
                 "videotestsrc is-live=true ! videobalance name=picture", connect)
