// The relay's own publish page, and a source that is at that relay.

import assert from 'node:assert/strict';
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

scene('The page waits for a source that comes later, and goes on when the relay is gone', async (bench) => {
  const relay = await Relay.start();
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
  await relay.stop('SIGKILL');
  await from.says(/state=\(string\)"?reconnecting/);
  await from.more(60);
  await page.says('You are live');
});
