// The relay's own publish page, and a source that is at that relay.

import assert from 'node:assert/strict';
import { freePort } from './support/processes.mjs';
import { Relay } from './support/relay.mjs';
import { PublishPage, Source } from './support/source.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromiumCamera');
const isGreen = ([red, green, blue]) => green > red + 40 && green > blue + 40;

async function relayed(bench, options) {
  const relay = await Relay.start(options);
  bench.later(() => relay.stop());
  const from = await Source.start('', { location: relay.location });
  bench.later(() => from.stop());
  const page = await PublishPage.open(browsers.chromiumCamera, `${relay.url}publish/live`);
  bench.later(() => page.close());
  return { relay, from, page };
}

scene('What Chromium publishes at the relay arrives at a source at the relay', async (bench) => {
  const { from, page } = await relayed(bench);
  await page.goLive();
  await from.says(/webcast-publisher-connected/);
  await from.more(60);
  const colour = await from.colour();
  assert.ok(isGreen(colour), `${colour} is not green`);
  await page.click('stop');
  await from.says(/webcast-publisher-removed/);
  await page.silent();
});

/** What the page hears from here on, by whichever connection. @param {PublishPage} page */
const listen = (page) => page.page.evaluate(() => {
  window.heard = [];
  window.WebSocket = class extends WebSocket {
    constructor(...settings) {
      super(...settings);
      this.addEventListener('message', ({ data }) => window.heard.push(JSON.parse(data)));
    }
  };
});

/** Waits until the page knows of a source. @param {PublishPage} page */
const findsSource = (page) => page.until(() => window.heard.some(({ type, consumers, roles }) =>
  (type === 'listConsumers' && consumers.length) || (type === 'peerStatusChanged' && roles.includes('consumer'))));

scene('The page waits for a source that comes later, and goes on when the relay is gone, and back', async (bench) => {
  const relay = await Relay.start({ port: await freePort() });
  bench.later(() => relay.stop('SIGKILL'));
  const page = await PublishPage.open(browsers.chromiumCamera, `${relay.url}publish/live`);
  bench.later(() => page.close());
  await page.preview();
  await page.click('go');
  await page.says('Nobody takes');
  const from = await Source.start('', { location: relay.location });
  bench.later(() => from.stop());
  await page.says('You are live');
  await from.more(30);
  await listen(page);
  await relay.stop('SIGKILL');
  await from.says(/state=\(string\)"?reconnecting/);
  await from.more(60);
  await page.says('You are live');
  // Both come back to it as strangers.
  const again = await Relay.start({ port: relay.port });
  bench.later(() => again.stop());
  await from.says(/state=\(string\)"?reconnecting[^]*state=\(string\)"?connected/);
  await findsSource(page);
  await from.more(60);
  assert.doesNotMatch(from.output, /webcast-publisher-removed/, 'in the same session');
  assert.equal(await page.page.evaluate(() => window.connections.length), 1);
  await page.says('You are live');
  // Nobody tells of the end of that session: its relay is gone.
  await from.stop('SIGKILL');
  const second = await Source.start('', { location: again.location });
  bench.later(() => second.stop());
  await second.says(/webcast-publisher-connected/, 60000);
  await second.more(30);
  await page.says('You are live');
});
