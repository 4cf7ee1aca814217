"""A sink with data channels, and one HTML file beside it that embeds its player: what chat.py and
remote_control.py have in common. Both are for browsers of this machine."""
import http.server
import pathlib
import signal
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


class Page:
    """The one there is, whatever is asked for."""

    def __init__(self, name, port):
        self.text = pathlib.Path(__file__).with_name(name).read_text(encoding="utf-8")
        page = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = page.text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def serve(self, sink):
        """From here on, with the player of the sink at that address."""
        self.text = self.text.replace("SINK", sink.rstrip("/"))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def on_bus_message(_bus, message, page, loop):
    if message.type == Gst.MessageType.ERROR:
        print(message.parse_error()[0].message, file=sys.stderr)
        loop.quit()
    elif message.type == Gst.MessageType.ELEMENT:
        what = message.get_structure()
        if what.get_name() == "webcast-listening":
            page.serve(what.get_string("url"))
            print("Open", page.origin, flush=True)


def run(usage, html, launch, connect):
    """LAUNCH: the pipeline up to the sink, which CONNECT gets, with the pipeline, before it starts."""
    if sys.argv[1:2] in (["--help"], ["-h"]):
        sys.exit(print(usage.strip()))
    location, port = (sys.argv[1:] + ["listen://127.0.0.1:8080", "8000"][len(sys.argv) - 1:])[:2]
    page = Page(html, int(port))
    Gst.init(None)
    loop = GLib.MainLoop()
    pipeline = Gst.parse_launch(f"{launch} ! webcastsink name=sink data-channels=true "
                                f"location={location} allow-origins={page.origin}")
    connect(pipeline.get_by_name("sink"), pipeline)
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_bus_message, page, loop)
    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
