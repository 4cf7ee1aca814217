/**
 * webcast.js: plays a stream of gst-webcast on any page.
 *
 *     <script type="module" src="http://HOST:8080/webcast.js"></script>
 *     <webcast-player src="http://HOST:8080" stream="live"></webcast-player>
 *
 * It plays at once, without sound, comes back by itself when the sender restarts, and says what is
 * going on. A page of another origin must be named in the sender's `allow-origins`.
 *
 * Attributes
 *   src       the sender's address, http(s):// or ws(s)://; default: the page's own host
 *   stream    the stream's name; default: the first one
 *   token     what the sender's view-token asks for
 *   latency   "low": ask the browser for the smallest jitter buffer
 *   controls  "none": the picture and the status alone
 *   keys      "page": keys work wherever the focus is on the page
 *   manual    don't start before play() is called
 *   messages  send and get messages beside the media, if the sender has data-channels=true, and
 *             show its captions
 *
 * Properties
 *   state           "idle", "connecting", "waiting", "playing", "reconnecting", "ended", "failed"
 *   message, hint   what the status line says, and what to do about it
 *   streamName      of the stream that plays
 *   streamTitle     what its sender calls it, or else its name
 *   muted, volume   as those of a video element
 *   peerConnection  the RTCPeerConnection of what is shown, or null
 *   video           the large video element of what is shown, or null
 *   timings         milliseconds from play() to each step: asked, answered, connected, playing
 *   configuration   RTCConfiguration for new connections (iceServers)
 *
 * Methods
 *   play()      start, or start again after stop()
 *   stop()      end the session and free everything
 *   retry()     try now, and not when the backoff says
 *   getStats()  the last figures (see webcast/statistics.js), or null
 *   send(data, {label})  a message: text, or bytes (ArrayBuffer, typed array), 256 KiB at most; a
 *               promise that is kept when the browser took it, and broken when it never will
 *
 * Events (none bubbles)
 *   statechange  detail {state, message, hint}
 *   titlechange  streamTitle is another one
 *   stats        detail: the figures, about twice a second while something plays
 *   message      detail {label, data}: text, or an ArrayBuffer; also as the property onmessage
 *   ended        the stream ended as it should
 *   error        detail {kind, detail, message, hint}: an attempt failed; others follow by themselves,
 *                unless the kind is "impossible": the browser refuses to begin (WebRTC is switched
 *                off, or src is no address that this page may reach)
 */

import { Captions, kLabel as kCaptions } from './webcast/captions.js';
import { WebcastClient } from './webcast/client.js';
import { Controls } from './webcast/controls.js';
import { h } from './webcast/dom.js';
import { describe } from './webcast/messages.js';
import { StatisticsPanel } from './webcast/panel.js';
import { applyStyles } from './webcast/styles.js';
import { View } from './webcast/view.js';

export { WebcastClient };

const kQuiet = 3000; // ms without a move until the controls fade
const kNewClientFor = ['src', 'stream', 'token', 'latency', 'messages'];

export class WebcastPlayer extends HTMLElement {
  static observedAttributes = [...kNewClientFor, 'controls'];

  /** @type {RTCConfiguration} */
  configuration = {};
  /** @type {((event: CustomEvent<import('./webcast/channels.js').Message>) => void)|null} */
  onmessage = null;
  #root;
  #stage = h('div', { className: 'stage' });
  #controls;
  #panel;
  #captions = new Captions();
  /** @type {WebcastClient|null} */
  #client = null;
  /** @type {View|null} */
  #view = null;
  /** @type {View|null} */
  #coming = null;
  #sound = { muted: true, volume: 1 };
  #blocked = false;
  #started = 0;
  #quietTimer = 0;
  #listening = new AbortController();

  constructor() {
    super();
    this.#controls = new Controls({
      toggle: () => (this.state === 'idle' ? this.play() : this.stop()),
      mute: () => this.#turnSound(),
      louder: (step) => this.#setVolume(this.#sound.volume + step),
      volume: (volume) => this.#setVolume(volume),
      captions: () => this.#toggleCaptions(),
      statistics: () => this.#toggleStatistics(),
      pip: () => this.#togglePip(),
      fullscreen: () => this.#toggleFullscreen(),
      retry: () => this.retry(),
      unblock: () => this.#unblock(),
    });
    this.#panel = new StatisticsPanel(() => this.#toggleStatistics());
    const { bar, status, soundButton, help } = this.#controls;
    this.#root = h('div', { className: 'root' }, this.#stage, status, soundButton, this.#captions.element,
      this.#panel.element, bar, help);
    const shadow = this.attachShadow({ mode: 'open' });
    applyStyles(shadow);
    shadow.append(this.#root);
  }

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const keys = this.getAttribute('keys') === 'page' ? document : this;
    keys.addEventListener('keydown', (event) => {
      this.#stir();
      const key = /** @type {KeyboardEvent} */ (event);
      if (key.key === 'Escape' && !this.#panel.element.hidden) this.#toggleStatistics();
      if (this.#controls.key(key)) event.preventDefault();
    }, { signal });
    for (const type of ['pointermove', 'pointerdown', 'focusin']) {
      this.addEventListener(type, () => this.#stir(), { signal });
    }
    this.#stage.addEventListener('dblclick', () => this.#toggleFullscreen(), { signal });
    this.addEventListener('fullscreenchange', () => this.#update(), { signal });
    window.addEventListener('online', () => this.retry(), { signal });
    let played = false;
    window.addEventListener('pagehide', () => {
      played = this.#client !== null;
      this.stop();
    }, { signal });
    window.addEventListener('pageshow', (event) => event.persisted && played && this.play(), { signal });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.state !== 'playing' && this.#client) this.retry();
    }, { signal });
    this.#update();
    if (!this.hasAttribute('manual')) this.play();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.stop();
    this.#controls.stop();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.#client) return this.#update();
    if (kNewClientFor.includes(name)) {
      this.stop();
      this.play();
    }
    this.#update();
  }

  get state() { return this.#client?.status.state ?? 'idle'; }
  get message() { return this.#words().message; }
  get hint() { return this.#words().hint; }
  get streamName() { return this.#client?.name || (this.getAttribute('stream') ?? ''); }
  get streamTitle() { return this.#client?.title || this.streamName; }
  get peerConnection() { return this.#client?.current?.pc ?? null; }
  get video() { return this.#view?.video ?? null; }
  get muted() { return this.#sound.muted; }
  set muted(muted) { this.#setSound({ muted }); }
  get volume() { return this.#sound.volume; }
  set volume(volume) { this.#setSound({ volume: Math.min(1, Math.max(0, volume)) }); }

  get timings() {
    const steps = this.#client?.current?.timings ?? {};
    return Object.fromEntries(Object.entries(steps).map(([step, at]) => [step, at - this.#started]));
  }

  /** What brings the sessions. @returns {WebcastClient} */
  makeClient() {
    return new WebcastClient({
      src: this.getAttribute('src') ?? '',
      stream: this.getAttribute('stream') ?? '',
      token: this.getAttribute('token') ?? '',
      lowLatency: this.getAttribute('latency') === 'low',
      configuration: this.configuration,
      messages: this.hasAttribute('messages'),
    });
  }

  play() {
    if (this.#client) return;
    this.#started = performance.now();
    const client = this.makeClient();
    this.#client = client;
    const detail = (event) => /** @type {CustomEvent} */ (event).detail;
    client.addEventListener('state', () => this.#stateChanged());
    client.addEventListener('title', () => this.dispatchEvent(new Event('titlechange')));
    client.addEventListener('session', (event) => this.#show(detail(event)));
    client.addEventListener('dropped', (event) => this.#forget(detail(event)));
    client.addEventListener('sample', (event) => this.#sampled(detail(event)));
    client.addEventListener('message', (event) => this.#received(detail(event)));
    client.addEventListener('failure', (event) => {
      this.dispatchEvent(new CustomEvent('error', { detail: { ...detail(event), ...this.#words() } }));
    });
    client.start();
  }

  stop() {
    const client = this.#client;
    if (!client) return;
    this.#client = null;
    client.stop();
    for (const view of [this.#view, this.#coming]) view?.remove();
    this.#view = this.#coming = null;
    this.#blocked = false;
    this.#panel.clear();
    this.#captions.clear();
    this.#stateChanged();
  }

  retry() {
    this.#client?.retryNow();
  }

  /** @param {string|ArrayBuffer|ArrayBufferView} data @param {{label?: string}} [to] */
  async send(data, { label } = {}) {
    const session = this.#client?.current ?? this.#client?.next;
    if (!this.hasAttribute('messages')) throw new Error('The attribute messages is missing.');
    if (!session?.channels) throw new Error('Nothing is connected: wait for the state "playing".');
    await session.channels.send(data, label);
  }

  getStats() {
    return this.#client?.current?.sampler.figures ?? null;
  }

  #words() {
    const idle = /** @type {const} */ ({ state: 'idle', failure: null, retryAt: 0 });
    return describe(this.#client?.status ?? idle, this.streamName, this.#client?.notice);
  }

  #stateChanged() {
    this.#update();
    const { state } = this;
    this.dispatchEvent(new CustomEvent('statechange', { detail: { state, ...this.#words() } }));
    if (state === 'ended') this.dispatchEvent(new Event('ended'));
    this.#stir();
  }

  /** @param {import('./webcast/session.js').Session} session */
  #show(session) {
    this.#coming?.remove();
    this.#coming = new View(session, this.#sound, {
      ready: (view) => this.#swap(view),
      blocked: () => {
        this.#blocked = true;
        this.#update();
      },
    });
    this.#stage.append(this.#coming.element);
  }

  #forget(session) {
    if (this.#coming?.session !== session) return;
    this.#coming.remove();
    this.#coming = null;
  }

  /** The new picture stands: the one before may go. @param {View} view */
  #swap(view) {
    const client = this.#client;
    const { session } = view;
    // `current` again: the sender negotiated anew in mid-session.
    if (!client || view !== this.#coming || ![client.next, client.current].includes(session)) {
      return view.remove();
    }
    const before = this.#view;
    this.#coming = null;
    this.#view = view;
    this.#blocked = false;
    // Another sender's caption says nothing of this picture.
    if (before?.session !== session) this.#captions.clear();
    this.#captions.show(session.caption);
    const floating = this.shadowRoot?.pictureInPictureElement;
    if (before && floating === before.video) view.moveInto(before.video);
    before?.remove();
    client.adopt(session);
    view.video.addEventListener('enterpictureinpicture', () => this.#update());
    view.video.addEventListener('leavepictureinpicture', () => this.#update());
  }

  /**
   * @param {{session: import('./webcast/session.js').Session,
   *     message: import('./webcast/channels.js').Message}} received
   */
  #received({ session, message }) {
    if (message.label === kCaptions) {
      session.caption = message.data;
      if (session !== this.#view?.session) return;
      this.#captions.show(message.data);
      return this.#update();
    }
    const event = new CustomEvent('message', { detail: message });
    this.onmessage?.(event);
    this.dispatchEvent(event);
  }

  #sampled(figures) {
    this.#view?.measure();
    this.#panel.update(figures);
    this.dispatchEvent(new CustomEvent('stats', { detail: figures }));
  }

  #update() {
    const { state } = this;
    const session = this.#client?.current;
    this.#root.dataset.state = state;
    this.#root.classList.toggle('blocked', this.#blocked);
    this.#controls.bar.hidden = this.getAttribute('controls') === 'none';
    this.#controls.update({
      state, ...this.#words(), name: this.streamName,
      retryAt: this.#client?.status.retryAt ?? 0,
      picture: this.#view !== null, blocked: this.#blocked,
      sound: session?.hasAudio ?? false, ...this.#sound,
      hasCaptions: this.#captions.known, captions: this.#captions.on,
      statistics: !this.#panel.element.hidden,
      canPip: Boolean(document.pictureInPictureEnabled && session?.hasVideo),
      pip: Boolean(this.shadowRoot?.pictureInPictureElement),
      canFullscreen: document.fullscreenEnabled || 'webkitEnterFullscreen' in HTMLVideoElement.prototype,
      fullscreen: document.fullscreenElement === this,
    });
  }

  /** @param {Partial<{muted: boolean, volume: number}>} change */
  #setSound(change) {
    Object.assign(this.#sound, change);
    for (const view of [this.#view, this.#coming]) view?.setSound(this.#sound);
    this.#update();
    this.dispatchEvent(new Event('volumechange'));
  }

  #turnSound() {
    const { muted, volume } = this.#sound;
    this.#setSound({ muted: !muted, volume: muted && volume === 0 ? 1 : volume });
    this.#view?.play();
  }

  #setVolume(volume) {
    const bounded = Math.min(1, Math.max(0, volume));
    this.#setSound({ volume: bounded, muted: bounded === 0 });
  }

  // Not before there are some: nobody would see that the key turned them off.
  #toggleCaptions() {
    if (!this.#captions.known) return;
    this.#captions.toggle();
    this.#update();
  }

  #toggleStatistics() {
    const { element } = this.#panel;
    const inside = element.contains(this.shadowRoot?.activeElement ?? null);
    element.hidden = !element.hidden;
    if (inside) this.#controls.focusStatistics();
    this.#panel.update(this.getStats());
    this.#update();
  }

  async #togglePip() {
    const { video } = this;
    if (!video || !document.pictureInPictureEnabled) return;
    const floating = this.shadowRoot?.pictureInPictureElement;
    await (floating ? document.exitPictureInPicture() : video.requestPictureInPicture()).catch(() => {});
    this.#update();
  }

  async #toggleFullscreen() {
    if (document.fullscreenElement === this) await document.exitFullscreen().catch(() => {});
    else if (this.requestFullscreen) await this.requestFullscreen().catch(() => {});
    else /** @type {any} */ (this.video)?.webkitEnterFullscreen?.(); // iPhone: the video alone
    this.#update();
  }

  #unblock() {
    if (!this.#client) return this.play();
    for (const view of [this.#view, this.#coming]) view?.play();
  }

  // Somebody is there: show the controls, for a while.
  #stir() {
    this.#root.classList.remove('quiet');
    clearTimeout(this.#quietTimer);
    this.#quietTimer = window.setTimeout(() => {
      const focused = this.#controls.bar.matches(':focus-within:has(:focus-visible)');
      if (this.state === 'playing' && !focused) this.#root.classList.add('quiet');
    }, kQuiet);
  }
}

if (!customElements.get('webcast-player')) customElements.define('webcast-player', WebcastPlayer);
