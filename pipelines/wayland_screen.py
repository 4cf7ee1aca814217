#!/usr/bin/python3
"""Publishes a Wayland screen: what screen.sh runs where WAYLAND_DISPLAY is set.

usage: wayland_screen.py ELEMENT…

Asks the desktop (portal org.freedesktop.portal.ScreenCast, over D-Bus) which screen or window to
share, and runs `pipewiresrc ! … ! sink.` with the rest of a pipeline, given as for gst-launch-1.0,
that has an element named sink. Prints what gst-launch-1.0 -m prints of the element's messages.
The permission ends with this process.
"""
import os
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gio, GLib, Gst  # noqa: E402

PORTAL = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
SCREEN_CAST = "org.freedesktop.portal.ScreenCast"
MONITOR_OR_WINDOW = 1 | 2
CURSOR_EMBEDDED = 2


class Refused(Exception):
    """The desktop or the person in front of it said no; the sentence says what to do."""


class Portal:
    """One ScreenCast session. Main thread; each request waits for the person's answer."""

    def __init__(self):
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.sender = self.bus.get_unique_name()[1:].replace(".", "_")
        self.count = 0
        self.session = None

    def request(self, method, arguments, options):
        """Calls a method that answers by the signal Response of a request object."""
        self.count += 1
        token = f"webcast{os.getpid()}_{self.count}"
        # The path is known before the call: subscribing after it could miss the answer.
        handle = f"{PATH}/request/{self.sender}/{token}"
        loop, answer = GLib.MainLoop(), []

        def on_response(_bus, _sender, _path, _interface, _signal, parameters):
            answer.append(parameters.unpack())
            loop.quit()

        subscription = self.bus.signal_subscribe(
            PORTAL, "org.freedesktop.portal.Request", "Response", handle, None,
            Gio.DBusSignalFlags.NONE, on_response)
        options["handle_token"] = GLib.Variant("s", token)
        signature, values = arguments
        self.call(method, GLib.Variant(f"({signature}a{{sv}})", (*values, options)))
        if not answer:
            loop.run()
        self.bus.signal_unsubscribe(subscription)
        code, results = answer[0]
        if code != 0:
            raise Refused("Sharing the screen was not allowed." if code == 1
                          else f"The desktop gave up on sharing the screen ({method}).")
        return results

    def call(self, method, parameters):
        return self.bus.call_sync(PORTAL, PATH, SCREEN_CAST, method, parameters, None,
                                  Gio.DBusCallFlags.NONE, -1)

    def share(self):
        """Returns the file descriptor of a PipeWire connection and the number of a node in it."""
        results = self.request("CreateSession", ("", ()), {
            "session_handle_token": GLib.Variant("s", f"webcast{os.getpid()}")})
        self.session = results["session_handle"]
        self.request("SelectSources", ("o", (self.session,)), {
            "types": GLib.Variant("u", MONITOR_OR_WINDOW),
            "cursor_mode": GLib.Variant("u", CURSOR_EMBEDDED)})
        results = self.request("Start", ("os", (self.session, "")), {})
        if not results.get("streams"):
            raise Refused("No screen was chosen.")
        node = results["streams"][0][0]
        reply, descriptors = self.bus.call_with_unix_fd_list_sync(
            PORTAL, PATH, SCREEN_CAST, "OpenPipeWireRemote",
            GLib.Variant("(oa{sv})", (self.session, {})), None, Gio.DBusCallFlags.NONE, -1, None)
        return descriptors.get(reply.unpack()[0]), node


class Player:
    """Runs a pipeline until it ends, fails or a signal comes; `status` is for the shell."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.loop = GLib.MainLoop()
        self.status = 0

    def run(self):
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self.on_message)
        for number in (signal.SIGINT, signal.SIGTERM):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.loop.quit)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        return self.status

    def on_message(self, _bus, message):
        if message.type == Gst.MessageType.ELEMENT:
            print(message.get_structure().to_string(), flush=True)
        elif message.type == Gst.MessageType.WARNING:
            print("WARNING:", message.parse_warning()[0].message, file=sys.stderr, flush=True)
        elif message.type == Gst.MessageType.ERROR:
            print("ERROR:", message.parse_error()[0].message, file=sys.stderr, flush=True)
            self.status = 1
            self.loop.quit()
        elif message.type == Gst.MessageType.EOS:
            self.loop.quit()


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("--help", "-h"):
        print(__doc__.strip())
        return 0 if len(sys.argv) > 1 else 2
    Gst.init(None)
    try:
        descriptor, node = Portal().share()
    except Refused as refused:
        print("ERROR:", refused, file=sys.stderr)
        return 1
    except GLib.Error as error:
        print("ERROR: This desktop offers no screen sharing; it takes xdg-desktop-portal with the",
              f"desktop's own backend, and PipeWire. ({error.message})", file=sys.stderr)
        return 1
    # keepalive-time: a picture a second even where nothing moves, so that a late viewer sees one.
    pipeline = Gst.parse_launchv([
        *sys.argv[1:], "pipewiresrc", f"fd={descriptor}", f"path={node}", "do-timestamp=true",
        "keepalive-time=1000", "!", "videoconvert", "!", "queue", "!", "sink."])
    return Player(pipeline).run()


if __name__ == "__main__":
    sys.exit(main())
