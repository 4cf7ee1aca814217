// WHEP and WHIP from pages: by plain fetch, and by the npm package whip-whep.

import assert from 'node:assert/strict';
import { Player } from './support/player.mjs';
import { Program } from './support/processes.mjs';
import { environment, sources } from './support/sink.mjs';
import { Site } from './support/site.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');

/** A page at `url` with window.play(url, headers): WHEP as the specification has it, and no library. */
async function plainPage(bench, browser, url) {
  const player = await Player.open(browser, url);
  bench.later(() => player.close());
  await player.page.evaluate(() => {
    window.play = async (endpoint, headers = {}) => {
      const peer = new RTCPeerConnection();
      window.peer = peer;
      peer.addTransceiver('video', { direction: 'recvonly' });
      peer.addTransceiver('audio', { direction: 'recvonly' });
      peer.ontrack = ({ streams: [stream] }) => {
        const video = document.querySelector('video') ?? document.body.appendChild(document.createElement('video'));
        video.muted = true;
        video.srcObject = stream;
        video.play();
      };
      await peer.setLocalDescription();
      const reply = await fetch(endpoint, { method: 'POST', body: peer.localDescription.sdp,
        headers: { 'Content-Type': 'application/sdp', ...headers } });
      const sdp = await reply.text();
      if (reply.status === 201) await peer.setRemoteDescription({ type: 'answer', sdp });
      else peer.close();
      return { status: reply.status, sdp, location: reply.headers.get('location'),
        etag: reply.headers.get('etag'), link: reply.headers.get('link') };
    };
  });
  return player;
}

/** The page's video plays: it paints frames. */
async function plays(player) {
  await player.until(() => document.querySelector('video') !== null);
  await player.page.evaluate(() => {
    const video = document.querySelector('video');
    window.painted = 0;
    const paint = () => {
      window.painted++;
      video.requestVideoFrameCallback(paint);
    };
    video.requestVideoFrameCallback(paint);
  });
  await player.until(() => window.painted > 20);
}

/** Stream and page may be there before the stream is live. */
async function play(player, endpoint, headers) {
  for (;;) {
    const reply = await player.page.evaluate((...args) => window.play(...args), endpoint, headers);
    if (reply.status !== 409) return reply;
  }
}

for (const name of ['chromium', 'firefox']) {
  scene(`${name} plays by WHEP with plain fetch, in the right colours`, async (bench) => {
    const sink = await bench.sink(`${sources.picture} ${sources.sound}`);
    const player = await plainPage(bench, browsers[name], `${sink.url}healthz`);
    const reply = await play(player, '/whep/live');
    assert.equal(reply.status, 201, reply.sdp);
    await plays(player);
    await player.shows();
    const gone = await player.page.evaluate(async (location) => (await fetch(location, { method: 'DELETE' })).status,
      reply.location);
    assert.equal(gone, 200);
    await sink.says(/webcast-viewer-removed/);
  });
}

/** Counts what the connection tells of its end: a DTLS transport that the other side closed. */
const countEnds = () => {
  window.ends = 0;
  window.iceThen = '';
  const [transport] = [...window.peer.getReceivers(), ...window.peer.getSenders()]
    .map((end) => end.transport).filter(Boolean);
  transport.onstatechange = () => {
    if (transport.state !== 'closed') return;
    window.ends++;
    window.iceThen = window.peer.iceConnectionState;
  };
  return transport.state;
};

scene('A sink that stops tells a WHEP viewer at once, by DTLS', async (bench) => {
  const sink = await bench.sink(`${sources.picture} ${sources.sound}`);
  const player = await plainPage(bench, browsers.chromium, `${sink.url}healthz`);
  assert.equal((await play(player, '/whep/live')).status, 201);
  await plays(player);
  assert.equal(await player.page.evaluate(countEnds), 'connected');
  await sink.stop();
  await player.until(() => window.ends > 0);
  const { ends, ice } = await player.page.evaluate(() => ({ ends: window.ends, ice: window.iceThen }));
  assert.equal(ends, 1);
  assert.equal(ice, 'connected', 'long before its own checks notice');
});

scene('A page of another site plays by WHEP where it is allowed, with the token', async (bench) => {
  const site = await Site.start();
  bench.later(() => site.stop());
  const sink = await bench.sink(sources.picture, {
    properties: `allow-origins=${site.origin} view-token=s3cret stun-server=stun://127.0.0.1:9`,
  });
  const player = await plainPage(bench, browsers.chromium, site.origin);
  const refused = await player.page.evaluate((url) => window.play(url), `${sink.url}whep/live`);
  assert.equal(refused.status, 401);
  const reply = await play(player, `${sink.url}whep/live`, { Authorization: 'Bearer s3cret' });
  assert.equal(reply.status, 201, reply.sdp);
  assert.match(reply.location, /^\/whep\/live\/[0-9a-f]{32}$/);
  assert.match(reply.etag, /^"[0-9a-f]+"$/);
  assert.equal(reply.link, '<stun:127.0.0.1:9>; rel="ice-server"');
  await plays(player);
});

scene('The npm package whip-whep plays, trickles and stops', async (bench) => {
  const site = await Site.start();
  bench.later(() => site.stop());
  const sink = await bench.sink(`${sources.picture} ${sources.sound}`, { properties: `allow-origins=${site.origin}` });
  const player = await plainPage(bench, browsers.chromium, site.origin);
  await player.page.evaluate(async (url) => {
    const { WHEPClient } = await import('/whep.js');
    const nativeFetch = window.fetch;
    window.patches = [];
    window.fetch = async (...args) => {
      const reply = await nativeFetch(...args);
      if (args[1]?.method === 'PATCH') window.patches.push(reply.status);
      return reply;
    };
    const video = document.body.appendChild(document.createElement('video'));
    video.muted = true;
    for (;;) {
      const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      peer.addTransceiver('audio', { direction: 'recvonly' });
      peer.addTransceiver('video', { direction: 'recvonly' });
      peer.ontrack = ({ streams: [stream] }) => {
        video.srcObject = stream;
        video.play();
      };
      window.whep = new WHEPClient();
      try {
        await window.whep.view(peer, url);
        return;
      } catch (error) {
        peer.close();
        if (!error.message.includes('409')) throw error;
      }
    }
  }, `${sink.url}whep/live`);
  await plays(player);
  await player.shows();
  await player.until(() => window.patches.length > 0);
  const patches = await player.page.evaluate(() => window.patches);
  assert.deepEqual(new Set(patches), new Set([204]), JSON.stringify(patches));
  await player.page.evaluate(() => window.whep.stop());
  await sink.says(/webcast-viewer-removed/);
});

/** A canvas of one colour, published by whip-whep in that codec, comes out of a pipeline as it is. */
async function publishesCanvas(bench, codec) {
  const site = await Site.start();
  bench.later(() => site.stop());
  const through = new Program('gst-launch-1.0', ['-m', 'webcastsrc', 'name=r', 'stream=in',
    `video-codecs=${codec}`, 'location=listen://127.0.0.1:0', `allow-origins=${site.origin}`, 'r.video_0', '!', 'queue', '!',
    'videoconvert', '!', 'webcastsink', 'name=s', 'stream=out', 'location=listen://127.0.0.1:0'], environment);
  bench.later(() => through.stop());
  const [, inward] = await through.says(/element "r" \(element\): webcast-listening, url=\(string\)"?([^";\s]+)/);
  const [, outward] = await through.says(/element "s" \(element\): webcast-listening, url=\(string\)"?([^";\s]+)/);
  const publisher = await plainPage(bench, browsers.chromium, site.origin);
  await publisher.page.evaluate(async (url) => {
    const { WHIPClient } = await import('/whip.js');
    const canvas = document.body.appendChild(document.createElement('canvas'));
    Object.assign(canvas, { width: 320, height: 240 });
    const context = canvas.getContext('2d');
    setInterval(() => {
      context.fillStyle = `rgb(0, 200, ${Math.random() < 0.5 ? 0 : 1})`;
      context.fillRect(0, 0, 320, 240);
    }, 30);
    const stream = canvas.captureStream(30);
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    peer.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', streams: [stream] });
    window.whip = new WHIPClient();
    await window.whip.publish(peer, url);
  }, `${inward}whip/in`);
  const viewer = await plainPage(bench, browsers.chromium, `${outward}healthz`);
  const reply = await play(viewer, '/whep/out');
  assert.equal(reply.status, 201, reply.sdp);
  await plays(viewer);
  await viewer.shows([[0.5, 0.5, [0, 200, 0]]]);
  await publisher.page.evaluate(() => window.whip.stop());
}

// The colours of a canvas are not a camera's: H.264 tells them in its headers, VP8 cannot, and Chromium
// tells them in a header extension of RTP (color-space).
for (const codec of ['H264', 'VP8']) {
  scene(`The npm package whip-whep publishes ${codec} into a pipeline, and what comes out plays by WHEP`,
    (bench) => publishesCanvas(bench, codec));
}
