#!/usr/bin/python3
"""Offer and answer carried by hand (location=manual:), by standard output and input.

usage: manual.py [--receive] [--stun-server URI] [PIPELINE]     see manual.sh
"""
import argparse
import json
import os
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

SEND = ("webcastsink name=sink location=manual: ",
        "videotestsrc is-live=true ! video/x-raw,width=1280,height=720,framerate=30/1 "
        "! timeoverlay ! sink.  audiotestsrc is-live=true volume=0.1 ! sink.")
RECEIVE = ("webcastsrc name=from location=manual: ",
           "from.video_0 ! videoconvert ! autovideosink  "
           "from.audio_0 ! audioconvert ! audioresample ! autoaudiosink")
MOST = 100_000  # bytes kept of one description; the element takes fewer, and says so


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def is_whole_json(text):
    try:
        return text.lstrip().startswith(b"{") and isinstance(json.loads(text), dict)
    except ValueError:
        return False


class Descriptions:
    """Those on standard input: each goes up to an empty line, the end of its JSON or of all."""

    def __init__(self, take, ended):
        self.take, self.ended = take, ended
        self.line = self.text = b""
        GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, sys.stdin.fileno(),
                              GLib.IOCondition.IN | GLib.IOCondition.HUP, self.on_input)

    def on_input(self, descriptor, _condition):
        data = os.read(descriptor, MOST)
        *lines, self.line = (self.line + data).split(b"\n")
        for line in lines:
            self.on_line(line)
        if data:
            self.line = self.line[:MOST]
            return GLib.SOURCE_CONTINUE
        self.on_line(self.line)
        self.on_line(b"")
        self.ended()
        return GLib.SOURCE_REMOVE

    def on_line(self, line):
        if line.strip() and len(self.text) < MOST:
            self.text += line + b"\n"
        if self.text and (not line.strip() or is_whole_json(self.text)):
            whole, self.text = self.text, b""
            self.take(whole.decode(errors="replace"))


class Exchange:
    """One element and the person at the terminal."""

    def __init__(self, receive, stun_server, pipeline):
        self.loop = GLib.MainLoop()
        self.failure = None
        self.receive, self.waits, self.can_read, self.connected = receive, True, True, False
        head, usual = RECEIVE if receive else SEND
        self.pipeline = Gst.parse_launch(head + (pipeline or usual))
        self.element = self.pipeline.get_by_name("from" if receive else "sink")
        if stun_server:
            self.element.set_property("stun-server", stun_server)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::element", self.on_element_message)
        bus.connect("message::warning", lambda _bus, told: say(told.parse_warning()[0].message))
        bus.connect("message::error", lambda _bus, told: self.fail(told.parse_error()[0].message))
        bus.connect("message::eos", lambda *_: self.loop.quit())

    def fail(self, sentence):
        self.failure = self.failure or sentence
        self.loop.quit()

    def ask(self):
        if self.receive:
            say("Paste the publisher's offer, then an empty line:")
        else:
            say("Paste the viewer's answer, then an empty line:")

    def take(self, text):
        refusal = self.element.emit("set-offer" if self.receive else "set-answer", text)
        if not refusal:
            self.waits = False
            say("Taken.")
        elif self.can_read:
            say("Not taken:", refusal)
            self.ask()
        else:
            self.fail(refusal)

    def input_ended(self):
        self.can_read = False
        if self.waits:
            self.fail("Standard input ended, and no "
                      f"{'offer' if self.receive else 'answer'} that could be used was in it.")

    def on_element_message(self, _bus, message):
        what = message.get_structure()
        name = what.get_name()
        if name == "webcast-manual-description":
            say(f"The {what.get_string('type')}, to be carried to the other side, all of it:")
            print(what.get_string("sdp"), flush=True)
            if not self.receive:
                self.ask()
        elif name in ("webcast-viewer-connected", "webcast-publisher-connected"):
            self.connected = True
            say("Connected.")
        elif name in ("webcast-viewer-removed", "webcast-publisher-removed"):
            self.on_end(what.get_string("reason"))

    def on_end(self, reason):
        say("The session is over:", reason)
        if not self.can_read:  # there will be no other one
            return self.loop.quit() if self.connected else self.fail(reason)
        self.waits = True
        if self.receive:
            self.ask()

    def run(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.loop.quit)
        self.pipeline.set_state(Gst.State.PLAYING)
        if self.receive:
            self.ask()
        Descriptions(self.take, self.input_ended)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        sys.exit(self.failure)


def main():
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--receive", action="store_true")
    parser.add_argument("--stun-server")
    parser.add_argument("pipeline", nargs="?")
    if {"--help", "-h"} & set(sys.argv[1:]):
        sys.exit(print(__doc__.strip()))
    options = parser.parse_args()
    Gst.init(None)
    try:
        exchange = Exchange(options.receive, options.stun_server, options.pipeline)
    except GLib.Error as error:
        sys.exit(f"The pipeline cannot be made: {error.message}")
    exchange.run()


if __name__ == "__main__":
    main()
