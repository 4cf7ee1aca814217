// Encoded sources: passed through where the viewer takes them, encoded anew where not.

import assert from 'node:assert/strict';
import { sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');
const { rawPicture } = sources;
// Without parameter sets in the stream, as files and many cameras have it.
const avc = (profile) => `! video/x-h264,profile=${profile},stream-format=avc,alignment=au ! s.`;

const connected = /webcast-viewer-connected,.*rendition=\(string\)([\w-]+)/;

const plays = [
  ['chromium', 'H.264 baseline', 'H264', /^h264-passthrough$/,
    `${rawPicture} ! x264enc tune=zerolatency key-int-max=60 bitrate=1000 ${avc('constrained-baseline')}`],
  ['chromium', 'H.264 High with B-frames', 'H264', /^h264$/,
    `${rawPicture} ! x264enc bframes=2 b-adapt=false speed-preset=ultrafast dct8x8=true cabac=true key-int-max=60 bitrate=1000 ${avc('high')}`],
  ['chromium', 'VP8', 'VP8', /^vp8-passthrough$/,
    `${rawPicture} ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=60 ! s.`],
  ['firefox', 'VP9', 'VP9', /^vp9-passthrough$/,
    `${rawPicture} ! vp9enc deadline=1 cpu-used=8 keyframe-max-dist=60 ! s.`],
  ['firefox', 'H.264 that it lacks, as VP8,', 'VP8', /^vp8$/,
    `${rawPicture} ! x264enc tune=zerolatency key-int-max=60 bitrate=1000 ${avc('constrained-baseline')}`],
];

for (const [name, what, codec, rendition, pipeline] of plays) {
  scene(`${name} plays an encoded source: ${what}`, async (bench) => {
    const opus = `${sources.sound.replace(/ ! s\.$/, '')} ! opusenc ! s.`;
    const sink = await bench.sink(`${pipeline} ${opus}`);
    const player = await bench.player(browsers[name], sink.url);
    await player.is('playing');
    await player.frames(60);
    await player.uses({ video: codec, audio: 'OPUS' });
    await player.shows();
    assert.match((await sink.says(connected))[1], rendition);
    await player.turnSoundOn();
    await player.hears();
    await player.silent();
  });
}

// It answers a request for a keyframe by refreshing, not by an IDR.
scene('A source without keyframes that may not be converted says so at the viewer', async (bench) => {
  const sink = await bench.sink(`${rawPicture} ! x264enc tune=zerolatency key-int-max=60 intra-refresh=true `
    + avc('constrained-baseline'), { properties: 'transcode=never' });
  const player = await bench.player(browsers.chromium, sink.url);
  await sink.says(/shows no keyframe/);
  await player.until(() => /no keyframe yet/.test(document.querySelector('webcast-player').message));
  await player.silent();
});

scene('With transcode=never the viewer is told why a source cannot be played', async (bench) => {
  const sink = await bench.sink(
    `${rawPicture} ! x264enc tune=zerolatency key-int-max=60 ${avc('constrained-baseline')}`,
    { properties: 'transcode=never' });
  const player = await bench.player(browsers.firefox, sink.url);
  await player.is('failed');
  await player.says(/H\.?264/);
  await player.silent();
});
