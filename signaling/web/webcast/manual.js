// In place of WebcastClient where nobody does the signaling: one session, whose offer is there
// already and whose answer somebody carries to the sender. It tells the same events, and `answer`
// (detail: {type, sdp}) once that is whole.

import { shortened } from './description.js';
import { Session, impossible } from './session.js';

/** @typedef {import('./messages.js').Status} Status */

const kName = 'by-hand'; // of the only session and peer
const kHour = 3600e3;
const kGatherLongest = 5000;
const kLost = 6000; // ms without a packet

export class ManualClient extends EventTarget {
  /** @type {Status} */
  status = { state: 'idle', failure: null, retryAt: 0 };
  /** What is shown. @type {Session|null} */
  current = null;
  /** What shall be. @type {Session|null} */
  next = null;
  name = '';
  #offer;
  #options;
  #timer = 0;

  /**
   * @param {{type: 'offer', sdp: string}} offer
   * @param {{lowLatency?: boolean, configuration?: RTCConfiguration}} options
   */
  constructor(offer, { lowLatency = false, configuration = {} } = {}) {
    super();
    this.#offer = offer;
    this.#options = { lowLatency, configuration, patience: kHour, messages: true }; // captions
  }

  start() {
    this.#set('connecting');
    try {
      this.#ask();
    } catch (error) {
      this.#fail(impossible(error));
    }
  }

  #ask() {
    const count = (kind) => this.#offer.sdp.split('\r\n').filter((line) => line.startsWith(`m=${kind} `)).length;
    const signaling = /** @type {any} */ ({ send: (message) => this.#sent(message) });
    this.next = new Session(signaling, this.#options, {
      media: (session) => this.dispatchEvent(new CustomEvent('session', { detail: session })),
      sample: (session) => this.#sampled(session),
      message: (session, message) => this.dispatchEvent(new CustomEvent('message', { detail: { session, message } })),
      unreached: (session) => this.#unreached(session),
      over: (session, failure) => this.#over(session, failure),
    });
    this.next.ask({ id: kName, meta: { video: count('video'), audio: count('audio') } });
  }

  stop() {
    clearInterval(this.#timer);
    for (const session of [this.current, this.next]) session?.close();
    this.current = this.next = null;
    this.#set('idle');
    this.dispatchEvent(new Event('gone'));
  }

  /** It is the other side that has to do something. */
  retryNow() {}

  /** @param {Session} session */
  adopt(session) {
    if (session !== this.next) return;
    this.current = session;
    this.next = null;
    session.timings.playing = performance.now();
    this.#set('playing');
  }

  /** @param {import('./messages.js').State} state @param {Status['failure']} failure */
  #set(state, failure = null, words = undefined) {
    this.status = { state, failure, retryAt: 0, words };
    this.dispatchEvent(new Event('state'));
  }

  // The session speaks as if to a sender: its own offer is of no use, the sender's is here.
  #sent(message) {
    const session = /** @type {Session} */ (this.next);
    if (message.type === 'startSession') {
      queueMicrotask(() => {
        session.handle({ type: 'sessionStarted', peerId: kName, sessionId: kName });
        session.handle({ type: 'peer', sessionId: kName, sdp: this.#offer });
      });
    } else if (message.sdp) {
      this.#answered(session);
    }
    return true;
  }

  /** @param {Session} session */
  async #answered(session) {
    const { pc } = session;
    await gathered(pc);
    if (session !== this.next || !pc.localDescription) return;
    const { type, sdp } = pc.localDescription;
    this.#set('waiting', null, { message: 'Waiting for the sender',
      hint: 'The stream starts as soon as the sender has your answer.' });
    this.dispatchEvent(new CustomEvent('answer', { detail: { type, sdp: shortened(sdp) } }));
  }

  /** @param {Session} session */
  #sampled(session) {
    if (session !== this.current) return;
    this.dispatchEvent(new CustomEvent('sample', { detail: session.sampler.figures }));
    const lost = session.silence > kLost;
    if (lost === (this.status.state === 'playing')) {
      this.#set(lost ? 'reconnecting' : 'playing', lost ? { kind: 'stalled' } : null);
    }
  }

  // A firewall before the sender lets nothing in until the sender speaks first, and it does so once
  // it has the answer. Firefox does not listen any more then.
  /** @param {Session} session */
  #unreached(session) {
    if (session !== this.next || this.status.state !== 'waiting') return;
    this.#set('waiting', null, { message: 'Waiting for the sender',
      hint: 'Nothing can reach the sender before it has your answer. If nothing plays soon after '
        + 'that, begin again with its next offer: Firefox waits some seconds only, Chromium an hour.' });
  }

  #over(session, failure) {
    session.close();
    this.next = null;
    this.#fail(failure, session === this.current ? { message: 'The connection is over',
      hint: 'The sender stopped, or the network failed. Ask the sender for the next offer.' } : undefined);
  }

  #fail(failure, words = undefined) {
    this.#set('failed', failure, words);
    this.dispatchEvent(new CustomEvent('failure', { detail: failure }));
  }
}

/** Until all candidates are known, or for as long as is worth it. @param {RTCPeerConnection} pc */
function gathered(pc) {
  return new Promise((resolve) => {
    const look = () => pc.iceGatheringState === 'complete' && resolve(undefined);
    pc.addEventListener('icegatheringstatechange', look);
    setTimeout(resolve, kGatherLongest);
    look();
  });
}
