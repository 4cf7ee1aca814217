// A recorded file through pipelines/file.sh, as a user publishes one.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Program } from './support/processes.mjs';
import { environment, root, sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');
const kSeconds = 3;
const kSecondsOnce = 30; // its viewer has to be there before it ends

/** Records bars and a tone. @returns {Promise<string>} the file */
async function record(bench, encoder, muxer, ending, seconds = kSeconds) {
  const folder = await mkdtemp(path.join(tmpdir(), 'webcast-file-'));
  bench.later(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, `recording with a space.${ending}`);
  const picture = `${sources.rawPicture} ! ${encoder} ! m.`
    .replace('is-live=true', `num-buffers=${seconds * 30}`);
  const sound = `audiotestsrc freq=440 volume=0.5 samplesperbuffer=480 num-buffers=${seconds * 100} ! `
    + 'audio/x-raw,rate=48000,channels=2 ! opusenc ! m.';
  const recorder = new Program('gst-launch-1.0', ['-q', muxer, 'name=m', '!', 'filesink', `location=${file}`,
    ...`${picture} ${sound}`.split(' ')], environment);
  assert.deepEqual(await recorder.end(), { code: 0, signal: null }, recorder.output);
  return file;
}

/** Runs file.sh and waits for its address. */
async function publish(bench, ...settings) {
  const script = new Program('sh', [path.join(root, 'pipelines/file.sh'), '--listen', '127.0.0.1:0', ...settings],
    environment);
  bench.later(() => script.stop('SIGINT'));
  const [, url] = await script.says(/Watch at (\S+)/);
  return { script, url };
}

scene('file.sh plays a recording again and again: picture and sound', async (bench) => {
  const file = await record(bench, 'x264enc tune=zerolatency key-int-max=30 ! video/x-h264,profile=constrained-baseline',
    'matroskamux', 'mkv');
  const { script, url } = await publish(bench, file);
  const player = await bench.player(browsers.chromium, url);
  await player.is('playing');
  await player.uses({ video: 'H264', audio: 'OPUS' });
  await player.turnSoundOn();
  await player.hears();
  await player.frames((kSeconds + 2) * 30); // past the file's end
  await player.shows();
  await player.is('playing');
  assert.equal(script.ended, undefined, script.output);
  await player.silent();
});

scene('file.sh --once ends with the file, and the page says so', async (bench) => {
  const file = await record(bench, 'vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30', 'webmmux', 'webm', kSecondsOnce);
  const { script, url } = await publish(bench, '--once', file);
  const player = await bench.player(browsers.firefox, url);
  await player.is('ended', 90000);
  await player.says(/^The stream has ended/);
  assert.equal((await script.end(90000)).code, 0, script.output);
});
