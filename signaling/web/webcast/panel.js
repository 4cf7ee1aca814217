// The statistics over the picture.

import { Chart } from './chart.js';
import { h, icon, setText } from './dom.js';

/** @param {number} bits per second */
export function bitrate(bits) {
  if (bits >= 1e6) return `${(bits / 1e6).toFixed(bits >= 1e7 ? 0 : 1)} Mbit/s`;
  return `${Math.round(bits / 1e3)} kbit/s`;
}

const frames = (value) => `${Math.round(value)} fps`;
const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const percent = (value) => `${(value * 100).toFixed(value && value < 0.1 ? 1 : 0)} %`;

const kAbsent = '–';

/** @param {import('./statistics.js').Figures} figures @returns {[string, string, string?][]} */
function rows(figures) {
  const [video] = figures.video;
  const [audio] = figures.audio;
  const { latency, rttMs } = figures;
  const main = video ?? audio;
  /** @type {[string, string, string?][]} */
  const list = [];
  if (video) {
    list.push(['Picture', video.width ? `${video.width} × ${video.height}` : kAbsent]);
    list.push(['Video codec', video.codec || kAbsent, video.decoder]);
  }
  if (audio) list.push(['Audio codec', audio.codec || kAbsent]);
  list.push(['Packets lost', percent(figures.loss), `${main?.lost ?? 0} so far`]);
  list.push(['Round trip', rttMs === null ? kAbsent : milliseconds(rttMs), figures.path]);
  list.push(['Jitter buffer', main ? milliseconds(main.bufferMs) : kAbsent]);
  list.push(['Latency', latency ? `≈ ${milliseconds(latency.ms)}` : kAbsent,
    latency?.capture ? 'estimate, sender’s capture to this screen'
      : 'estimate, network to screen; without capture and encoder']);
  if (video) {
    list.push(['Dropped', `${video.framesDropped} frames`, `${video.freezes} freezes`]);
    if (figures.video.length > 1) list.push(['Pictures', String(figures.video.length)]);
  }
  return list;
}

export class StatisticsPanel {
  element;
  #list = h('dl');
  #rate = new Chart('Bit rate', bitrate);
  #frames = new Chart('Frame rate', frames);
  #charted = 0;

  /** @param {() => void} close */
  constructor(close) {
    const button = h('button', {
      type: 'button', className: 'close', title: 'Close (S)', 'aria-label': 'Close statistics',
      onclick: close,
    }, icon('close'));
    this.element = h('section', { className: 'panel statistics', hidden: true, 'aria-label': 'Statistics' },
      h('header', {}, h('h2', {}, 'Statistics'), button),
      this.#rate.element, this.#frames.element, this.#list);
  }

  /** @param {import('./statistics.js').Figures|null} figures */
  update(figures) {
    if (!figures) return;
    if (figures.time - this.#charted >= 950) {
      this.#charted = figures.time;
      this.#rate.add(figures.bitrate);
      this.#frames.add(figures.video[0]?.framesPerSecond ?? 0);
    }
    if (this.element.hidden) return;
    this.#frames.element.hidden = figures.video.length === 0;
    this.#rate.draw();
    this.#frames.draw();
    this.#write(rows(figures));
  }

  clear() {
    this.#rate.clear();
    this.#frames.clear();
  }

  #write(list) {
    while (this.#list.children.length > list.length) this.#list.lastElementChild?.remove();
    list.forEach(([name, value, note = ''], index) => {
      const row = this.#list.children[index]
        ?? this.#list.appendChild(h('div', {}, h('dt'), h('dd', {}, h('span'), h('small'))));
      setText(row.querySelector('dt'), name);
      setText(row.querySelector('span'), value);
      setText(row.querySelector('small'), note);
    });
  }
}
