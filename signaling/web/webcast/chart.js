// A small line chart of the last minute, as SVG.

import { h, setText, svg } from './dom.js';

const kPoints = 60;
const kWidth = 240;
const kHeight = 44;

/** A round number at or above `value`, so that the scale does not tremble. */
function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

export class Chart {
  element;
  #values = /** @type {number[]} */ ([]);
  #line = svg('polyline', { class: 'line', points: '' });
  #area = svg('polygon', { class: 'area', points: '' });
  #now = h('output', { className: 'now' });
  #top = h('span', { className: 'top', 'aria-hidden': 'true' });
  #drawing;
  #title;
  #format;

  /** @param {string} title @param {(value: number) => string} format */
  constructor(title, format) {
    this.#title = title;
    this.#format = format;
    this.#drawing = svg('svg', {
      viewBox: `0 0 ${kWidth} ${kHeight}`, preserveAspectRatio: 'none', role: 'img',
    }, this.#area, this.#line);
    this.#now.setAttribute('aria-live', 'off');
    this.element = h('figure', { className: 'chart' },
      h('figcaption', {}, h('span', {}, title), this.#now),
      h('div', { className: 'plot' }, this.#drawing, this.#top));
  }

  /** @param {number} value */
  add(value) {
    this.#values.push(value);
    if (this.#values.length > kPoints) this.#values.shift();
  }

  draw() {
    const values = this.#values;
    const most = Math.max(0, ...values);
    const top = ceiling(most);
    const step = kWidth / (kPoints - 1);
    const left = kWidth - (values.length - 1) * step;
    const points = values.map((value, index) =>
      `${(left + index * step).toFixed(1)},${(kHeight - 1 - (value / top) * (kHeight - 3)).toFixed(1)}`);
    this.#line.setAttribute('points', points.join(' '));
    this.#area.setAttribute('points', `${left},${kHeight} ${points.join(' ')} ${kWidth},${kHeight}`);
    const last = values.at(-1) ?? 0;
    setText(this.#now, this.#format(last));
    setText(this.#top, this.#format(top));
    this.#drawing.setAttribute('aria-label',
      `${this.#title} over the last minute: now ${this.#format(last)}, at most ${this.#format(most)}`);
  }

  clear() {
    this.#values = [];
  }
}
