// The npm package gstwebrtc-api, which nobody here wrote, at our relay and our listener.

import assert from 'node:assert/strict';
import { Publisher, Relay } from './support/relay.mjs';
import { Site } from './support/site.mjs';
import { sources } from './support/sink.mjs';
import { Source } from './support/source.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium');

async function siteOf(bench) {
  const site = await Site.start();
  bench.later(() => site.stop());
  return site;
}

async function relayFor(bench, site) {
  const relay = await Relay.start({ options: ['--allow-origin', site.origin] });
  bench.later(() => relay.stop());
  return relay;
}

/** A page of the site with window.api connected to the server, and what goes wrong in it. */
async function apiPage(bench, site, server, meta) {
  const page = await browsers.chromium.newPage();
  bench.later(() => page.close());
  await page.goto(site.origin);
  await page.evaluate((signalingServerUrl, ownMeta) => new Promise((resolve) => {
    window.errors = [];
    window.api = new GstWebRTCAPI({ signalingServerUrl, meta: ownMeta, reconnectionTimeout: 500 });
    api.registerConnectionListener({ connected: resolve, disconnected: () => window.errors.push('disconnected') });
  }), server.replace(/^http/, 'ws'), meta);
  return page;
}

/** Plays the stream of that name in the page. */
async function consume(page, name, offerOptions) {
  await page.waitForFunction((wanted) => api.getAvailableProducers()
    .some(({ meta }) => meta.name === wanted), {}, name);
  await page.evaluate((wanted, options) => {
    const producer = api.getAvailableProducers().find(({ meta }) => meta.name === wanted);
    const session = options ? api.createConsumerSessionWithOfferOptions(producer.id, options)
      : api.createConsumerSession(producer.id);
    window.session = session;
    window.video = document.body.appendChild(document.createElement('video'));
    video.muted = true;
    session.addEventListener('error', (event) => window.errors.push(`${event.message} ${event.error}`));
    session.addEventListener('closed', () => { window.over = true; });
    session.addEventListener('streamsChanged', () => {
      [video.srcObject] = session.streams;
      video.play();
    });
    session.connect();
  }, name, offerOptions);
  await page.waitForFunction(() => video.getVideoPlaybackQuality().totalVideoFrames > 30);
}

/** Publishes a blue picture from the page. */
const produce = (page) => page.evaluate(() => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [320, 180];
  const context = canvas.getContext('2d');
  setInterval(() => {
    context.fillStyle = `rgb(0 0 255 / ${0.9 + Math.random() / 10})`;
    context.fillRect(0, 0, 320, 180);
  }, 40);
  window.producer = api.createProducerSession(canvas.captureStream(25));
  window.producer.addEventListener('error', (event) => window.errors.push(`${event.message} ${event.error}`));
  window.producer.start();
});

const errors = (page) => page.evaluate(() => window.errors);

for (const [what, options] of [['', null], [', with an offer of its own',
  { offerToReceiveVideo: true, offerToReceiveAudio: true }]]) {
  scene(`gstwebrtc-api plays a stream through the relay${what}`, async (bench) => {
    const site = await siteOf(bench);
    const relay = await relayFor(bench, site);
    const publisher = await Publisher.start(relay, `${sources.picture} ${sources.sound}`);
    bench.later(() => publisher.stop());
    const page = await apiPage(bench, site, relay.url);
    await consume(page, 'live', options);
    assert.deepEqual(await page.evaluate(() => video.srcObject.getTracks().map(({ kind }) => kind).sort()),
      ['audio', 'video']);
    assert.deepEqual(await errors(page), []);
  });

  scene(`gstwebrtc-api plays a stream of our listener${what}`, async (bench) => {
    const site = await siteOf(bench);
    const sink = await bench.sink(sources.picture, { properties: `allow-origins=${site.origin}` });
    const page = await apiPage(bench, site, sink.url);
    await consume(page, 'live', options);
    assert.deepEqual(await errors(page), []);
  });
}

scene('gstwebrtc-api hears at the relay that a publisher came, and that it left', async (bench) => {
  const site = await siteOf(bench);
  const relay = await relayFor(bench, site);
  const page = await apiPage(bench, site, relay.url);
  const publisher = await Publisher.start(relay, sources.picture, 'stream=late');
  await consume(page, 'late');
  await publisher.stop();
  await page.waitForFunction(() => window.over && api.getAvailableProducers().length === 0);
});

scene('gstwebrtc-api publishes through the relay to our player and to itself', async (bench) => {
  const site = await siteOf(bench);
  const relay = await relayFor(bench, site);
  const source = await apiPage(bench, site, relay.url, { name: 'browser' });
  await produce(source);
  const consumer = await apiPage(bench, site, relay.url);
  await consume(consumer, 'browser');
  const player = await bench.player(browsers.chromium, `${relay.url}watch/browser`);
  await player.is('playing');
  await player.frames();
  await player.shows([[0.5, 0.5, [0, 0, 255]]]);
  const { streams } = await (await fetch(`${relay.url}api/streams`)).json();
  assert.deepEqual(streams.map(({ name, viewers }) => [name, viewers]), [['browser', 2]]);
  assert.deepEqual([...await errors(source), ...await errors(consumer)], []);
  await source.evaluate(() => window.producer.close());
  await consumer.waitForFunction(() => window.over);
});

scene('What gstwebrtc-api publishes at the relay arrives in a source', async (bench) => {
  const site = await siteOf(bench);
  const relay = await relayFor(bench, site);
  const from = await Source.start('', { location: relay.location, properties: 'stream=browser' });
  bench.later(() => from.stop());
  const page = await apiPage(bench, site, relay.url, { name: 'browser' });
  await produce(page);
  await from.says(/webcast-publisher-connected/);
  await from.more(30);
  const [red, green, blue] = await from.colour();
  assert.ok(blue > red + 100 && blue > green + 100, `${[red, green, blue]} is not blue`);
  await page.evaluate(() => window.producer.close());
  await from.says(/webcast-publisher-removed/);
  assert.deepEqual(await errors(page), []);
});

scene('A page of a site that is not allowed gets no further than the door', async (bench) => {
  const site = await siteOf(bench);
  const relay = await Relay.start();
  bench.later(() => relay.stop());
  const page = await browsers.chromium.newPage();
  bench.later(() => page.close());
  await page.goto(site.origin);
  const ended = await page.evaluate((url) => new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve('open');
    socket.onerror = () => resolve('refused');
  }), relay.location);
  assert.equal(ended, 'refused');
});
