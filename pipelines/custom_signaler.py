#!/usr/bin/python3
"""Viewers come by a way of the program's own: here HTTP, one POST with the offer, the answer back.

usage: custom_signaler.py [PORT]     then open http://127.0.0.1:PORT/ (default 8090; 0: any free one)
"""
import http.server
import queue
import signal
import sys
import threading
import uuid

import gi

gi.require_version("Gst", "1.0")
gi.require_version("Webcast", "1.0")
from gi.repository import GLib, GObject, Gst, Webcast  # noqa: E402

PAGE = b"""<!doctype html><video autoplay muted playsinline></video><script>
const pc = new RTCPeerConnection();
pc.addTransceiver('video', { direction: 'recvonly' });
pc.ontrack = ({ track }) => document.querySelector('video').srcObject = new MediaStream([track]);
pc.onicegatheringstatechange = async () => {
  if (pc.iceGatheringState !== 'complete') return;
  const reply = await fetch('/offer', { method: 'POST', body: pc.localDescription.sdp });
  pc.setRemoteDescription({ type: 'answer', sdp: await reply.text() });
};
pc.setLocalDescription();
</script>"""


class HttpSignaler(GObject.Object, Webcast.Signaler):
    """The element calls do_… on a thread of its own; requests are answered on others."""

    def __init__(self, port):
        super().__init__()
        handler = type("HandlerHere", (Handler,), {"signaler": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.answers = {}

    def do_start(self, stream):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        print(f"Watch {stream} at http://127.0.0.1:{self.server.server_port}/", flush=True)
        return True

    def do_stop(self):
        self.server.shutdown()

    def do_send_description(self, session, _type, sdp):
        self.reply(session, 200, sdp)

    def do_end_session(self, session, error):
        self.reply(session, 503, error or "The stream is over")

    def reply(self, session, *status_and_text):
        if answer := self.answers.pop(session, None):
            answer.put(status_and_text)

    def ask(self, viewer, offer):
        """The element's answer to a viewer's offer: an HTTP status and a text."""
        session = str(uuid.uuid4())
        answer = self.answers[session] = queue.Queue()
        self.request_session(session, viewer, offer)
        return answer.get()  # it comes, or the session is ended


class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, status, text, kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self.reply(200, PAGE, "text/html")

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if not 0 < length <= 65536:
            return self.reply(413, b"An offer, please, of 64 KiB at most")
        offer = self.rfile.read(length).decode(errors="replace")
        status, text = self.signaler.ask(self.client_address[0], offer)
        return self.reply(status, text.encode())


if __name__ == "__main__":
    if sys.argv[1:2] in (["--help"], ["-h"]):
        sys.exit(print(__doc__.strip()))
    Gst.init(None)
    loop = GLib.MainLoop()
    pipeline = Gst.parse_launch("videotestsrc is-live=true ! webcastsink name=sink")
    signaler = HttpSignaler(int(sys.argv[1]) if len(sys.argv) > 1 else 8090)
    pipeline.get_by_name("sink").set_property("signaler", signaler)
    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
