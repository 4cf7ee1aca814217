// A screen with real windows that move, as a viewer sees it.

import assert from 'node:assert/strict';
import { Screen, screenSize } from './support/screen.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');

/** Where the red window is: the mean of the red pixels' places, or null. */
function redAt(player) {
  return player.page.evaluate(() => {
    const { video } = document.querySelector('webcast-player');
    const canvas = document.createElement('canvas');
    const [width, height] = [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    let count = 0;
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i] < 180 || data[i + 1] > 80 || data[i + 2] > 80) continue;
      count++;
      sum += (i / 4) % width;
    }
    return count > 500 ? sum / count : null;
  });
}

for (const name of ['chromium', 'firefox']) {
  scene(`${name} shows a screen whose windows move`, async (bench) => {
    const screen = await Screen.start();
    bench.later(() => screen.stop());
    const sink = await bench.sink(
      'ximagesrc use-damage=false show-pointer=false ! video/x-raw,framerate=15/1 ! videoconvert ! s.',
      { env: { DISPLAY: screen.display } });
    const player = await bench.player(browsers[name], sink.url);
    await player.is('playing');
    await player.frames();
    const size = await player.page.evaluate(() => {
      const { video } = document.querySelector('webcast-player');
      return { width: video.videoWidth, height: video.videoHeight };
    });
    assert.deepEqual(size, screenSize);
    const seen = new Set();
    for (const end = Date.now() + 60000; seen.size < 4 && Date.now() < end;) {
      const place = await redAt(player);
      if (place !== null) seen.add(Math.round(place / 40));
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    assert.ok(seen.size >= 4, `the window was only ever seen at ${[...seen]} (× 40 pixels)`);
    await player.shows([[0.05, 0.06, [0, 0, 255]]], 60); // a corner of the clock
    await player.silent();
  });
}
