// Every codec that a browser here has: decoded, and the right picture and sound.

import assert from 'node:assert/strict';
import { sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const decodes = {
  chromium: ['H264', 'VP8', 'VP9'],
  firefox: ['VP8', 'VP9'], // Debian's Firefox ESR brings no H.264
};
const browsers = launch('chromium', 'firefox');

for (const [name, codecs] of Object.entries(decodes)) {
  for (const codec of codecs) {
    scene(`${name} plays ${codec} and Opus: picture and sound are the sender's`, async (bench) => {
      const sink = await bench.sink(`${sources.picture} ${sources.sound}`, { properties: `video-codecs=${codec}` });
      const player = await bench.player(browsers[name], sink.url);
      await player.is('playing');
      await player.frames();
      await player.uses({ video: codec, audio: 'OPUS' });
      await player.shows();
      await player.turnSoundOn();
      await player.hears();
      if (name === 'chromium') await player.hearsByWebAudio();
      await player.says(/^Live$/);
      await player.silent();
    });
  }
}

scene('One sink serves Chromium H.264 and Firefox VP8 at the same time', async (bench) => {
  const sink = await bench.sink(`${sources.picture} ${sources.sound}`);
  const players = await Promise.all([
    bench.player(browsers.chromium, sink.url), bench.player(browsers.firefox, sink.url)]);
  for (const player of players) await player.is('playing');
  const [chromium, firefox] = players;
  await chromium.uses({ video: 'H264', audio: 'OPUS' });
  await firefox.uses({ video: 'VP8', audio: 'OPUS' });
  await Promise.all(players.map((player) => player.frames(60)));
  for (const player of players) {
    await player.shows();
    await player.silent();
  }
});
