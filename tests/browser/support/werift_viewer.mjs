// werift watches by WHEP, as a process of its own: it keeps its sockets open when it is closed.
//
// usage: node werift_viewer.mjs WHEP-URL
// Prints "packets" once 200 have come, and what it is told on the channel; says "Hello from werift".

import { RTCPeerConnection, RTCRtpCodecParameters } from 'werift';

const vp8 = new RTCRtpCodecParameters({ mimeType: 'video/VP8', clockRate: 90000,
  rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }] });
const peer = new RTCPeerConnection({ codecs: { video: [vp8] } });
let packets = 0;
peer.ontrack = ({ track }) => track.onReceiveRtp.subscribe(() => ++packets === 200 && console.log('packets'));
peer.addTransceiver('video', { direction: 'recvonly' });
const channel = peer.createDataChannel('messages');
channel.stateChanged.subscribe((state) => state === 'open' && channel.send('Hello from werift'));
channel.onMessage.subscribe((message) => console.log(`heard ${message}`));
await peer.setLocalDescription(await peer.createOffer());

/** Once the stream is live. */
async function answerTo(body) {
  for (;;) {
    const reply = await fetch(process.argv[2], { method: 'POST', body, headers: { 'Content-Type': 'application/sdp' } });
    const text = await reply.text();
    if (reply.status === 201) return text;
    if (reply.status !== 409) throw new Error(`${reply.status} ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

await peer.setRemoteDescription({ type: 'answer', sdp: await answerTo(peer.localDescription.sdp) });
