// Keeps one stream playing: decides when to ask for it, when to give up on a session, what to say.
//
// No page and no elements here: a view shows `next`, and says by adopt() that its first picture
// stands; only then is the one before let go (make before break).

import { Session, impossible } from './session.js';
import { Signaling, backoff, socketAddress } from './signaling.js';

/**
 * @typedef {import('./messages.js').Status} Status
 * @typedef {import('./messages.js').State} State
 * @typedef {import('./session.js').Failure} Failure
 *
 * @typedef {Object} ClientOptions
 * @property {string} [src]      page's or WebSocket's address; empty: this page's host
 * @property {string} [stream]   its name; empty: the first one
 * @property {string} [token]
 * @property {boolean} [lowLatency]
 * @property {RTCConfiguration} [configuration]  e.g. iceServers
 * @property {boolean} [messages]  beside the media
 */

const kSilence = 6000;          // no media, and nothing else known
const kDisconnectedSilence = 2500;
const kOrphanSilence = 1500;    // no media, signaling came back and shows the stream
const kFrozen = 10000;          // packets, but no picture
const kNoMedia = 12000;
const kRefusedDelay = 4000;
const kSpareAge = 60000;
const kEndedGrace = 10000;
const kSettled = 3000;
const kLongestTitle = 200;
const kMostUnnamed = 16; // as many sessions as a server lets one peer ask for

/** What a sender calls its stream: one line, cut. */
function titleOf(producer) {
  const title = producer?.meta?.title;
  if (typeof title !== 'string') return '';
  return title.slice(0, kLongestTitle).replace(/(?:(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Z}])+/gu, ' ').trim();
}

/**
 * Events: `state`; `title`; `session` (detail: a Session to show); `sample` (detail: Figures of what is
 * shown); `message` (detail: {session, message}, a Message of channels.js); `failure` (detail:
 * Failure); `dropped` (detail: the Session that was to be shown, and is not); `gone` (nothing is to be
 * shown).
 */
export class WebcastClient extends EventTarget {
  /** @type {Status} */
  status = { state: 'idle', failure: null, retryAt: 0 };
  /** What is shown. @type {Session|null} */
  current = null;
  /** What shall be. @type {Session|null} */
  next = null;
  /** Name of what plays, also where none was asked for. */
  name = '';
  /** What its sender calls it; empty: nothing. */
  title = '';
  #options;
  /** @type {Signaling|null} */
  #signaling = null;
  /** @type {Session|null} */
  #spare = null;
  /**
   * Asked by this connection, and not named yet: replies come in the order of asking. Some may be
   * over. @type {Session[]}
   */
  #unnamed = [];
  #everOpen = false;
  #attempt = 0;
  #timer = 0;
  #socketDelay = 0;
  #socketLost = 0;
  #endedBy = '';
  #noticed = '';

  /** @param {ClientOptions} options */
  constructor(options) {
    super();
    this.#options = options;
  }

  start() {
    if (this.#signaling) return;
    try {
      this.#start();
    } catch (error) {
      // No WebRTC; an address that is none, or that this page may not reach; a wrong configuration.
      this.#signaling?.stop();
      this.#signaling = null;
      const failure = impossible(error);
      this.#set('failed', failure);
      this.dispatchEvent(new CustomEvent('failure', { detail: failure }));
    }
  }

  #start() {
    const { src = '', token = '' } = this.#options;
    const url = socketAddress(src);
    const signaling = new Signaling(url, token);
    this.#signaling = signaling;
    signaling.addEventListener('open', () => this.#opened());
    signaling.addEventListener('lost', (event) => {
      this.#lost(/** @type {CustomEvent} */ (event).detail);
    });
    signaling.addEventListener('peers', () => this.#producersChanged());
    signaling.addEventListener('message', (event) => {
      this.#received(/** @type {CustomEvent} */ (event).detail);
    });
    this.#set('connecting');
    signaling.start();
    this.#spare = this.#session();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    for (const session of [this.current, this.next, this.#spare]) session?.close();
    this.current = this.next = this.#spare = null;
    this.#unnamed = [];
    this.#signaling?.stop();
    this.#signaling = null;
    this.#everOpen = false;
    this.#attempt = 0;
    this.#set('idle');
    this.dispatchEvent(new Event('gone'));
  }

  /** Now, and not when the backoff says. */
  retryNow() {
    if (this.status.failure?.kind === 'impossible') return this.start();
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#endedBy = '';
    this.#signaling?.retryNow();
    this.#consider();
  }

  /** The first picture of `session` stands (or its sound is there). @param {Session} session */
  adopt(session) {
    if (session !== this.next) return;
    const before = this.current;
    this.current = session;
    this.next = null;
    before?.close();
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#attempt = 0;
    session.timings.playing = performance.now();
    this.#set('playing');
  }

  /** What the sender says of the stream, as long as no picture of it is here: a word, or nothing. */
  get notice() {
    if (this.current?.pictured) return '';
    const notice = this.#signaling?.find(this.#options.stream ?? '')?.meta?.notice;
    return typeof notice === 'string' ? notice : '';
  }

  get #flows() {
    return this.current !== null && this.current.phase !== 'over' && this.current.silence < 1000;
  }

  /** @param {State} state @param {Status['failure']} failure @param {number} delay ms */
  #set(state, failure = null, delay = 0) {
    const retryAt = delay ? performance.now() + delay : 0;
    this.status = { state, failure, retryAt };
    this.dispatchEvent(new Event('state'));
  }

  #session() {
    const { lowLatency = false, configuration = {}, messages = false } = this.#options;
    const signaling = /** @type {Signaling} */ (this.#signaling);
    return new Session(signaling, { lowLatency, configuration, messages }, {
      message: (session, message) => this.dispatchEvent(new CustomEvent('message', { detail: { session, message } })),
      asked: (session) => {
        if (this.#unnamed.push(session) > kMostUnnamed) this.#unnamed.shift();
      },
      media: (session) => this.dispatchEvent(new CustomEvent('session', { detail: session })),
      sample: (session) => this.#sampled(session),
      over: (session, failure) => this.#over(session, failure),
    });
  }

  #received(message) {
    if (message.type === 'sessionStarted' || message.type === 'error') {
      this.#unnamed.shift()?.handle(message);
    } else {
      this.next?.handle(message);
      this.current?.handle(message);
    }
  }

  #opened() {
    this.#everOpen = true;
    if (this.#flows || this.status.state === 'ended' || this.status.state === 'playing') return;
    this.#set(this.current ? 'reconnecting' : 'connecting');
  }

  #lost({ delay, opened }) {
    this.#socketLost = performance.now();
    this.#socketDelay = delay;
    for (const session of [this.current, this.next, ...this.#unnamed.splice(0)]) session?.orphan();
    if (this.#flows || this.status.state === 'ended') return;
    if (this.status.state === 'playing') return; // the next samples will tell
    const kind = this.#everOpen ? 'signaling' : 'unreachable';
    this.#set('reconnecting', { kind: opened ? 'signaling' : kind }, delay);
    if (!opened) this.#diagnose(delay);
  }

  // A browser does not say why a WebSocket was refused; the list of streams is refused alike.
  async #diagnose(delay) {
    const url = socketAddress(this.#options.src ?? '');
    url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
    const { token = '' } = this.#options;
    if (url.origin !== location.origin) return;
    const headers = token ? { authorization: `Bearer ${token}` } : undefined;
    const reply = await fetch(new URL('/api/streams', url), { headers }).catch(() => null);
    if (reply?.status !== 401 && reply?.status !== 403) return;
    if (this.status.state === 'reconnecting') this.#set('failed', { kind: 'forbidden' }, delay);
  }

  // The first picture takes it back, too.
  #renotice() {
    if (this.notice === this.#noticed) return;
    this.#noticed = this.notice;
    this.dispatchEvent(new Event('state')); // with other words
  }

  #producersChanged() {
    this.#renotice();
    if (this.#endedBy && !this.#signaling?.peers.has(this.#endedBy)) this.#endedBy = '';
    const id = (this.next ?? this.current)?.producer?.id ?? '';
    this.#retitle(this.#signaling?.peers.get(id));
    this.#consider();
  }

  // Whoever is not there just now is called as before.
  #retitle(producer) {
    const title = titleOf(producer);
    if (!producer || title === this.title) return;
    this.title = title;
    this.dispatchEvent(new Event('title'));
  }

  #consider() {
    if (!this.#signaling?.listed || this.next || this.#timer) return;
    const { current } = this;
    const { state } = this.status;
    const producer = this.#signaling.find(this.#options.stream ?? '');
    if (current && state === 'playing' && current.phase !== 'over') { // #sampled() decides, unless
      if (producer && producer.id === current.producer?.id && !current.isAllOf(producer)) {
        this.#begin(producer); // it has other media now
      }
      return;
    }
    if (!producer) {
      if (state !== 'ended' && state !== 'waiting') this.#set('waiting');
      return;
    }
    if (producer.id === this.#endedBy) return;
    this.#begin(producer);
  }

  #begin(producer) {
    let session = this.#spare;
    this.#spare = null;
    if (session && performance.now() - session.created > kSpareAge) {
      session.close();
      session = null;
    }
    session ??= this.#session();
    this.next = session;
    this.name = producer.meta?.name ?? this.#options.stream ?? '';
    this.#retitle(producer);
    const { state } = this.status;
    if (state === 'playing') {
      // What plays goes on until the new session's first picture.
    } else if (state === 'failed' || state === 'reconnecting') {
      this.#set(this.current ? 'reconnecting' : 'connecting', this.status.failure);
    } else {
      this.#set('connecting');
    }
    session.ask(producer);
  }

  #retry(state, failure, delay) {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#consider();
    }, delay);
    this.#set(state, failure, delay);
  }

  /** @param {Session} session @param {Failure} failure */
  #over(session, failure) {
    if (session === this.next) this.#drop();
    else if (session !== this.current) return; // a spare that could not be made is asked for anew
    if (failure.kind === 'ended') return this.#ended(session);
    if (this.#flows) return;
    if (failure.kind === 'signaling') return; // it has its own backoff
    const said = failure.kind === 'refused' || failure.kind === 'no-codec';
    // At once, where something played for a while: a source that changes ends what it sent.
    const played = performance.now() - (session.timings.playing ?? Infinity);
    const quick = session === this.current && this.#attempt === 0 && played > kSettled;
    const attempt = this.#attempt++;
    const delay = quick ? 0 : backoff(attempt, said ? kRefusedDelay : 500, 30000);
    this.#retry(this.current && (quick || !said) ? 'reconnecting' : 'failed', failure, delay);
    this.dispatchEvent(new CustomEvent('failure', { detail: failure }));
  }

  #ended(session) {
    if (session !== this.current && this.#flows) return;
    this.#endedBy = session.producer?.id ?? '';
    this.#set('ended');
    // A sender that goes on after it ended a session is asked again.
    setTimeout(() => {
      this.#endedBy = '';
      this.#consider();
    }, kEndedGrace);
  }

  /** @param {Session} session */
  #sampled(session) {
    if (session === this.next) {
      if (session.phase === 'connected' && session.silence > kNoMedia) {
        session.over({ kind: 'no-media' });
      }
      return;
    }
    if (session !== this.current) return;
    this.#renotice();
    this.dispatchEvent(new CustomEvent('sample', { detail: session.sampler.figures }));
    if (session.silence < 1000 && session.frozen < kFrozen) return this.#recovered();
    const failure = this.#verdict(session);
    if (!failure || this.status.state !== 'playing') return;
    const wait = this.#socketLost + this.#socketDelay - performance.now();
    this.#set('reconnecting', failure, this.#signaling?.connected ? 0 : Math.max(0, wait));
    this.#consider();
  }

  /** @param {Session} session @returns {Failure|null} */
  #verdict(session) {
    const { silence } = session;
    if (session.frozen > kFrozen) return { kind: 'stalled' };
    if (silence > kSilence) return { kind: 'stalled' };
    const { iceConnectionState: ice } = session.pc;
    if (ice === 'disconnected' && silence > kDisconnectedSilence) return { kind: 'lost' };
    if (session.orphaned && silence > kOrphanSilence) return { kind: 'signaling' };
    return null;
  }

  // What was thought lost flows again: nothing new is needed.
  #recovered() {
    const { state } = this.status;
    if (state === 'playing' || state === 'ended' || state === 'idle') return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#attempt = 0;
    this.#drop();
    this.#set('playing');
  }

  #drop() {
    const { next } = this;
    if (!next) return;
    this.next = null;
    next.close();
    this.dispatchEvent(new CustomEvent('dropped', { detail: next }));
  }
}
