// The page of several streams: what is live now, kept up to date.

import { h, setText } from './webcast/dom.js';

const kRefresh = 5000;
const token = new URLSearchParams(location.search).get('token') ?? '';
const query = token ? `?${new URLSearchParams({ token })}` : '';
const list = /** @type {HTMLElement} */ (document.getElementById('streams'));
const note = /** @type {HTMLElement} */ (document.getElementById('note'));

function viewers(count) {
  if (!count) return 'Nobody watches';
  return count === 1 ? '1 viewer' : `${count} viewers`;
}

function card() {
  return h('li', {}, h('a', {}, h('strong'), h('span', { className: 'media' }), h('span', { className: 'viewers' })));
}

function show(streams) {
  setText(note, streams.length ? '' : 'No stream is live. Those that start are shown here.');
  note.hidden = streams.length > 0;
  while (list.children.length > streams.length) list.lastElementChild?.remove();
  streams.forEach((stream, index) => {
    const item = list.children[index] ?? list.appendChild(card());
    const link = /** @type {HTMLAnchorElement} */ (item.querySelector('a'));
    const address = `/watch/${encodeURIComponent(stream.name)}${query}`;
    if (link.getAttribute('href') !== address) link.href = address;
    const named = stream.title ? [stream.name] : [];
    const media = [...named, ...(stream.video ?? []), ...(stream.audio ?? [])].map(String).join(' · ');
    setText(item.querySelector('strong'), stream.title || stream.name);
    setText(item.querySelector('.media'), media);
    setText(item.querySelector('.viewers'), viewers(stream.viewers));
  });
}

async function refresh() {
  try {
    const reply = await fetch('/api/streams', token ? { headers: { authorization: `Bearer ${token}` } } : {});
    if (reply.status === 401 || reply.status === 403) {
      throw new Error('A token is needed: open this page with ?token=… at the end of its address.');
    }
    if (!reply.ok) throw new Error(`The server answers ${reply.status}.`);
    show((await reply.json()).streams ?? []);
  } catch (error) {
    const known = error instanceof Error && !(error instanceof TypeError);
    setText(note, known ? error.message : 'The server cannot be reached. Trying again.');
    note.hidden = false;
  }
}

refresh();
setInterval(() => document.hidden || refresh(), kRefresh);
document.addEventListener('visibilitychange', () => document.hidden || refresh());
