// The page /manual: an offer that somebody brought in, an answer that somebody carries back. Nobody
// is asked for anything: once loaded it needs no server.

import './webcast.js';
import { readOffer } from './webcast/description.js';
import { h, setText, svg } from './webcast/dom.js';
import { ManualClient } from './webcast/manual.js';

const kMargin = 4; // modules of white around a code
const kMostBytes = 64 * 1024;

const element = (id) => /** @type {any} */ (document.getElementById(id));
const offer = element('offer');
/** @type {import('./webcast.js').WebcastPlayer|null} */
let player = null;

/** What the viewer has to do next. @param {'offer'|'answer'|'nothing'} step */
function ask(step) {
  element('form').hidden = step !== 'offer';
  element('second').hidden = step !== 'answer';
  element('steps').hidden = step === 'nothing';
}

function complain(sentence) {
  setText(element('offer-error'), sentence);
  offer.setAttribute('aria-invalid', String(Boolean(sentence)));
  if (sentence) offer.focus();
}

/** A code as a picture; null: this build has none to make it with, or the text is too long. */
function code(text) {
  const { qrcode } = /** @type {any} */ (window);
  if (!qrcode) return null;
  const made = qrcode(0, 'L');
  made.addData(text, 'Byte');
  try {
    made.make();
  } catch {
    return null;
  }
  const count = made.getModuleCount();
  let path = '';
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (made.isDark(row, column)) path += `M${column} ${row}h1v1h-1z`;
    }
  }
  const side = count + 2 * kMargin;
  return svg('svg', { 'viewBox': `${-kMargin} ${-kMargin} ${side} ${side}`, 'role': 'img',
    'aria-label': 'The answer as a QR code', 'shape-rendering': 'crispEdges' },
  svg('rect', { x: -kMargin, y: -kMargin, width: side, height: side, fill: '#fff' }),
  svg('path', { d: path, fill: '#000' }));
}

function showAnswer({ sdp }) {
  element('answer').value = sdp;
  ask('answer');
  setText(element('done'), '');
  const picture = code(element('answer').value);
  const caption = picture ? 'The same for a camera at the sender’s.'
    : 'No QR code: the answer is too long for one. Copy or download it.';
  element('code').replaceChildren(...(picture ? [picture] : []), h('figcaption', {}, caption));
  element('answer-title').focus();
}

function end() {
  const before = player;
  player = null;
  before?.remove();
  ask('offer');
  element('empty').hidden = false;
}

function changed() {
  if (!player) return;
  const { state, message, hint } = player;
  document.title = `${message} · Watch by hand`;
  if (state === 'playing') {
    if (element('steps').contains(document.activeElement)) player.focus(); // its keys work at once
    ask('nothing');
  } else if (state === 'idle') {
    end();
    offer.focus();
  } else if (state === 'failed') {
    ask('offer');
    offer.value = ''; // it is spent
    complain([message, hint].filter(Boolean).join('. '));
  }
}

function begin(description) {
  end();
  const made = /** @type {import('./webcast.js').WebcastPlayer} */ (document.createElement('webcast-player'));
  made.setAttribute('manual', '');
  made.setAttribute('role', 'region');
  made.setAttribute('aria-label', 'The stream');
  made.tabIndex = -1;
  made.makeClient = () => {
    const client = new ManualClient(description);
    client.addEventListener('answer', (event) => showAnswer(/** @type {CustomEvent} */ (event).detail));
    return /** @type {any} */ (client);
  };
  made.addEventListener('statechange', changed);
  element('empty').hidden = true;
  element('stage').append(made);
  player = made;
  made.play();
}

function take() {
  try {
    const description = readOffer(offer.value);
    complain('');
    begin(description);
  } catch (error) {
    complain(/** @type {Error} */ (error).message);
  }
}

async function copy() {
  const { value } = element('answer');
  const copied = await navigator.clipboard?.writeText(value).then(() => true, () => false);
  if (!copied) element('answer').select();
  // Where pages have no clipboard (plain http): the old way.
  const done = copied || document.execCommand('copy');
  setText(element('done'), done ? 'Copied.' : 'This browser does not let the page copy: the text is selected, copy it yourself.');
}

function download() {
  const address = URL.createObjectURL(new Blob([element('answer').value], { type: 'application/sdp' }));
  h('a', { href: address, download: 'answer.sdp' }).click();
  URL.revokeObjectURL(address);
  setText(element('done'), 'Saved as answer.sdp.');
}

element('form').addEventListener('submit', (event) => {
  event.preventDefault();
  take();
});
element('file').addEventListener('change', async () => {
  const [file] = element('file').files;
  if (!file) return;
  // Not read in before it is known to be small.
  if (file.size > kMostBytes) return complain('This file is longer than 64 KiB: no session description is.');
  offer.value = await file.text();
  element('file').value = ''; // the same file can be chosen again
  take();
});
element('copy').addEventListener('click', copy);
element('download').addEventListener('click', download);
element('over').addEventListener('click', () => {
  end();
  offer.value = '';
  offer.focus();
});
const token = new URLSearchParams(location.search).get('token') ?? '';
const brand = /** @type {HTMLAnchorElement|null} */ (document.querySelector('.brand'));
if (brand && token) brand.search = new URLSearchParams({ token }).toString();
