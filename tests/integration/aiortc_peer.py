"""aiortc, as it is packaged, watches a sink by WHEP and publishes into a source by WHIP, and is told
of their ends. Nobody has to have it: without, the test is skipped.
"""

import asyncio
import http.client
import sys

import gi

gi.require_version('Gst', '1.0')
from gi.repository import Gst  # noqa: E402

try:
    from aiortc import RTCPeerConnection, RTCSessionDescription
    from aiortc.mediastreams import VideoStreamTrack
except ImportError:
    print('SKIP: python3-aiortc is not installed')
    sys.exit(77)

PATIENCE = 60


def listening(pipeline):
    """Plays it, and returns the port that it listens on."""
    pipeline.set_state(Gst.State.PLAYING)
    message = until(pipeline, 'webcast-listening')
    return int(message.get_structure().get_string('url').rsplit(':', 1)[1].strip('/'))


def until(pipeline, name):
    bus = pipeline.get_bus()
    while True:
        message = bus.timed_pop_filtered(PATIENCE * Gst.SECOND,
                                         Gst.MessageType.ELEMENT | Gst.MessageType.ERROR)
        assert message, f'{name} did not come'
        assert message.type != Gst.MessageType.ERROR, message.parse_error()
        if message.get_structure().get_name() == name:
            return message


def post(port, path, sdp):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=PATIENCE)
    connection.request('POST', path, sdp, {'Content-Type': 'application/sdp'})
    reply = connection.getresponse()
    return reply.status, reply.read().decode()


async def negotiate(peer, port, path):
    await peer.setLocalDescription(await peer.createOffer())
    sdp = peer.localDescription.sdp
    while True:
        status, body = await asyncio.to_thread(post, port, path, sdp)
        if status != 409:  # listening already, but not live yet
            break
    assert status == 201, (status, body)
    await peer.setRemoteDescription(RTCSessionDescription(body, 'answer'))


async def closed(transport):
    """The other side closes it."""
    reached = asyncio.Event()

    def check():
        if transport.state == 'closed':
            reached.set()
    transport.on('statechange', check)
    check()
    await asyncio.wait_for(reached.wait(), PATIENCE)


async def watches():
    sink = Gst.parse_launch('videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! '
                            'webcastsink location=listen://127.0.0.1:0')
    port = listening(sink)
    peer = RTCPeerConnection()
    tracks = asyncio.Queue()
    peer.on('track', tracks.put_nowait)
    peer.addTransceiver('video', direction='recvonly')
    await negotiate(peer, port, '/whep/live')
    track = await asyncio.wait_for(tracks.get(), PATIENCE)
    for _ in range(10):
        frame = await asyncio.wait_for(track.recv(), PATIENCE)
        assert (frame.width, frame.height) == (320, 240)
    await asyncio.to_thread(sink.set_state, Gst.State.NULL)
    await closed(peer.getReceivers()[0].transport)
    await peer.close()


async def publishes():
    source = Gst.parse_launch('webcastsrc name=s location=listen://127.0.0.1:0 s.video_0 ! '
                              'queue ! fakesink name=out signal-handoffs=true async=false')
    frames = asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()
    source.get_by_name('out').connect(
        'handoff', lambda *_: loop.call_soon_threadsafe(frames.release))
    port = listening(source)
    peer = RTCPeerConnection()
    peer.addTransceiver(VideoStreamTrack(), direction='sendonly')
    await negotiate(peer, port, '/whip/live')
    for _ in range(10):
        await asyncio.wait_for(frames.acquire(), PATIENCE)
    connected = await asyncio.to_thread(until, source, 'webcast-publisher-connected')
    assert connected.get_structure().get_string('video-codec') == 'VP8', 'the first that it offers'
    await asyncio.to_thread(source.set_state, Gst.State.NULL)
    await closed(peer.getSenders()[0].transport)
    await peer.close()


async def main():
    await watches()
    await publishes()


Gst.init(None)
asyncio.run(main())
