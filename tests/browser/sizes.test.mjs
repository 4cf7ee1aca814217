// A browser that publishes a picture in several sizes (simulcast), and the one that webcastsrc takes.

import assert from 'node:assert/strict';
import { PublishPage, publishByWhip, Source } from './support/source.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromiumCamera');

/** A source, and the publish page's place for scripts of our own. */
async function meet(bench, options) {
  const from = await Source.start('-v', options);
  bench.later(() => from.stop());
  const page = await PublishPage.open(browsers.chromiumCamera, `${from.url}publish/live`);
  bench.later(() => page.close());
  return [from, page];
}

/** What the browser says of the sizes that it sends, by their names. */
const sizesSent = (page) => page.page.evaluate(async () => Object.fromEntries([...(await window.peer.getStats()).values()]
  .filter(({ type, rid }) => type === 'outbound-rtp' && rid)
  .map(({ rid, framesSent = 0, frameWidth = 0, pliCount = 0 }) => [rid, { framesSent, frameWidth, pliCount }])));

/** Sends these sizes and rests the others. */
const sendSizes = (page, ...names) => page.page.evaluate(async (active) => {
  const sender = window.peer.getSenders().find(({ track }) => track.kind === 'video');
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) encoding.active = active.includes(encoding.rid);
  await sender.setParameters(parameters);
}, names);

/** Waits until the size of that name is what comes, and goes on for so many pictures more. */
async function shows(from, page, name, width, pictures) {
  const state = async () => ({ sent: await sizesSent(page), arrived: await from.frames(),
    width: Number([...from.output.matchAll(/GstQueue:queue0\.GstPad:sink: caps = .*width=\(int\)(\d+)/g)].at(-1)?.[1]) });
  const reached = (now) => now.width === width && now.sent[name]?.frameWidth === width;
  let now = await state(), first = reached(now) && now;
  for (const end = Date.now() + 60000;
    !first || now.arrived < first.arrived + pictures || now.sent[name].framesSent < first.sent[name].framesSent + pictures;) {
    assert.ok(Date.now() < end, `${name} of ${width}: ${JSON.stringify({ first, now })}`);
    await new Promise((done) => setTimeout(done, 100));
    now = await state();
    if (!reached(now)) first = false;
    else first ||= now;
  }
  // A loop of keyframes asks for one each half second: here are ten pictures at the most for each.
  const asked = now.sent[name].pliCount - first.sent[name].pliCount;
  assert.ok(asked < pictures / 10, `${asked} keyframes asked for in ${pictures} pictures`);
  return now.sent;
}

for (const order of ['lowest first', 'highest first']) {
  scene(`Of a picture in three sizes, ${order}, the largest alone is taken, and again after a rest`, async (bench) => {
    const [from, page] = await meet(bench);
    const sizes = [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }];
    await publishByWhip(page, { sizes: order === 'lowest first' ? sizes : sizes.reverse() });
    await shows(from, page, 'f', 640, 60);
    await sendSizes(page);
    await sendSizes(page, 'f');
    const { q, h } = await shows(from, page, 'f', 640, 60);
    assert.deepEqual([q.framesSent, h.framesSent], [0, 0], 'nobody wants them');
  });
}

for (const codec of ['VP8', 'H264']) {
  scene(`Of sizes whose names tell nothing the largest that comes is taken, in ${codec}`, async (bench) => {
    const [from, page] = await meet(bench, { properties: `video-codecs=${codec}` });
    // Chromium sends two sizes of a picture that is smaller than that.
    await publishByWhip(page, { width: 960, height: 540,
      sizes: [{ rid: '1', scaleResolutionDownBy: 4 }, { rid: '2', scaleResolutionDownBy: 2 }, { rid: '3' }] });
    const all = await shows(from, page, '3', 960, 60);
    assert.ok(all['1'].framesSent > 0 && all['2'].framesSent > 0, 'all of them are sent');
    await sendSizes(page, '1', '2');
    await shows(from, page, '2', 480, 30);
    await sendSizes(page, '1');
    await shows(from, page, '1', 240, 30);
    await sendSizes(page, '1', '2', '3');
    await shows(from, page, '3', 960, 60);
  });
}
