// Captions over the picture: what comes under the label `captions`, each until the next one. A blank
// one clears.

import { h, setText } from './dom.js';

export const kLabel = 'captions';
const kMostCharacters = 2000;
const kStored = 'webcast-captions';

function stored() {
  try {
    return localStorage.getItem(kStored) !== 'off';
  } catch {
    return true; // a page that may store nothing
  }
}

export class Captions {
  #text = h('span');
  element = h('p', { className: 'captions', hidden: true }, this.#text);
  /** The stream has some. */
  known = false;
  on = stored();

  /** @param {unknown} text */
  show(text) {
    const shown = typeof text === 'string' ? text.slice(0, kMostCharacters).trim() : '';
    this.known ||= Boolean(shown);
    setText(this.#text, shown);
    this.#update();
  }

  clear() {
    this.known = false;
    this.show('');
  }

  toggle() {
    this.on = !this.on;
    try {
      localStorage.setItem(kStored, this.on ? 'on' : 'off');
    } catch { /* for this page only, then */ }
    this.#update();
  }

  #update() {
    this.element.hidden = !this.on || !this.#text.textContent;
  }
}
