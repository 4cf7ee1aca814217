// One session on the screen: its picture, further pictures as tiles, or a level for sound alone.
//
// Stands behind the view before it until its first picture is there, so no gap is seen.

import { h, icon, reducedMotion } from './dom.js';

const kSoundOnly = 3000; // ms after which sound plays without a picture that was promised

export class View {
  element = h('div', { className: 'view waiting' });
  /** @type {HTMLVideoElement} */
  video;
  #session;
  #events;
  #ready = false;
  #timer = 0;
  #animation = 0;

  /**
   * @param {import('./session.js').Session} session
   * @param {{muted: boolean, volume: number}} sound
   * @param {{ready: (view: View) => void, blocked: () => void}} events
   */
  constructor(session, sound, events) {
    this.#session = session;
    this.#events = events;
    this.video = player(session.streams[0]);
    this.video.className = 'large';
    this.setSound(sound);
    this.element.append(this.video);
    const more = session.streams.slice(1).map((stream, index) => this.#tile(stream, index + 2));
    if (more.length) this.element.append(h('div', { className: 'tiles' }, ...more));
    if (!session.hasVideo) this.element.append(this.#soundOnly());
    if (session.hasVideo) {
      this.#awaitPicture();
      // A hidden tab paints nothing, and old browsers don't tell.
      this.video.addEventListener('playing', () => {
        if (document.hidden || !('requestVideoFrameCallback' in this.video)) this.#show();
      });
    }
    this.#timer = window.setInterval(() => this.#awaitSound(), 250);
    this.play();
  }

  get session() {
    return this.#session;
  }

  async play() {
    try {
      await this.video.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#events.blocked();
    }
  }

  setSound({ muted, volume }) {
    this.video.muted = muted;
    this.video.volume = volume;
  }

  /** How old a picture is when it is shown, measured on the next one. */
  measure() {
    const { video } = this;
    if (!('requestVideoFrameCallback' in video)) return;
    video.requestVideoFrameCallback((_now, frame) => {
      const capture = frame.captureTime;
      const age = capture === undefined ? -1 : frame.expectedDisplayTime - capture;
      const { sampler } = this.#session;
      if (age <= 0 || age > 10000) return; // the clocks don't match
      const before = sampler.captureToScreenMs ?? age;
      sampler.captureToScreenMs = before + (age - before) / 4;
    });
  }

  /** Goes on in an element that is in picture-in-picture. @param {HTMLVideoElement} video */
  moveInto(video) {
    video.srcObject = this.video.srcObject;
    this.video.srcObject = null;
    this.video.replaceWith(video);
    this.video = video;
    this.play();
  }

  remove() {
    clearInterval(this.#timer);
    cancelAnimationFrame(this.#animation);
    for (const video of this.element.querySelectorAll('video')) video.srcObject = null;
    this.element.remove();
  }

  #awaitPicture() {
    const { video } = this;
    if ('requestVideoFrameCallback' in video) {
      // A video that may not play paints its first frame all the same.
      video.requestVideoFrameCallback(() => (video.paused ? this.#awaitPicture() : this.#show()));
    }
  }

  // Sound is there when packets are: nothing paints for it.
  #awaitSound() {
    const session = this.#session;
    const heard = session.sampler.figures?.audio.some((one) => one.packets > 0);
    const patience = session.hasVideo ? kSoundOnly : 0;
    const since = session.timings.connected ?? Infinity;
    if (heard && !this.video.paused && performance.now() - since >= patience) this.#show();
  }

  #show() {
    if (this.#ready) return;
    this.#ready = true;
    clearInterval(this.#timer);
    this.element.classList.remove('waiting');
    this.#events.ready(this);
  }

  #tile(stream, number) {
    const video = player(stream);
    video.muted = true;
    const button = h('button', {
      type: 'button', className: 'tile', 'aria-label': `Show picture ${number} large`,
    }, video);
    // The streams change places: sound stays with the large element.
    button.onclick = () => {
      const large = /** @type {MediaStream} */ (this.video.srcObject);
      const small = /** @type {MediaStream} */ (video.srcObject);
      const sounds = large.getAudioTracks();
      for (const track of sounds) large.removeTrack(track);
      for (const track of sounds) small.addTrack(track);
      this.video.srcObject = small;
      video.srcObject = large;
      this.play();
      video.play().catch(() => {});
    };
    return button;
  }

  #soundOnly() {
    const level = h('div', { className: 'level' });
    const text = this.#session.pictureRefused
      ? 'Sound only: this browser has none of the picture’s codecs' : 'Sound only';
    const follow = () => {
      this.#animation = requestAnimationFrame(follow);
      if (reducedMotion.matches) return;
      const audio = this.#session.pc.getReceivers().find((one) => one.track.kind === 'audio');
      const loudness = audio?.getSynchronizationSources?.()[0]?.audioLevel
        ?? this.#session.sampler.figures?.audio[0]?.level ?? 0;
      level.style.transform = `scale(${(1 + Math.min(1, Math.sqrt(loudness)) * 0.8).toFixed(3)})`;
    };
    follow();
    return h('div', { className: 'sound-only' },
      h('div', { className: 'disc' }, level, icon('wave')), h('p', {}, text));
  }
}

function player(stream) {
  const video = h('video', { autoplay: true, muted: true, playsInline: true, controls: false });
  video.disableRemotePlayback = true;
  video.tabIndex = -1;
  video.srcObject = stream;
  return video;
}
