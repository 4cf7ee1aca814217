// The page /publish/NAME: sends camera, microphone or screen to a webcastsrc.

import { capture, devices, explain, obstacle } from './webcast/devices.js';
import { h, setText } from './webcast/dom.js';
import { LevelMeter } from './webcast/meter.js';
import { Publisher } from './webcast/publisher.js';

const kBitrates = new Map([[360, 800e3], [480, 1.2e6], [720, 2.5e6], [1080, 5e6]]);
const kFiguresInterval = 1000;

const element = (id) => /** @type {any} */ (document.getElementById(id));
const form = element('form');
const picture = element('picture');
const preview = element('preview');
const query = new URLSearchParams(location.search);
const token = query.get('token') ?? '';
const stream = decodeURIComponent(/^\/publish\/([^/]+)/.exec(location.pathname)?.[1] ?? 'live');

const publisher = new Publisher({ stream, token });
const meter = new LevelMeter((level) => { element('level').value = level; });
/** @type {MediaStream|null} */
let media = null;
/** Only the last of several captures under way counts. */
let turn = 0;
let figuresTimer = 0;
let before = { bytes: 0, at: 0 };
let watched = '';

function say(message, hint = '') {
  setText(element('message'), message);
  setText(element('hint'), hint);
}

/** @returns {import('./webcast/devices.js').Wish} */
function wish() {
  return {
    picture: form.elements.picture.value,
    camera: element('camera').value,
    microphone: element('microphone').value,
    height: Number(element('height').value),
  };
}

const bitrate = () => kBitrates.get(wish().height) ?? 0;
const tracks = () => media?.getTracks() ?? [];

function options(select, list, extra) {
  const { value } = select;
  select.replaceChildren(...list.map(({ id, label }) => h('option', { value: id }, label)),
    ...extra.map(([id, label]) => h('option', { value: id }, label)));
  if ([...select.options].some((option) => option.value === value)) select.value = value;
}

async function listDevices() {
  const { cameras, microphones } = await devices();
  const first = (list) => (list.length ? list : [{ id: '', label: 'The browser’s choice' }]);
  options(element('camera'), first(cameras), []);
  options(element('microphone'), first(microphones), [['none', 'None']]);
}

function drop(stream_) {
  stream_?.getTracks().forEach((track) => {
    track.onended = null;
    track.stop();
  });
}

/** Takes what the form says. @returns {Promise<boolean>} */
async function take() {
  const mine = ++turn;
  const wanted = wish();
  if (wanted.picture === 'none' && wanted.microphone === 'none') {
    say('There is nothing to send', 'Choose a picture or a microphone.');
    return false;
  }
  say('Waiting for your permission', 'The browser asks for it at its top.');
  // A camera gives another size only after it was let go.
  const old = media;
  if (wanted.picture === 'camera') drop(old);
  let taken;
  try {
    taken = await capture(wanted);
  } catch (error) {
    if (mine !== turn) return false;
    stop();
    const { message, hint } = explain(error, wanted);
    say(message, hint);
    return false;
  }
  if (mine !== turn) {
    drop(taken);
    return false;
  }
  media = taken;
  for (const track of taken.getTracks()) track.onended = () => ended(track);
  await publisher.replace(taken.getTracks(), bitrate());
  drop(old);
  show();
  await listDevices();
  return true;
}

// The screen is no longer shared, the device was pulled out.
function ended(track) {
  const what = wish().picture === 'screen' && track.kind === 'video' ? 'The screen is no longer shared'
    : 'The device is gone';
  stop();
  say(what, 'Choose what to send and press the button.');
}

function show() {
  const [video] = media?.getVideoTracks() ?? [];
  const [audio] = media?.getAudioTracks() ?? [];
  picture.srcObject = media;
  picture.hidden = !video;
  picture.classList.toggle('mirrored', wish().picture === 'camera');
  element('empty').hidden = Boolean(video);
  if (media && !video) setText(element('empty'), 'Sound only');
  meter.measure(audio);
  apply('mute', audio);
  apply('hide', video);
  update();
}

/** A pressed button keeps its track silent, the next one's too. */
function apply(id, track) {
  const button = element(id);
  button.disabled = !track;
  if (track) track.enabled = button.getAttribute('aria-pressed') !== 'true';
}

function toggle(id, kind) {
  const button = element(id);
  button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
  apply(id, tracks().find((track) => track.kind === kind));
}

function stop() {
  turn++;
  publisher.stop();
  drop(media);
  media = null;
  show();
  setText(element('empty'), 'Your picture is shown here before anybody gets it.');
}

const kBadges = { live: 'Live', connecting: 'Connecting', waiting: 'Waiting', reconnecting: 'Reconnecting' };

function update() {
  const { state, reason } = publisher.status;
  const on = state !== 'idle';
  preview.dataset.state = state;
  element('badge').hidden = !on;
  setText(element('badge'), kBadges[state] ?? '');
  setText(element('go'), media ? 'Go live' : 'Preview');
  element('go').hidden = on;
  element('stop').disabled = !on && !media;
  document.title = on ? `${kBadges[state]} · ${stream}` : `Publish · ${stream}`;
  element('figures').hidden = state !== 'live';
  clearInterval(figuresTimer);
  if (state === 'live') figuresTimer = window.setInterval(figures, kFiguresInterval);
  if (state === 'idle') {
    if (media) say('This is what will be sent', 'Nobody gets it before you go live.');
  } else if (state === 'live') say('You are live', `The receiver takes it as “${stream}”.`);
  else if (state === 'waiting') say(`Nobody takes “${stream}” now`, 'It goes on by itself as soon as the receiver is there.');
  else if (state === 'connecting') say('Connecting');
  else say('Not connected, trying again', reason);
}

/** Who watches what pipelines make of this here: "out: 2 viewers". */
async function countViewers() {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const reply = await fetch('/api/streams', { headers }).catch(() => null);
  const { streams = [] } = reply?.ok ? await reply.json().catch(() => ({})) : {};
  watched = streams.map(({ name, viewers }) => `${name}: ${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}`).join(', ');
}

async function figures() {
  countViewers();
  const report = await publisher.peerConnection?.getStats().catch(() => null);
  if (!report) return;
  const all = [...report.values()];
  const sent = all.filter(({ type }) => type === 'outbound-rtp');
  const video = sent.find(({ kind }) => kind === 'video');
  const remote = all.find(({ type, roundTripTime }) => type === 'remote-inbound-rtp' && roundTripTime);
  const codec = (one) => report.get(one?.codecId)?.mimeType?.split('/')[1] ?? '';
  const bytes = sent.reduce((sum, one) => sum + (one.bytesSent ?? 0), 0);
  const now = performance.now();
  const rate = before.at ? ((bytes - before.bytes) * 8) / (now - before.at) : 0;
  before = { bytes, at: now };
  const rows = [
    ['Watched here', watched],
    ['Codecs', sent.map(codec).filter(Boolean).join(', ')],
    ['Picture', video?.frameWidth ? `${video.frameWidth} × ${video.frameHeight}, ${Math.round(video.framesPerSecond ?? 0)} a second` : ''],
    ['Sent', rate > 0 ? `${(rate / 1000).toFixed(2)} Mbit/s` : ''],
    ['Way there and back', remote ? `${Math.round(remote.roundTripTime * 1000)} ms` : ''],
  ].filter(([, value]) => value);
  element('figures').replaceChildren(...rows.map(([name, value]) =>
    h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (!media) return void (await take());
  publisher.start(tracks(), bitrate());
});
element('stop').addEventListener('click', () => {
  stop();
  say('Stopped', 'Press the button to start again.');
});
element('mute').addEventListener('click', () => toggle('mute', 'audio'));
element('hide').addEventListener('click', () => toggle('hide', 'video'));
element('choice').addEventListener('change', () => {
  element('camera-row').hidden = wish().picture !== 'camera';
  element('height-row').hidden = wish().picture === 'none';
  if (media) take();
});
publisher.addEventListener('status', update);
window.addEventListener('online', () => publisher.retryNow());
window.addEventListener('pagehide', () => publisher.stop());
navigator.mediaDevices?.addEventListener?.('devicechange', listDevices);

const heading = document.querySelector('h1');
if (heading) heading.textContent = `Publish ${stream}`;
const brand = /** @type {HTMLAnchorElement|null} */ (document.querySelector('.brand'));
if (brand && token) brand.search = new URLSearchParams({ token }).toString();
document.title = `Publish · ${stream}`;
const barred = obstacle();
if (barred) {
  say(barred.message, barred.hint);
  for (const control of form.elements) control.disabled = true;
} else {
  say('Choose what to send', 'The browser will ask for your permission.');
  listDevices();
}
