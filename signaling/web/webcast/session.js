// One attempt to receive a stream: an RTCPeerConnection and its id on the wire.
//
// The offer is made, and candidates are gathered, before anybody is asked: by the time the
// producer is known it only has to be sent. Ends once, with a reason; never starts again.

import { Channels } from './channels.js';
import { Sampler } from './statistics.js';

/**
 * Why a session is over.
 * @typedef {Object} Failure
 * @property {'ended'|'refused'|'no-answer'|'no-codec'|'ice'|'lost'|'no-media'|'stalled'
 *     |'signaling'|'bad-answer'|'impossible'} kind  impossible: the browser refuses to begin
 * @property {string} [detail]  what the other side or the browser said
 */

/**
 * @typedef {Object} SessionEvents
 * @property {(session: Session) => void} [asked] the producer was, and names it in reply
 * @property {(session: Session) => void} media   tracks are known
 * @property {(session: Session) => void} sample  about twice a second
 * @property {(session: Session, message: import('./channels.js').Message) => void} [message]
 * @property {(session: Session) => void} [unreached]  of a patient session: ICE gave up
 * @property {(session: Session, failure: Failure) => void} over
 */

const kAnswerTimeout = 10000;
const kConnectTimeout = 20000;
const kTick = 500;
const kMostMedia = 8;
const kMostEarly = 64;

// Chromium plays Opus in mono unless its own description asks for stereo.
function withStereo(sdp) {
  const payload = /a=rtpmap:(\d+) opus\/48000\/2/i.exec(sdp)?.[1];
  if (!payload) return sdp;
  return sdp.replace(new RegExp(`(a=fmtp:${payload} )(?!.*stereo=)`, 'g'), '$1stereo=1;');
}

function count(value, otherwise) {
  return Number.isInteger(value) && value >= 0 ? Math.min(value, kMostMedia) : otherwise;
}

/** How many media a producer's meta promises. */
export function mediaCounts(meta) {
  const video = count(meta?.video, 1);
  const audio = count(meta?.audio, 1);
  return video + audio > 0 ? { video, audio } : { video: 1, audio: 1 };
}

export class Session {
  /** Its name on the wire. */
  id = '';
  /** @type {import('./signaling.js').Producer|null} */
  producer = null;
  /** @type {'new'|'asking'|'connecting'|'connected'|'over'} */
  phase = 'new';
  /** One stream per picture; all sound is in the first. @type {MediaStream[]} */
  streams = [];
  hasVideo = false;
  hasAudio = false;
  /** The sender has a picture, and this browser none of its codecs. */
  pictureRefused = false;
  /** Signaling broke since this session began: nobody would tell that it ended. */
  orphaned = false;
  /** Milliseconds without a packet of media, without a decoded picture. */
  silence = 0;
  frozen = 0;
  /** A picture was decoded. */
  pictured = false;
  created = performance.now();
  /** @type {Record<string, number>} performance.now() of the steps */
  timings = { created: performance.now() };
  sampler = new Sampler();
  /** @type {RTCPeerConnection} */
  pc;
  /** Where messages are wanted. @type {Channels|null} */
  channels = null;
  /** The last one that came. @type {unknown} */
  caption = '';
  #signaling;
  #options;
  #events;
  /** Lines of the offer. */
  #counts = { video: 1, audio: 1 };
  /** What the producer had when it was asked. */
  #wanted = { video: 1, audio: 1 };
  /** @type {Promise<void>} */
  #offered;
  /** Candidates that wait until both descriptions are known to both. */
  #outgoing = [];
  #agreed = false;
  /** Candidates of the producer that came before its description. */
  #early = [];
  #work = Promise.resolve();
  #deadline = 0;
  #ticker = 0;
  #lastTick = 0;

  /**
   * @param {import('./signaling.js').Signaling} signaling
   * @param {{lowLatency: boolean, configuration: RTCConfiguration, patience?: number,
   *     messages?: boolean}} options
   *     patience: ms from the answer to the connection
   * @param {SessionEvents} events
   */
  constructor(signaling, options, events) {
    this.#signaling = signaling;
    this.#options = options;
    this.#events = events;
    this.pc = this.#connection();
    this.#offered = this.#offer();
    this.#offered.catch(() => {}); // told by ask(); nobody asks when it was closed before
  }

  /** Asks the producer for its media. @param {import('./signaling.js').Producer} producer */
  async ask(producer) {
    this.producer = producer;
    this.phase = 'asking';
    this.#expire(kAnswerTimeout, { kind: 'no-answer' });
    const counts = mediaCounts(producer.meta);
    this.#wanted = counts;
    // A line too many costs nothing, a new connection costs the first picture its head start.
    if (counts.video > this.#counts.video || counts.audio > this.#counts.audio) {
      this.#counts = counts;
      this.#discard(this.pc);
      this.pc = this.#connection();
      this.#offered = this.#offer();
    }
    try {
      await this.#offered;
    } catch (error) {
      this.over({ kind: 'bad-answer', detail: String(error) });
    }
    if (this.phase !== 'asking') return;
    this.#outgoing = []; // those stand in the description
    const offer = this.pc.localDescription?.sdp;
    this.timings.asked = performance.now();
    if (!this.#signaling.send({ type: 'startSession', peerId: producer.id, offer })) {
      return this.over({ kind: 'signaling' });
    }
    this.#events.asked?.(this);
  }

  /** A message of the wire that may be for this session. */
  handle(message) {
    if (!this.id) {
      if (message.type === 'sessionStarted' && message.peerId === this.producer?.id) {
        this.id = message.sessionId;
        if (this.phase === 'over') this.#leave(); // before it had a name to do it by
      } else if (message.type === 'error' && this.phase === 'asking') {
        this.over({ kind: 'refused', detail: message.details });
      }
    }
    if (this.phase === 'over' || !this.id || message.sessionId !== this.id) return;
    if (message.type === 'peer') {
      this.#work = this.#work.then(() => this.#signal(message)).catch((error) => {
        this.over({ kind: 'bad-answer', detail: error.message });
      });
    } else if (message.type === 'endSession' || message.type === 'endSessionV1_1') {
      const detail = message.error;
      this.over(detail ? { kind: 'refused', detail } : { kind: 'ended' });
    }
  }

  /** Whether it asked for all media that the producer has. */
  isAllOf(producer) {
    const counts = mediaCounts(producer.meta);
    return counts.video === this.#wanted.video && counts.audio === this.#wanted.audio;
  }

  /** Signaling is gone. */
  orphan() {
    this.orphaned = true;
    if (this.phase === 'asking') this.over({ kind: 'signaling' });
  }

  /** Ends it, once. @param {Failure} failure */
  over(failure) {
    if (this.phase === 'over') return;
    this.phase = 'over';
    clearTimeout(this.#deadline);
    clearInterval(this.#ticker);
    this.#events.over(this, failure);
  }

  /** Tells the other side and frees everything; the last picture goes with it. */
  close() {
    this.#leave();
    this.phase = 'over';
    clearTimeout(this.#deadline);
    clearInterval(this.#ticker);
    this.#discard(this.pc);
  }

  #leave() {
    if (!this.id || this.orphaned) return;
    this.#signaling.send({ type: 'endSessionV1_1', sessionId: this.id, error: null });
  }

  #connection() {
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...this.#options.configuration });
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return;
      const ice = candidate.toJSON();
      ice.sdpMLineIndex ??= 0;
      // A producer that makes its own offer could do nothing with those of ours.
      if (this.#agreed) this.#send({ ice });
      else this.#outgoing.push(ice);
    };
    pc.onconnectionstatechange = () => this.#stateChanged(pc);
    this.channels = !this.#options.messages ? null
      : new Channels(pc, (message) => this.#events.message?.(this, message));
    return pc;
  }

  #discard(pc) {
    pc.onicecandidate = pc.onconnectionstatechange = null;
    pc.close();
  }

  async #offer() {
    const { pc } = this;
    for (const kind of ['video', 'audio']) {
      for (let i = 0; i < this.#counts[kind]; i++) pc.addTransceiver(kind, { direction: 'recvonly' });
    }
    this.channels?.open();
    const offer = await pc.createOffer();
    if (pc.signalingState === 'closed') return;
    await pc.setLocalDescription({ type: 'offer', sdp: withStereo(offer.sdp ?? '') });
  }

  #send(fields) {
    this.#signaling.send({ type: 'peer', sessionId: this.id, ...fields });
  }

  async #signal({ sdp, ice }) {
    if (sdp?.type === 'answer') {
      await this.#learn(sdp);
      this.#agree();
      this.#described();
    } else if (sdp?.type === 'offer') {
      await this.#answer(sdp);
    } else if (ice) {
      await this.#add(ice);
    }
  }

  async #learn(sdp) {
    await this.pc.setRemoteDescription(sdp);
    for (const ice of this.#early.splice(0)) await this.#add(ice);
  }

  async #add(ice) {
    if (!this.pc.remoteDescription) {
      if (this.#early.length < kMostEarly) this.#early.push(ice);
      return;
    }
    // A candidate that the browser cannot use is no reason to end.
    await this.pc.addIceCandidate(ice).catch(() => {});
  }

  // The producer looked not at our offer and made its own, or offers anew in mid-session.
  async #answer(offer) {
    if (this.pc.signalingState === 'have-local-offer') {
      this.#discard(this.pc);
      this.pc = this.#connection();
      this.#outgoing = [];
    }
    await this.#learn(offer);
    const answer = await this.pc.createAnswer();
    await this.pc.setLocalDescription({ type: 'answer', sdp: withStereo(answer.sdp ?? '') });
    this.#send({ sdp: { type: 'answer', sdp: this.pc.localDescription?.sdp } });
    this.#agree();
    this.#described();
  }

  #agree() {
    this.#agreed = true;
    for (const ice of this.#outgoing.splice(0)) this.#send({ ice });
  }

  #described() {
    if (this.phase === 'over') return;
    this.timings.answered ??= performance.now();
    const taken = this.pc.getTransceivers().filter((one) =>
      one.currentDirection === 'recvonly' || one.currentDirection === 'sendrecv');
    const tracks = taken.map((one) => one.receiver.track);
    const pictures = tracks.filter((track) => track.kind === 'video');
    const sounds = tracks.filter((track) => track.kind === 'audio');
    this.hasVideo = pictures.length > 0;
    this.hasAudio = sounds.length > 0;
    this.pictureRefused = !this.hasVideo && (this.producer?.meta?.video ?? 0) > 0;
    if (!tracks.length) return this.over({ kind: 'no-codec' });
    if (this.#options.lowLatency) for (const { receiver } of taken) hurry(receiver);
    this.streams = [new MediaStream([...pictures.slice(0, 1), ...sounds]),
      ...pictures.slice(1).map((track) => new MediaStream([track]))];
    if (this.phase === 'asking') {
      this.phase = 'connecting';
      this.#expire(this.#options.patience ?? kConnectTimeout, { kind: 'ice' });
      this.#ticker = window.setInterval(() => this.#tick(), kTick);
    }
    this.#events.media(this);
    this.#stateChanged(this.pc);
  }

  #stateChanged(pc) {
    if (pc !== this.pc || this.phase === 'over') return;
    if (pc.connectionState === 'connected' && this.phase === 'connecting') {
      this.phase = 'connected';
      this.timings.connected = performance.now();
      clearTimeout(this.#deadline);
    } else if (pc.connectionState === 'failed') {
      // Chromium goes on as soon as it hears from the other side, hours later too.
      if (this.phase === 'connecting' && this.#options.patience) return this.#events.unreached?.(this);
      this.over({ kind: this.phase === 'connected' ? 'lost' : 'ice' });
    }
  }

  async #tick() {
    const progress = await this.sampler.take(this.pc).catch(() => null);
    if (!progress || this.phase === 'over') return;
    // A hidden tab's timers run late: no tick counts for more than two.
    const now = performance.now();
    const passed = this.#lastTick ? Math.min(now - this.#lastTick, 2 * kTick) : 0;
    this.#lastTick = now;
    this.silence = progress.packets ? 0 : this.silence + passed;
    this.pictured ||= Boolean(progress.frames);
    this.frozen = progress.frames || !this.hasVideo || document.hidden ? 0 : this.frozen + passed;
    this.#events.sample(this);
  }

  #expire(timeout, failure) {
    clearTimeout(this.#deadline);
    this.#deadline = window.setTimeout(() => this.over(failure), timeout);
  }
}

/** What the browser refused to begin. @param {unknown} error @returns {Failure} */
export function impossible(error) {
  return { kind: 'impossible', detail: error instanceof Error ? error.message : String(error) };
}

function hurry(receiver) {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
  else if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = 0;
}
