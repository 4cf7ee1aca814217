// The WebSocket to the element or relay: who publishes (or takes) what, and messages to and fro.
//
// Knows nothing of media. Comes back by itself with exponential backoff and jitter; that it is
// away is told ("lost"), and what flows meanwhile is nobody's business here.

/**
 * @typedef {Object} Producer  or consumer
 * @property {string} id  the peer's id on the wire
 * @property {any} meta   what it says about itself: {"name": …, "video": 1, "audio": 1}
 */

const kFirstDelay = 400;
const kLongestDelay = 15000;
const kOpenTimeout = 8000;
const kHeartbeat = 20000; // also mends a producer list that missed a message
const kAnswerTimeout = 8000;

/** Milliseconds before attempt number `attempt` (from 0): doubling, with jitter. */
export function backoff(attempt, first = kFirstDelay, longest = kLongestDelay) {
  const ceiling = Math.min(longest, first * 2 ** attempt);
  return Math.round(ceiling * (0.6 + 0.4 * Math.random()));
}

/** The WebSocket's address for what `src` says: empty, a page's address, or ws(s) itself. */
export function socketAddress(src) {
  const url = new URL(src || '/ws', document.baseURI);
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.pathname === '/') url.pathname = '/ws';
  url.hash = '';
  return url;
}

/**
 * Events: `open`, `lost` (detail {attempt, delay, opened}), `peers`, `message` (detail: one).
 */
export class Signaling extends EventTarget {
  /** Those of the role that was asked for. @type {Map<string, Producer>} */
  peers = new Map();
  connected = false;
  /** The list of this connection is here. */
  listed = false;
  #url;
  #token;
  #role;
  /** @type {WebSocket|null} */
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #heartbeat = 0;
  #deadline = 0;

  /** @param {URL} url @param {string} token @param {'producer'|'consumer'} role of the others */
  constructor(url, token, role = 'producer') {
    super();
    this.#url = url;
    this.#token = token;
    this.#role = role;
  }

  start() {
    if (!this.#socket) this.#open();
  }

  stop() {
    this.#drop();
    clearTimeout(this.#timer);
  }

  /** Don't wait for the rest of the backoff. */
  retryNow() {
    this.#attempt = 0;
    if (this.#socket) {
      if (this.connected) this.#probe();
      return;
    }
    clearTimeout(this.#timer);
    this.#open();
  }

  /** @returns {boolean} whether it could be sent */
  send(message) {
    if (!this.connected || !this.#socket) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** The one of `stream`; with an empty name the first one. @param {string} stream */
  find(stream) {
    for (const peer of this.peers.values()) {
      if (!stream || peer.meta?.name === stream) return peer;
    }
    return null;
  }

  #open() {
    const url = new URL(this.#url);
    let protocols = this.#token ? [`bearer.${this.#token}`] : [];
    if (!/^[\w!#$%&'*+.^`|~-]*$/.test(this.#token)) { // what a subprotocol may not hold
      url.searchParams.set('token', this.#token);
      protocols = [];
    }
    const socket = new WebSocket(url, protocols);
    this.#socket = socket;
    this.#deadline = window.setTimeout(() => this.#lost(), kOpenTimeout);
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = () => this.#lost();
  }

  #opened() {
    clearTimeout(this.#deadline);
    this.connected = true;
    this.listed = false;
    this.send({ type: 'setProtocolVersion', version: 'v1_1' });
    this.send({ type: 'setPeerStatus', roles: ['listener'], meta: null });
    this.#list();
    this.#heartbeat = window.setInterval(() => this.#probe(), kHeartbeat);
    this.dispatchEvent(new Event('open'));
  }

  // A dead TCP connection says nothing by itself.
  #probe() {
    this.#list();
    clearTimeout(this.#deadline);
    this.#deadline = window.setTimeout(() => this.#lost(), kAnswerTimeout);
  }

  #list() {
    this.send({ type: this.#role === 'producer' ? 'list' : 'listConsumers' });
  }

  #received(text) {
    clearTimeout(this.#deadline);
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (message?.type === 'list' || message?.type === 'listConsumers') {
      this.#attempt = 0;
      this.listed = true;
      const list = message.producers ?? message.consumers ?? [];
      this.peers = new Map(list.map((one) => [one.id, one]));
      this.dispatchEvent(new Event('peers'));
    } else if (message?.type === 'peerStatusChanged') {
      const { peerId: id, meta } = message;
      if (message.roles?.includes(this.#role)) this.peers.set(id, { id, meta });
      else if (!this.peers.delete(id)) return; // somebody else came or went
      this.dispatchEvent(new Event('peers'));
    } else {
      this.dispatchEvent(new CustomEvent('message', { detail: message }));
    }
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.connected = this.listed = false;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#deadline);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #lost() {
    const opened = this.connected;
    this.#drop();
    const delay = backoff(this.#attempt++);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#open(), delay);
    const detail = { attempt: this.#attempt, delay, opened };
    this.dispatchEvent(new CustomEvent('lost', { detail }));
  }
}
