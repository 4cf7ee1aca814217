// Keeps one publication going: finds the source that takes the stream, starts a session with it,
// sends what it is given, and starts anew when that ends.
//
// No page and no elements here. Media that flow outlive their signaling.

import { Channels } from './channels.js';
import { Signaling, backoff, socketAddress } from './signaling.js';

/**
 * @typedef {'idle'|'connecting'|'waiting'|'live'|'reconnecting'} PublisherState
 * @typedef {Object} PublisherStatus
 * @property {PublisherState} state
 * @property {string} reason   why it is not live, in the words of whoever said so; may be empty
 * @property {number} retryAt  performance.now() of the next attempt; 0: none is planned
 *
 * @typedef {Object} PublisherOptions
 * @property {string} stream
 * @property {string} [src]    page's or WebSocket's address; empty: this page's host
 * @property {string} [token]
 * @property {RTCConfiguration} [configuration]
 * @property {boolean} [messages]  beside the media, if the source has data-channels=true
 */

const kConnectTimeout = 20000;
const kDisconnected = 4000; // ms until a broken connection is given up
const kBusyDelay = 4000;    // after somebody else was found there
const kMostEarly = 64;

/** Events: `status`; `message` (detail: Message of channels.js). */
export class Publisher extends EventTarget {
  /** @type {PublisherStatus} */
  status = { state: 'idle', reason: '', retryAt: 0 };
  /** @type {RTCPeerConnection|null} */
  peerConnection = null;
  /** @type {Channels|null} */
  #channels = null;
  #options;
  /** @type {Signaling|null} */
  #signaling = null;
  /** @type {MediaStreamTrack[]} */
  #tracks = [];
  #maxBitrate = 0;
  #consumer = '';
  #session = '';
  #asked = false;
  #orphaned = false;
  /** Candidates of the source that came before its answer. */
  #early = [];
  #attempt = 0;
  #timer = 0;
  #deadline = 0;
  #work = Promise.resolve();

  /** @param {PublisherOptions} options */
  constructor(options) {
    super();
    this.#options = options;
  }

  /** @param {MediaStreamTrack[]} tracks @param {number} maxBitrate bit/s of the picture; 0: any */
  start(tracks, maxBitrate = 0) {
    this.#tracks = tracks;
    this.#maxBitrate = maxBitrate;
    if (this.#signaling) return;
    const { src = '', token = '' } = this.#options;
    const signaling = new Signaling(socketAddress(src), token, 'consumer');
    this.#signaling = signaling;
    signaling.addEventListener('peers', () => this.#consider());
    signaling.addEventListener('message', (event) => {
      this.#received(/** @type {CustomEvent} */ (event).detail);
    });
    signaling.addEventListener('lost', (event) => {
      this.#lost(/** @type {CustomEvent} */ (event).detail);
    });
    this.#set('connecting');
    try {
      signaling.start();
    } catch (error) {
      this.stop(); // an address that this page may not reach is not worth another attempt
      throw error;
    }
  }

  stop() {
    this.#end(true);
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#attempt = 0;
    this.#signaling?.stop();
    this.#signaling = null;
    this.#set('idle');
  }

  /**
   * Other tracks from here on: in place where the kinds are the same, else by a new session.
   * @param {MediaStreamTrack[]} tracks @param {number} maxBitrate
   */
  async replace(tracks, maxBitrate = this.#maxBitrate) {
    this.#tracks = tracks;
    this.#maxBitrate = maxBitrate;
    const pc = this.peerConnection;
    const senders = pc?.getSenders() ?? [];
    if (!senders.length) return;
    const fits = senders.length === tracks.length
      && senders.every((sender) => tracks.some(({ kind }) => kind === sender.track?.kind));
    if (!fits) return this.#again('', 0);
    for (const sender of senders) {
      const track = tracks.find(({ kind }) => kind === sender.track?.kind) ?? null;
      try {
        await sender.replaceTrack(track);
      } catch {
        // Over meanwhile: the next session takes them. Or not in place, as it turned out.
        if (pc === this.peerConnection) this.#again('', 0);
        return;
      }
      await this.#limit(sender);
    }
  }

  /**
   * A message to the source; as the player's send().
   * @param {string|ArrayBuffer|ArrayBufferView} data @param {{label?: string}} [to]
   */
  async send(data, { label } = {}) {
    if (!this.#channels) throw new Error('Nothing is connected, or the option messages is missing.');
    await this.#channels.send(data, label);
  }

  /** Now, and not when the backoff says. */
  retryNow() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#signaling?.retryNow();
    this.#consider();
  }

  /** @param {PublisherState} state */
  #set(state, reason = '', delay = 0) {
    this.status = { state, reason, retryAt: delay ? performance.now() + delay : 0 };
    this.dispatchEvent(new Event('status'));
  }

  #consider() {
    const signaling = this.#signaling;
    if (!signaling?.listed || this.#timer) return;
    const consumer = signaling.find(this.#options.stream);
    if (this.peerConnection || this.#asked) {
      if (!consumer || consumer.id === this.#consumer) return;
      // Another peer under that name: the relay was started anew, or the source. Media that flow
      // tell that it was not the source; of one that was, #stateChanged() hears soon enough.
      if (this.peerConnection?.connectionState === 'connected') return;
      this.#end(false);
    }
    if (!consumer) return this.#set('waiting');
    this.#consumer = consumer.id;
    this.#asked = true;
    this.#orphaned = false;
    if (this.status.state !== 'reconnecting') this.#set('connecting');
    this.#expire();
    signaling.send({ type: 'startSession', peerId: consumer.id });
  }

  #received(message) {
    if (message.type === 'startSession') {
      this.#started(message);
    } else if (message.type === 'error' && this.#asked && !this.#session) {
      this.#again(message.details);
    } else if (!this.#session || message.sessionId !== this.#session) {
      // Of a session that is no longer ours.
    } else if (message.type === 'peer') {
      this.#during(message.sessionId, this.#work.then(() => this.#signal(message)));
    } else if (message.type === 'endSession' || message.type === 'endSessionV1_1') {
      this.#session = '';
      this.#again(message.error ?? '', message.error?.includes('Somebody else') ? kBusyDelay : 0);
    }
  }

  #started({ peerId, sessionId }) {
    if (!this.#asked || this.#session || peerId !== this.#consumer) {
      // Too late: it was given up. A source takes one publisher, and this would never send.
      return this.#signaling?.send({ type: 'endSessionV1_1', sessionId, error: null });
    }
    this.#session = sessionId;
    this.#during(sessionId, this.#offer());
  }

  // What fails because its session ended meanwhile is not the next one's fault.
  #during(session, work) {
    this.#work = work.catch((error) => {
      if (session === this.#session) this.#again(String(error.message ?? error));
    });
  }

  async #offer() {
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...this.#options.configuration });
    this.peerConnection = pc;
    pc.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.#send({ ice: { sdpMLineIndex: 0, ...candidate.toJSON() } });
    };
    pc.onconnectionstatechange = () => this.#stateChanged(pc);
    if (this.#options.messages) {
      this.#channels = new Channels(pc, (detail) => this.dispatchEvent(new CustomEvent('message', { detail })));
      this.#channels.open();
    }
    const stream = new MediaStream(this.#tracks);
    for (const track of this.#tracks) {
      pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    }
    await pc.setLocalDescription();
    this.#send({ sdp: { type: 'offer', sdp: pc.localDescription?.sdp } });
  }

  async #signal({ sdp, ice }) {
    const pc = this.peerConnection;
    if (sdp?.type === 'answer' && pc) {
      await pc.setRemoteDescription(sdp);
      for (const early of this.#early.splice(0)) await this.#add(pc, early);
      await Promise.all(pc.getSenders().map((sender) => this.#limit(sender)));
    } else if (ice && pc) {
      await this.#add(pc, ice);
    }
  }

  async #add(pc, ice) {
    if (!pc.remoteDescription) {
      if (this.#early.length < kMostEarly) this.#early.push(ice);
      return;
    }
    // A candidate that the browser cannot use is no reason to end.
    await pc.addIceCandidate(ice).catch(() => {});
  }

  /** @param {RTCRtpSender} sender */
  async #limit(sender) {
    if (sender.track?.kind !== 'video') return;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings ?? []) {
      if (this.#maxBitrate) encoding.maxBitrate = this.#maxBitrate;
      else delete encoding.maxBitrate;
    }
    await sender.setParameters(parameters).catch(() => {});
  }

  #stateChanged(pc) {
    if (pc !== this.peerConnection) return;
    const state = pc.connectionState;
    if (state === 'connected') {
      clearTimeout(this.#deadline);
      this.#attempt = 0;
      this.#set('live');
    } else if (state === 'failed' || state === 'closed') {
      this.#again('The connection broke');
    } else if (state === 'disconnected') {
      clearTimeout(this.#deadline);
      this.#deadline = window.setTimeout(() => this.#again('The connection broke'), kDisconnected);
    }
  }

  #send(fields) {
    if (this.#session && !this.#orphaned) {
      this.#signaling?.send({ type: 'peer', sessionId: this.#session, ...fields });
    }
  }

  #expire() {
    clearTimeout(this.#deadline);
    this.#deadline = window.setTimeout(() => {
      this.#again('No way through the network for picture and sound');
    }, kConnectTimeout);
  }

  // Signaling is away; what flows goes on.
  #lost({ delay }) {
    this.#orphaned = true;
    if (this.peerConnection?.connectionState === 'connected') return;
    this.#end(false);
    this.#set('reconnecting', 'The receiver cannot be reached', delay);
  }

  /** Ends the session. @param {boolean} tell the other side */
  #end(tell) {
    clearTimeout(this.#deadline);
    if (tell && this.#session && !this.#orphaned) {
      this.#signaling?.send({ type: 'endSessionV1_1', sessionId: this.#session, error: null });
    }
    const pc = this.peerConnection;
    this.peerConnection = this.#channels = null;
    this.#early = [];
    if (pc) {
      pc.onicecandidate = pc.onconnectionstatechange = null;
      pc.close();
    }
    this.#session = this.#consumer = '';
    this.#asked = false;
  }

  /** Another session, by and by. @param {string} reason @param {number} [atLeast] ms */
  #again(reason, atLeast) {
    if (!this.#signaling) return;
    this.#end(true);
    const delay = atLeast === 0 && this.#attempt === 0 ? 100
      : Math.max(atLeast ?? 0, backoff(this.#attempt));
    this.#attempt++;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#consider();
    }, delay);
    this.#set('reconnecting', reason, delay);
  }
}
