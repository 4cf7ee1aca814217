"""A viewer that sends its offer by one HTTP POST: exits 0 once it got that many buffers of video.

usage: http_viewer.py URL [COUNT]     URL: where the offer goes
"""
import sys
import threading
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402

PATIENCE = 30  # seconds
VP8 = "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96"


class Viewer:
    def __init__(self):
        self.pipeline = Gst.Pipeline.new("viewer")
        self.webrtc = Gst.ElementFactory.make("webrtcbin", "webrtc")
        self.webrtc.set_property("bundle-policy", "max-bundle")
        self.pipeline.add(self.webrtc)
        self.arrived = threading.Semaphore(0)
        self.gathered = threading.Event()
        self.replies = []
        self.webrtc.connect("pad-added", self.on_pad)
        self.webrtc.connect("notify::ice-gathering-state", self.on_gathering)
        self.webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                         Gst.Caps.from_string(VP8))
        self.pipeline.set_state(Gst.State.PLAYING)

    def on_gathering(self, webrtc, _spec):
        state = webrtc.get_property("ice-gathering-state")
        if state == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.gathered.set()

    def on_pad(self, _webrtc, pad):
        sink = Gst.ElementFactory.make("fakesink", None)
        sink.set_property("sync", False)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))
        pad.add_probe(Gst.PadProbeType.BUFFER, self.on_buffer)

    def on_buffer(self, _pad, _info):
        self.arrived.release()
        return Gst.PadProbeReturn.OK

    def call(self, signal, description):
        promise = Gst.Promise.new()
        self.webrtc.emit(signal, description, promise)
        promise.wait()
        self.replies.append(promise.get_reply())  # what is in one lives as long as it does
        return self.replies[-1]

    def offer(self):
        offer = self.call("create-offer", None).get_value("offer")
        self.call("set-local-description", offer)
        if not self.gathered.wait(PATIENCE):
            sys.exit("no candidates")
        return self.webrtc.get_property("local-description").sdp.as_text()

    def take(self, answer):
        _result, sdp = GstSdp.SDPMessage.new_from_text(answer)
        self.call("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(
            GstWebRTC.WebRTCSDPType.ANSWER, sdp))


def main():
    url, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30
    Gst.init(None)
    viewer = Viewer()
    with urllib.request.urlopen(url, viewer.offer().encode(), PATIENCE) as reply:
        viewer.take(reply.read().decode())
    for number in range(count):
        if not viewer.arrived.acquire(timeout=PATIENCE):
            sys.exit(f"{number} buffers, and no more")
    print(count, "buffers")
    viewer.pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
