"""webcastsrc with a signaler written in Python, and a webcastsink with another one: they meet in
this process, and the application decides about the publisher.
"""
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("Webcast", "1.0")
from gi.repository import GObject, Gst, Webcast  # noqa: E402

PATIENCE = 60  # seconds


class Memory(GObject.Object, Webcast.Signaler):
    """Hands everything to the other one."""

    other = None

    def do_start(self, _stream):
        return True

    def do_stop(self):
        pass

    def do_send_description(self, session, kind, sdp):
        if kind == "offer":
            self.other.request_session(session, "somebody", sdp)
        else:
            self.other.receive_description(session, kind, sdp)

    def do_send_candidate(self, session, mline, candidate):
        self.other.receive_candidate(session, mline, candidate)

    def do_end_session(self, session, error):
        self.other.session_ended(session, error or "over")


def main():
    Gst.init(None)
    loopback = 'local-addresses="<127.0.0.1>"'
    sink = Gst.parse_launch(f"videotestsrc is-live=true ! webcastsink name=e {loopback}")
    source = Gst.parse_launch(
        f"webcastsrc name=e {loopback} ! fakesink name=out signal-handoffs=true async=false")
    of_sink, of_source = Memory(), Memory()
    of_sink.other, of_source.other = of_source, of_sink
    arrived, requests = threading.Event(), []

    def decide(_element, request):
        requests.append((request.get_string("role"), request.get_string("peer")))
        return True

    source.get_by_name("e").connect("authorize", decide)
    source.get_by_name("out").connect("handoff", lambda *_: arrived.set())
    for pipeline, signaler in ((source, of_source), (sink, of_sink)):
        pipeline.get_by_name("e").set_property("signaler", signaler)
        pipeline.set_state(Gst.State.PLAYING)
    of_sink.request_session("S", "source", None)
    came = arrived.wait(PATIENCE)
    for pipeline in (source, sink):
        pipeline.set_state(Gst.State.NULL)
    if not came or requests != [("publish", "somebody")]:
        sys.exit(f"a picture came: {came}; the application was asked {requests}")


if __name__ == "__main__":
    main()
