// The page of one stream: /watch/NAME, or / when there is only one.

import './webcast.js';

const query = new URLSearchParams(location.search);
const token = query.get('token') ?? '';
const name = /^\/watch\/([^/]+)/.exec(location.pathname)?.[1] ?? '';

const player = /** @type {import('./webcast.js').WebcastPlayer} */ (document.createElement('webcast-player'));
player.id = 'player';
player.setAttribute('keys', 'page');
player.setAttribute('messages', ''); // captions
if (name) player.setAttribute('stream', decodeURIComponent(name));
if (token) player.setAttribute('token', token);
if (query.get('latency')) player.setAttribute('latency', query.get('latency') ?? '');

const heading = document.querySelector('h1');
const brand = /** @type {HTMLAnchorElement|null} */ (document.querySelector('.brand'));
if (brand && token) brand.search = new URLSearchParams({ token }).toString();

function retitle() {
  const title = player.streamTitle || 'Live';
  if (heading) heading.textContent = title;
  document.title = player.state === 'playing' ? title : `${player.message} · ${title}`;
}

player.addEventListener('statechange', retitle);
player.addEventListener('titlechange', retitle);
document.getElementById('stage')?.append(player);
retitle();
