// What lies over the picture: the bar of buttons, the status, the big button for sound, the help.
//
// Shows what it is told (update) and calls the player's actions; decides nothing.

import { h, icon, setText } from './dom.js';

/**
 * @typedef {Object} Actions
 * @property {() => void} toggle      play or stop
 * @property {() => void} mute
 * @property {(step: number) => void} louder
 * @property {(volume: number) => void} volume
 * @property {() => void} captions
 * @property {() => void} statistics
 * @property {() => void} pip
 * @property {() => void} fullscreen
 * @property {() => void} retry
 * @property {() => void} unblock     start a picture that the browser held back
 *
 * @typedef {Object} Look
 * @property {import('./messages.js').State} state
 * @property {string} message
 * @property {string} hint
 * @property {number} retryAt
 * @property {string} name
 * @property {boolean} picture   something stands on the screen
 * @property {boolean} blocked
 * @property {boolean} sound     the stream has any
 * @property {boolean} muted
 * @property {number} volume     0…1
 * @property {boolean} hasCaptions
 * @property {boolean} captions
 * @property {boolean} statistics
 * @property {boolean} pip
 * @property {boolean} canPip
 * @property {boolean} fullscreen
 * @property {boolean} canFullscreen
 */

const kKeys = [
  ['Space', 'K', 'Play or stop'],
  ['M', '', 'Sound on or off'],
  ['↑', '↓', 'Louder, quieter'],
  ['C', '', 'Captions on or off, where there are some'],
  ['F', '', 'Full screen'],
  ['P', '', 'Picture in picture'],
  ['S', 'I', 'Statistics'],
  ['?', 'H', 'This list'],
  ['Esc', '', 'Close what is open'],
];

function button(name, label, key, onclick) {
  return h('button', {
    type: 'button', className: `button ${name}`, onclick, title: key ? `${label} (${key})` : label,
    'aria-label': label, ...(key && { 'aria-keyshortcuts': key }),
  }, icon(name));
}

function relabel(element, label, key, name) {
  element.setAttribute('aria-label', label);
  element.title = `${label} (${key})`;
  if (element.dataset.icon === name) return;
  element.dataset.icon = name;
  element.replaceChildren(icon(name));
}

export class Controls {
  bar;
  status;
  help;
  soundButton;
  #actions;
  #message = h('p', { className: 'message' });
  #hint = h('p', { className: 'hint' });
  #countdown = h('p', { className: 'countdown', 'aria-hidden': 'true' });
  #retry;
  #unblock;
  #toggle;
  #mute;
  #volume;
  #captions;
  #statistics;
  #pip;
  #fullscreen;
  #name = h('span', { className: 'name' });
  #clock = 0;
  #retryAt = 0;

  /** @param {Actions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.#toggle = button('stop', 'Stop', 'K', actions.toggle);
    this.#mute = button('muted', 'Turn sound on', 'M', actions.mute);
    this.#volume = h('input', {
      type: 'range', min: '0', max: '100', step: '5', className: 'volume', 'aria-label': 'Volume',
      oninput: () => actions.volume(Number(this.#volume.value) / 100),
    });
    this.#captions = button('captions', 'Captions', 'C', actions.captions);
    this.#statistics = button('statistics', 'Statistics', 'S', actions.statistics);
    this.#pip = button('pip', 'Picture in picture', 'P', actions.pip);
    this.#fullscreen = button('fullscreen', 'Full screen', 'F', actions.fullscreen);
    const help = button('help', 'Help and keys', '?', () => this.toggleHelp());
    help.setAttribute('aria-haspopup', 'dialog');
    this.bar = h('div', { className: 'bar', role: 'group', 'aria-label': 'Player controls' },
      this.#toggle, this.#mute, this.#volume, this.#name, h('span', { className: 'space' }),
      this.#captions, this.#statistics, this.#pip, this.#fullscreen, help);
    this.soundButton = h('button', { type: 'button', className: 'turn-on', hidden: true, onclick: actions.mute },
      icon('muted'), h('span', {}, 'Turn sound on'));
    this.#retry = h('button', { type: 'button', className: 'plain', onclick: actions.retry }, 'Try now');
    this.#unblock = h('button', { type: 'button', className: 'plain unblock', onclick: actions.unblock },
      icon('play'), h('span', {}, 'Play'));
    this.status = h('div', { className: 'status' },
      h('div', { className: 'spinner', 'aria-hidden': 'true' }),
      h('div', { className: 'words', role: 'status', 'aria-live': 'polite' }, this.#message, this.#hint),
      this.#countdown, this.#retry, this.#unblock);
    this.help = this.#helpDialog();
  }

  /** @param {Look} look */
  update(look) {
    const stopped = look.state === 'idle';
    relabel(this.#toggle, stopped ? 'Play' : 'Stop', 'K', stopped ? 'play' : 'stop');
    relabel(this.#mute, look.muted ? 'Turn sound on' : 'Turn sound off', 'M', look.muted ? 'muted' : 'sound');
    this.#mute.setAttribute('aria-pressed', String(!look.muted));
    this.#mute.hidden = this.#volume.hidden = !look.sound;
    this.#volume.value = String(Math.round(look.muted ? 0 : look.volume * 100));
    this.soundButton.hidden = !look.sound || !look.muted || look.state !== 'playing' || look.blocked;
    this.#captions.hidden = !look.hasCaptions;
    this.#captions.setAttribute('aria-pressed', String(look.captions));
    this.#statistics.setAttribute('aria-pressed', String(look.statistics));
    this.#pip.hidden = !look.canPip;
    this.#pip.setAttribute('aria-pressed', String(look.pip));
    this.#fullscreen.hidden = !look.canFullscreen;
    this.#fullscreen.setAttribute('aria-pressed', String(look.fullscreen));
    relabel(this.#fullscreen, look.fullscreen ? 'Leave full screen' : 'Full screen', 'F',
      look.fullscreen ? 'window' : 'fullscreen');
    setText(this.#name, look.name);
    this.#say(look);
  }

  toggleHelp() {
    if (!this.help.open) return this.help.showModal();
    this.help.close();
    // Until the next frame the focus may stay inside, on a button that nobody sees: the space bar
    // would press it.
    const { activeElement } = /** @type {ShadowRoot} */ (this.help.getRootNode());
    if (activeElement instanceof HTMLElement && this.help.contains(activeElement)) activeElement.blur();
  }

  focusStatistics() {
    this.#statistics.focus();
  }

  stop() {
    clearInterval(this.#clock);
  }

  #say({ state, message, hint, retryAt, blocked }) {
    setText(this.#message, blocked ? 'Ready' : message);
    setText(this.#hint, blocked ? 'This browser plays after a click.' : hint);
    this.#hint.hidden = !this.#hint.textContent;
    this.#unblock.hidden = !blocked && state !== 'idle';
    this.#retryAt = retryAt;
    this.#retry.hidden = !retryAt;
    this.#countdown.hidden = !retryAt;
    clearInterval(this.#clock);
    if (!retryAt) return;
    this.#count();
    this.#clock = window.setInterval(() => this.#count(), 250);
  }

  #count() {
    const seconds = Math.ceil((this.#retryAt - performance.now()) / 1000);
    setText(this.#countdown, seconds > 0 ? `Trying again in ${seconds} s` : 'Trying again…');
  }

  #helpDialog() {
    const rows = kKeys.map(([key, other, what]) => h('div', {},
      h('dt', {}, h('kbd', {}, key), ...(other ? [' ', h('kbd', {}, other)] : [])), h('dd', {}, what)));
    const close = h('button', { type: 'button', className: 'close', 'aria-label': 'Close help' }, icon('close'));
    const dialog = h('dialog', { className: 'panel help', 'aria-label': 'Help and keys' },
      h('header', {}, h('h2', {}, 'Keys'), close), h('dl', {}, ...rows));
    close.onclick = () => this.toggleHelp();
    dialog.onclick = (event) => { // beside it
      if (event.target === dialog) this.toggleHelp();
    };
    return dialog;
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key meant something */
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return false;
    const target = event.composedPath()[0];
    const typing = target instanceof HTMLElement
      && (target.isContentEditable || target.matches('input:not([type=range]), textarea, select'));
    if (typing) return false;
    const onButton = target instanceof HTMLElement && target.matches('button, a, summary');
    const onRange = target instanceof HTMLElement && target.matches('input[type=range]');
    const actions = this.#actions;
    switch (event.key.length === 1 ? event.key.toLowerCase() : event.key) {
      case ' ':
        if (onButton) return false;
        actions.toggle();
        return true;
      case 'k': actions.toggle(); return true;
      case 'm': actions.mute(); return true;
      case 'c': actions.captions(); return true;
      case 'f': actions.fullscreen(); return true;
      case 'p': actions.pip(); return true;
      case 's': case 'i': actions.statistics(); return true;
      case '?': case 'h': this.toggleHelp(); return true;
      case 'ArrowUp': if (!onRange) actions.louder(0.1); return !onRange;
      case 'ArrowDown': if (!onRange) actions.louder(-0.1); return !onRange;
      default: return false;
    }
  }
}
