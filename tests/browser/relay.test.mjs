// Browsers at webcast-relay: what happens to it, and to who publishes through it.

import assert from 'node:assert/strict';
import { freePort } from './support/processes.mjs';
import { Publisher, Relay } from './support/relay.mjs';
import { sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const kRefused = /ERR_CONNECTION_REFUSED|WebSocket connection|ERR_CONNECTION_RESET/;
// Two browsers notice, wait and connect anew, each with its own timeouts: a watchdog, no measure.
const kPatience = 60000;
const browsers = launch('chromium', 'firefox');
const both = `${sources.picture} ${sources.sound}`;

async function relayed(bench, pipeline, properties, port = 0) {
  const relay = await Relay.start({ port });
  bench.later(() => relay.stop('SIGKILL'));
  const publisher = await Publisher.start(relay, pipeline, properties);
  bench.later(() => publisher.stop());
  return { relay, publisher };
}

/** From here on window.passed has the player's states and window.connection what plays now. */
const watchStates = (player) => player.page.evaluate(() => {
  const element = document.querySelector('webcast-player');
  window.passed = [];
  window.connection = element.peerConnection;
  element.addEventListener('statechange', (event) => window.passed.push(event.detail.state));
});
const passed = (player) => player.page.evaluate(() => window.passed);
const sameConnection = (player) => player.page.evaluate(
  () => window.connection === document.querySelector('webcast-player').peerConnection);

for (const name of ['chromium', 'firefox']) {
  scene(`${name} plays a stream from the relay's own page`, async (bench) => {
    const { relay } = await relayed(bench, both);
    const player = await bench.player(browsers[name], relay.url);
    await player.is('playing');
    await player.frames();
    await player.shows();
    assert.equal(await player.page.evaluate(() => location.pathname), '/watch/live');
    await player.until(async () => {
      const { streams: [stream, ...more] } = await (await fetch('/api/streams')).json();
      return more.length === 0 && stream.name === 'live' && stream.viewers === 1
        && /640x360/.test(stream.video[0]) && stream.audio.length === 1;
    });
    await player.silent();
  });
}

scene('A relay that is killed and started again never stops the picture', async (bench) => {
  const { relay, publisher } = await relayed(bench, both, undefined, await freePort());
  const player = await bench.player(browsers.chromium, relay.url);
  await player.is('playing');
  await player.frames();
  await watchStates(player);
  await relay.stop('SIGKILL');
  await publisher.says(/state=\(string\)"?reconnecting/);
  await player.frames(60);
  const { length } = publisher.output;
  const again = await Relay.start({ port: relay.port });
  bench.later(() => again.stop());
  await publisher.says(new RegExp(`^[^]{${length},}state=\\(string\\)"?connected`));
  await player.until(async () => (await (await fetch('/api/streams')).json()).streams.length === 1);
  await player.frames(60);
  assert.deepEqual(await passed(player), []);
  assert.equal(await sameConnection(player), true);
  const next = await bench.player(browsers.chromium, again.url);
  await next.is('playing');
  await next.frames();
  await player.silent(kRefused);
});

scene('A publisher whose connection to the relay breaks keeps its viewers', async (bench) => {
  const relay = await Relay.start();
  bench.later(() => relay.stop());
  const wire = await bench.proxy(relay.port);
  const publisher = await Publisher.start({ location: wire.url.replace(/^http/, 'ws') }, both);
  bench.later(() => publisher.stop());
  const player = await bench.player(browsers.chromium, relay.url);
  await player.is('playing');
  await player.frames();
  await watchStates(player);
  const before = wire.accepted;
  const { length } = publisher.output;
  wire.cut();
  await wire.accepts(before + 1);
  await publisher.says(new RegExp(`^[^]{${length},}state=\\(string\\)"?connected`));
  await player.until(async () => {
    const { streams } = await (await fetch('/api/streams')).json();
    return streams.length === 1 && streams[0].viewers === 1; // the session of before
  });
  await player.frames(60);
  assert.deepEqual(await passed(player), []);
  assert.equal(await sameConnection(player), true);
  await player.page.evaluate(() => document.querySelector('webcast-player').stop());
  await publisher.says(/webcast-viewer-removed/);
});

scene('A publisher that is killed and started again gets its viewers back', async (bench) => {
  const { relay, publisher } = await relayed(bench, both);
  const players = [await bench.player(browsers.chromium, relay.url),
    await bench.player(browsers.firefox, relay.url)];
  for (const player of players) {
    await player.is('playing');
    await player.frames();
    await watchStates(player);
  }
  await publisher.stop('SIGKILL');
  for (const player of players) await player.until(() => window.passed.includes('waiting'), kPatience);
  const again = await Publisher.start(relay, both);
  bench.later(() => again.stop());
  for (const player of players) {
    await player.until(() => window.passed.at(-1) === 'playing', kPatience);
    await player.frames();
    await player.shows();
  }
});

scene('A publisher that stops says so, and its viewers wait for the next', async (bench) => {
  const { relay, publisher } = await relayed(bench, both);
  const player = await bench.player(browsers.chromium, relay.url);
  await player.is('playing');
  await player.frames();
  await watchStates(player);
  assert.deepEqual(await publisher.stop(), { code: 0, signal: null });
  await player.until(() => document.querySelector('webcast-player').state !== 'playing');
  const again = await Publisher.start(relay, both);
  bench.later(() => again.stop());
  await player.until(() => window.passed.at(-1) === 'playing', kPatience);
  await player.frames();
  await player.silent();
});

scene('Streams of several publishers are listed, and each plays', async (bench) => {
  const { relay } = await relayed(bench, sources.picture, 'stream=bars');
  const red = 'videotestsrc is-live=true pattern=red ! video/x-raw,width=320,height=180,framerate=15/1 ! s.';
  const second = await Publisher.start(relay, red, 'stream=red');
  bench.later(() => second.stop());
  const page = await browsers.chromium.newPage();
  bench.later(() => page.close());
  await page.goto(relay.url);
  await page.waitForFunction(() => document.querySelectorAll('#streams a').length === 2);
  const names = await page.$$eval('#streams strong', (all) => all.map((one) => one.textContent));
  assert.deepEqual(names, ['bars', 'red']);
  const player = await bench.player(browsers.chromium, `${relay.url}watch/red`);
  await player.is('playing');
  await player.frames();
  await player.shows([[0.5, 0.5, [255, 0, 0]]]);
  await player.silent();
});
