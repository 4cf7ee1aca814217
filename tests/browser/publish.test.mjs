// The publish page: a browser's camera, microphone or screen into a pipeline.

import assert from 'node:assert/strict';
import { freePort } from './support/processes.mjs';
import { PublishPage, publishByWhip, Source } from './support/source.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromiumCamera', 'firefoxCamera', 'chromiumDenied', 'chromiumByName', 'firefox');

async function source(bench, ...options) {
  const started = await Source.start(...options);
  bench.later(() => started.stop());
  return started;
}

async function publisher(bench, browser, url, prepare = undefined) {
  const page = await PublishPage.open(browser, url, prepare);
  bench.later(() => page.close());
  return page;
}

const hears = 'from.audio_0 ! queue ! audioconvert ! level ! fakesink async=false';
const isLoud = /rms=\(GValueArray\)<\s*-(?:\d|[1-4]\d)\.\d/;
// Chromium's made camera is green wherever it is dark or bright, Firefox's one colour that changes all the time.
const isGreen = ([red, green, blue]) => green > red + 40 && green > blue + 40;

for (const codec of ['VP8', 'H264', 'VP9']) {
  scene(`Chromium's camera arrives as ${codec}, picture and sound`, async (bench) => {
    const from = await source(bench, hears, { properties: `video-codecs=${codec}` });
    const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
    await page.goLive();
    await from.says(new RegExp(`webcast-publisher-connected.*video-codec=\\(string\\)${codec}`));
    await from.more(60);
    const colour = await from.colour();
    assert.ok(isGreen(colour), `${colour} is not green`);
    await from.says(isLoud);
    await page.silent();
  });
}

scene('Firefox\'s camera arrives, picture and sound', async (bench) => {
  const from = await source(bench, hears);
  const page = await publisher(bench, browsers.firefoxCamera, from.url);
  assert.match(page.page.url(), /\/publish\/live$/);
  await page.goLive();
  await from.more(60);
  const before = await from.colour();
  assert.ok(Math.max(...before) > 20, `${before} is no picture`);
  await from.says(isLoud);
  await page.silent();
});

scene('The preview, the level and the devices\' names are there before anybody gets anything', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
  await page.preview();
  await page.until(() => document.querySelector('#picture').videoWidth > 0);
  await page.until(() => document.querySelector('#level').value > 0.2);
  const labels = await page.page.evaluate(() => [...document.querySelectorAll('#camera option, #microphone option')]
    .map((option) => option.textContent));
  assert.ok(labels.some((label) => /fake/i.test(label)), labels.join());
  assert.equal(await from.frames(), 0);
  await page.silent();
});

scene('Resolution, mute, hidden picture and stop do what they say', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
  await page.page.select('#height', '360');
  await page.goLive();
  await from.more(30);
  await page.takes(640, 360);
  await page.until(() => /\d+ × \d+, \d+ a second/.test(document.querySelector('#figures').innerText));
  await page.page.select('#height', '720');
  await page.takes(1280, 720);
  assert.doesNotMatch(from.output, /webcast-publisher-removed/, 'in the same session');
  await page.click('hide');
  await page.until(() => document.querySelector('#hide').getAttribute('aria-pressed') === 'true');
  const dark = async () => Math.max(...await from.colour()) < 30;
  for (let i = 0; i < 100 && !(await dark()); i++) await from.more(3);
  assert.ok(await dark(), 'a hidden picture is black');
  await page.click('mute');
  assert.equal(await page.page.evaluate(() => document.querySelector('#mute').getAttribute('aria-pressed')), 'true');
  await page.click('stop');
  await page.says('Stopped');
  await from.says(/webcast-publisher-removed/);
  await page.silent();
});

scene('The browser learns its bandwidth from the source', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
  await page.goLive();
  // Chromium begins at 300 kbit/s, and goes up by transport-wide feedback alone.
  await page.until(async () => [...(await window.connections.at(-1).getStats()).values()]
    .some(({ availableOutgoingBitrate: rate }) => rate > 1.5e6));
});

scene('A shared screen arrives', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
  await page.page.click('#choice input[value=screen] + span');
  await page.goLive();
  await from.more(10);
  await page.silent();
});

scene('Other media that the connection does not take in place are sent by the next one', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
  await page.goLive();
  await page.page.evaluate(() => {
    window.before = document.querySelector('#picture').srcObject.getTracks();
    // As of a connection that is closed.
    RTCRtpSender.prototype.replaceTrack = () => Promise.reject(new DOMException('closed', 'InvalidStateError'));
  });
  await page.page.click('#choice input[value=screen] + span');
  await page.until(() => window.before.every(({ readyState }) => readyState === 'ended'));
  await page.until(() => window.connections.length === 2);
  await page.says('You are live');
  await from.more(10);
  await page.silent();
});

/** Brings a source's candidates before its answer, and takes none to it: nobody but the page can begin. */
function bringCandidatesFirst() {
  const line = /^a=(candidate.* udp .*|end-of-candidates)\r\n/gim;
  window.WebSocket = class extends WebSocket {
    #hear = null;
    #answer = null;
    #candidates = [];

    set onmessage(hear) {
      this.#hear = hear;
      super.onmessage = ({ data }) => this.#bring(JSON.parse(data));
    }

    #bring(message) {
      const { sdp, ice } = message;
      if (!sdp && !ice) return this.#say(message);
      if (ice) this.#candidates.push(ice.candidate);
      else {
        this.#answer = { ...message, sdp: { ...sdp, sdp: sdp.sdp.replace(line, '') } };
        this.#candidates.push(...[...sdp.sdp.matchAll(line)].map(([, candidate]) => candidate));
      }
      const usable = this.#candidates.filter((candidate) => / udp \d+ \d+\.\d+\.\d+\.\d+ /i.test(candidate));
      if (!this.#answer || !usable.length) return;
      for (const candidate of usable) {
        this.#say({ ...message, sdp: undefined, ice: { candidate, sdpMLineIndex: 0 } });
      }
      this.#say(this.#answer);
      this.#answer = null;
    }

    #say(message) {
      this.#hear?.({ data: JSON.stringify(message) });
    }

    send(text) {
      const message = JSON.parse(text);
      if (message.sdp) message.sdp.sdp = message.sdp.sdp.replace(line, '');
      if (!message.ice) super.send(JSON.stringify(message));
    }
  };
}

scene('The page keeps candidates that come before the source\'s answer', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`, bringCandidatesFirst);
  await page.goLive();
  await from.more(10);
  assert.equal(await page.page.evaluate(() => window.connections.length), 1);
});

scene('A session that comes after the page gave it up is ended, and what flows goes on', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`, () => {
    window.sent = [];
    window.WebSocket = class extends WebSocket {
      constructor(...settings) {
        super(...settings);
        window.socket = this;
      }

      send(text) {
        window.sent.push(JSON.parse(text));
        super.send(text);
      }
    };
  });
  await page.goLive();
  await page.page.evaluate(() => window.socket.onmessage(
    { data: JSON.stringify({ type: 'startSession', peerId: 'late', sessionId: 'late' }) }));
  await page.until(() => window.sent.some(({ type, sessionId }) => type === 'endSessionV1_1' && sessionId === 'late'));
  await from.more(10);
  await page.says('You are live');
  assert.equal(await page.page.evaluate(() => window.connections.length), 1);
});

scene('A WHIP client of a few lines is taken as well', async (bench) => {
  const from = await source(bench, hears);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
  const session = await publishByWhip(page);
  await from.more(60);
  assert.ok(isGreen(await from.colour()));
  await from.says(isLoud);
  await page.page.evaluate((address) => fetch(address, { method: 'DELETE' }), session);
  await from.says(/webcast-publisher-removed/);
});

scene('A source that stops tells its publisher at once, by DTLS', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
  await publishByWhip(page);
  await from.more(10);
  await page.page.evaluate(() => {
    const [{ transport }] = window.peer.getSenders();
    window.ends = 0;
    transport.onstatechange = () => { if (transport.state === 'closed') window.ends++; };
  });
  await from.stop();
  await page.until(() => window.ends === 1);
});

scene('With a publish token the page takes it from its address', async (bench) => {
  const from = await source(bench, '', { properties: 'publish-token=bring-s3cret' });
  assert.equal((await fetch(`${from.url}publish/live`)).status, 401);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live?token=bring-s3cret`);
  await page.goLive();
  await from.more(10);
  await page.silent();
});

scene('The page goes on by itself when the source restarts', async (bench) => {
  const port = await freePort();
  const first = await Source.start('', { port });
  const page = await publisher(bench, browsers.chromiumCamera, `${first.url}publish/live`);
  await page.goLive();
  await first.more(20);
  await first.stop();
  await page.says('trying again');
  const second = await source(bench, '', { port });
  await page.says('You are live', 60000);
  await second.more(30);
});

scene('A second publisher is told that there is one, and takes over when that one stops', async (bench) => {
  const from = await source(bench);
  const first = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
  await first.goLive();
  await from.more(10);
  const second = await publisher(bench, browsers.firefoxCamera, `${from.url}publish/live`);
  await second.preview();
  await second.click('go');
  await second.says('Somebody else publishes here already');
  await from.more(10);
  await first.page.bringToFront();
  await first.click('stop');
  await second.says('You are live', 60000);
  await from.more(20);
});

scene('The page tells how many watch what the pipeline makes of it', async (bench) => {
  const port = await freePort();
  const from = await source(bench, `from.video_0 ! queue ! webcastsink stream=out location=listen://127.0.0.1:${port}`,
    { look: false, port, properties: 'stream=in' });
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/in`);
  const watched = (text) => page.until((part) => document.querySelector('#figures').innerText.includes(part), 60000, text);
  await page.goLive();
  await watched('out: 0 viewers');
  const first = await bench.player(browsers.firefox, `${from.url}watch/out`);
  await first.is('playing');
  await watched('out: 1 viewer');
  const second = await bench.player(browsers.firefox, `${from.url}watch/out`);
  await second.is('playing');
  await watched('out: 2 viewers');
  await first.page.goto('about:blank');
  await watched('out: 1 viewer');
  await page.silent();
});

scene('A page that is not on a secure origin says what would be one', async (bench) => {
  const from = await source(bench, '', { look: false, properties: 'allow-origins=http://studio.example' });
  const page = await publisher(bench, browsers.chromiumByName, `http://studio.example:${from.port}/publish/live`);
  await page.says('This page may not use camera and microphone');
  await page.says('tls-certificate and tls-key');
  assert.ok(await page.page.evaluate(() => document.querySelector('#go').disabled));
});

scene('A browser without WebRTC says so before it asks for anything', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`, () => {
    delete window.RTCPeerConnection;
  });
  await page.says('This browser sends nothing from here');
  await page.says('WebRTC may be switched off');
  assert.ok(await page.page.evaluate(() => document.querySelector('#go').disabled));
  await page.silent();
});

scene('A refused permission is explained', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumDenied, `${from.url}publish/live`);
  await page.click('go');
  await page.says('Permission for camera or microphone was refused');
  await page.says('Allow both');
});

scene('A machine without a camera is told what to do', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.firefox, `${from.url}publish/live`);
  await page.click('go');
  await page.says('There is no camera or microphone to be found');
});

scene('It is all within reach of the keyboard', async (bench) => {
  const from = await source(bench);
  const page = await publisher(bench, browsers.chromiumCamera, `${from.url}publish/live`);
  const reached = new Set();
  for (let i = 0; i < 12; i++) {
    await page.page.keyboard.press('Tab');
    reached.add(await page.page.evaluate(() => document.activeElement?.id || document.activeElement?.name || ''));
  }
  for (const id of ['picture', 'camera', 'height', 'microphone', 'go']) assert.ok(reached.has(id), `${id}: ${[...reached]}`);
  await page.page.focus('#go');
  await page.page.keyboard.press('Enter');
  await page.says('This is what will be sent');
});

scene('From browser to browser: Chromium\'s camera through a pipeline to Firefox', async (bench) => {
  const from = await source(bench, 'from.video_0 ! queue ! videobalance saturation=0 ! webcastsink name=s stream=out location=listen://127.0.0.1:0',
    { properties: 'stream=in', look: false });
  const [, url] = await from.says(/"s" \(element\): webcast-listening, url=\(string\)"?([^";\s]+)/);
  const [, publishUrl] = await from.says(/"from" \(element\): webcast-listening, url=\(string\)"?([^";\s]+)/);
  const page = await publisher(bench, browsers.chromiumCamera, `${publishUrl}publish/in`);
  await page.goLive();
  const player = await bench.player(browsers.firefox, url);
  await player.is('playing');
  await player.frames(60);
  // The middle of Chromium's made picture goes from black to white and back, in green light.
  const bright = (colour) => Math.max(...colour) > 60;
  let colour = [0, 0, 0];
  for (let i = 0; i < 100 && !bright(colour); i++) {
    await player.frames(2);
    [colour] = await player.colours([[0.5, 0.5]]);
  }
  assert.ok(bright(colour), 'not black all the time');
  assert.ok(Math.max(...colour) - Math.min(...colour) < 24, `${colour} is grey`);
});
