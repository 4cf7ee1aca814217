// Somebody who means no good, and has what anybody has: a WebSocket, and requests by WHEP.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';

const kPatience = 30000;

/** A WebSocket that says what it likes: raw frames, in whatever order. */
export class RawSocket {
  /** What came, in bytes. */
  received = 0;
  #socket;

  /** @param {number} port of 127.0.0.1 */
  static async open(port) {
    const request = http.request({ host: '127.0.0.1', port, path: '/ws', timeout: kPatience,
      headers: { 'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64') } });
    request.end();
    const [, socket, head] = await once(request, 'upgrade');
    const self = new RawSocket();
    self.#socket = socket;
    self.received = head.length;
    self.closed = new Promise((resolve) => { socket.once('close', resolve); });
    socket.on('error', () => {}).on('data', (data) => { self.received += data.length; });
    return self;
  }

  /** @param {string|Buffer} payload @param {number} opcode  1: text, 2: binary */
  send(payload, opcode = 1) {
    const bytes = Buffer.from(payload);
    const head = bytes.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | bytes.length])
      : Buffer.from([0x80 | opcode, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    if (bytes.length >= 126) head.writeUInt32BE(bytes.length, 6);
    // With a mask of zeros the payload stays what it is.
    this.#socket.write(Buffer.concat([head, Buffer.alloc(4), bytes]));
  }

  /** Waits until the server says something more, or has enough. */
  async answered() {
    const more = new Promise((resolve) => { this.#socket.once('data', resolve); });
    this.send('{"type":"list"}');
    await Promise.race([more, this.closed]);
  }

  end() {
    this.#socket.destroy();
    return this.closed;
  }
}

/** An offer by WHEP of a peer that is nowhere: nothing will ever answer its ICE. */
const offer = () => ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=recvonly', 'a=rtcp-mux',
  'a=setup:actpass', `a=ice-ufrag:${randomBytes(4).toString('hex')}`,
  `a=ice-pwd:${randomBytes(12).toString('hex')}`,
  `a=fingerprint:sha-256 ${randomBytes(32).toString('hex').toUpperCase().match(/../g).join(':')}`,
  'a=rtpmap:96 H264/90000', 'a=rtcp-fb:96 nack pli',
  'a=fmtp:96 packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1', ''].join('\r\n');

/** Begins a session by WHEP and ends it at once; the status of its answer. @param {string} url */
export async function comeAndGo(url) {
  const reply = await fetch(new URL('/whep/live', url),
    { method: 'POST', body: offer(), headers: { 'content-type': 'application/sdp' } });
  await reply.arrayBuffer();
  if (reply.status === 201) {
    await (await fetch(new URL(reply.headers.get('location'), url), { method: 'DELETE' })).arrayBuffer();
  }
  return reply.status;
}
