// Viewers who come and go force keyframes: who watches must not answer each with a picture loss.

import assert from 'node:assert/strict';
import { sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');
const kJoins = 4;
// Of a machine that is too busy for a moment; where keyframes are taken amiss it is two a second.
const kMaxPictureLosses = 3;

const only = (encoder) => ({
  properties: 'video-codecs=H264',
  env: { GST_PLUGIN_FEATURE_RANK: `${encoder}:MAX` },
});
const passed = (encoder) => `${sources.rawPicture} ! ${encoder} ! video/x-h264,profile=constrained-baseline`;

const plays = [
  ['chromium', 'x264enc', 'H264', sources.picture, only('x264enc')],
  ['chromium', 'openh264enc', 'H264', sources.picture, only('openh264enc')],
  ['chromium', 'H.264 that is passed through', 'H264',
    `${passed('x264enc tune=zerolatency key-int-max=600 bitrate=1000')} ! h264parse ! s.`, {}],
  ['firefox', 'vp8enc', 'VP8', sources.picture, { properties: 'video-codecs=VP8' }],
];

for (const [name, what, codec, pipeline, options] of plays) {
  scene(`${name} reports no picture lost when others join and leave: ${what}`, async (bench) => {
    const sink = await bench.sink(pipeline, options);
    const watching = await bench.player(browsers[name], sink.url);
    await watching.is('playing');
    for (let i = 0; i < kJoins; i++) {
      const player = await bench.player(browsers[name], sink.url);
      await player.is('playing');
      await player.frames(15);
      await player.page.evaluate(() => document.querySelector('webcast-player').stop());
    }
    await watching.page.bringToFront(); // pages behind others paint nothing
    await watching.frames(45);
    await watching.uses({ video: codec });
    const figures = await watching.video();
    assert.ok(figures.pliCount <= kMaxPictureLosses, JSON.stringify(figures));
    assert.ok(figures.keyFramesDecoded >= 2, JSON.stringify(figures));
  });
}
