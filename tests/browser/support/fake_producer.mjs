// A producer of our own in the viewer's page, behind a WebSocket that is none.
//
// For what webcastsink never does and other producers do. `fakeProducer` runs in the page before
// its scripts; window.producer holds what the test turns.

/**
 * @param {Object} habits
 * @param {boolean} [habits.offers]           makes its own offer
 * @param {boolean} [habits.candidatesFirst]  tells them before its answer, and takes none: nobody
 *     but the player can begin
 * @param {boolean} [habits.unreachable]      answers, tells no candidates and takes none
 * @param {string} [habits.error]             refuses each session, for that reason
 * @param {'started'|'error'} [habits.late]   its reply to the first request, when the second came
 */
export function fakeProducer(habits) {
  const canvas = document.createElement('canvas');
  canvas.width = 320;
  canvas.height = 180;
  const context = canvas.getContext('2d');
  setInterval(() => {
    context.fillStyle = `rgb(0 200 0 / ${0.9 + Math.random() / 10})`;
    context.fillRect(0, 0, 320, 180);
  }, 40);
  const [track] = canvas.captureStream(25).getVideoTracks();
  const meta = { name: 'fake', video: 1, audio: 0 };
  const producer = { habits, meta, connections: new Map(), received: [], socket: null, sessions: 0 };
  window.producer = producer;

  // Nobody waits ten seconds for the reply that comes late.
  const { setTimeout: later } = window;
  if (habits.late) {
    window.setTimeout = (run, ms, ...rest) => {
      if (ms !== 10000) return later(run, ms, ...rest);
      window.setTimeout = later;
      return later(run, 500, ...rest);
    };
  }
  let reply = () => {};

  /** @param {any} message from the player */
  async function hear(socket, message) {
    producer.received.push(message);
    const say = (reply) => socket.say(reply);
    if (message.type === 'list') {
      say({ type: 'list', producers: [{ id: 'P', meta: producer.meta }] });
    } else if (message.type === 'startSession') {
      const sessionId = `S${++producer.sessions}`;
      if (producer.habits.error) return say({ type: 'error', details: producer.habits.error });
      if (producer.habits.late && producer.sessions === 1) {
        reply = () => say(producer.habits.late === 'error' ? { type: 'error', details: 'too late' }
          : { type: 'sessionStarted', peerId: 'P', sessionId });
        return;
      }
      reply();
      say({ type: 'sessionStarted', peerId: 'P', sessionId });
      const pc = new RTCPeerConnection();
      producer.connections.set(sessionId, pc);
      const candidates = [];
      let described = false;
      const { candidatesFirst: early, unreachable } = producer.habits;
      const strip = (sdp) => (early || unreachable ? sdp.replace(/a=(end-of-)?candidate.*\r\n/g, '') : sdp);
      const gathered = new Promise((resolve) => {
        pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
      });
      pc.onicecandidate = ({ candidate }) => {
        if (!candidate || unreachable) return;
        if (described || early) say({ type: 'peer', sessionId, ice: candidate.toJSON() });
        else candidates.push(candidate);
      };
      if (producer.habits.offers) {
        pc.addTrack(track);
        await pc.setLocalDescription();
      } else {
        await pc.setRemoteDescription({ type: 'offer', sdp: strip(message.offer) });
        pc.addTrack(track);
        await pc.setLocalDescription();
      }
      if (early) await gathered;
      const sdp = pc.localDescription.toJSON();
      sdp.sdp = strip(sdp.sdp);
      say({ type: 'peer', sessionId, sdp });
      described = true;
      for (const candidate of candidates) say({ type: 'peer', sessionId, ice: candidate.toJSON() });
    } else if (message.type === 'peer') {
      const pc = producer.connections.get(message.sessionId);
      const deaf = producer.habits.candidatesFirst || producer.habits.unreachable;
      if (message.sdp) await pc.setRemoteDescription(message.sdp);
      else if (!deaf) await pc.addIceCandidate(message.ice).catch(() => {});
    }
  }

  window.WebSocket = class FakeSocket {
    constructor() {
      producer.socket = this;
      setTimeout(() => {
        this.onopen?.();
        this.say({ type: 'welcome', peerId: 'C' });
      });
    }

    say(message) {
      this.onmessage?.({ data: JSON.stringify(message) });
    }

    send(text) {
      setTimeout(() => hear(this, JSON.parse(text)));
    }

    close() {}
  };
}
