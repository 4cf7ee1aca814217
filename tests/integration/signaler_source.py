"""webcastsrc with a signaler written in Python, and a webcastsink with another one: they meet in
this process, and the application decides about the publisher. Both tell their statistics.
"""
import sys
import threading
import warnings

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


def members(structure, name):
    """What an array in a structure holds, read by introspection."""
    there, array = structure.get_array(name)
    if not there:
        raise TypeError(f"{name} is no array: {structure.to_string()}")
    with warnings.catch_warnings():  # PyGObject has no other way into a GValueArray
        warnings.simplefilter("ignore", DeprecationWarning)
        # Copies: what get_nth() gives is the array's, and goes with it.
        return [array.get_nth(i).copy() for i in range(array.n_values)]


def statistics(sink, source):
    """Of each array how many it holds, and of each medium its codec."""
    of_sink, of_source = sink.get_property("stats"), source.get_property("stats")
    viewers = members(of_sink, "viewer-stats")
    media = [medium for viewer in viewers for medium in members(viewer, "media")]
    viewer = sink.emit("viewer-stats", viewers[0].get_string("id")) if viewers else of_sink
    return {"renditions": [one.get_string("track") for one in members(of_sink, "renditions")],
            "viewers": len(viewers), "media": [one.get_string("codec") for one in media],
            "media of one": len(members(viewer, "media")),
            "tracks": [one.get_string("codec") for one in members(of_source, "tracks")]}


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
    told = statistics(sink.get_by_name("e"), source.get_by_name("e"))
    for pipeline in (source, sink):
        pipeline.set_state(Gst.State.NULL)
    expected = {"renditions": ["video_0"], "viewers": 1, "media": told["tracks"],
                "media of one": 1, "tracks": told["media"]}
    if told != expected or len(told["tracks"]) != 1:
        sys.exit(f"statistics: {told}")
    if not came or requests != [("publish", "somebody")]:
        sys.exit(f"a picture came: {came}; the application was asked {requests}")


if __name__ == "__main__":
    main()
