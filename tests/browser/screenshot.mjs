// Makes docs/player.png: the real player showing pipelines/demo.sh.
//
//     node tests/browser/screenshot.mjs [FILE]
//
// Uses the build in build/, or where WEBCAST_BUILD says.

import path from 'node:path';
import { chromium } from './support/browsers.mjs';
import { Player } from './support/player.mjs';
import { Program } from './support/processes.mjs';
import { environment, root } from './support/sink.mjs';

const kChart = 40; // points, one a second

const file = path.resolve(process.argv[2] ?? path.join(root, 'docs/player.png'));
const demo = new Program('sh', [path.join(root, 'pipelines/demo.sh'), '--listen', '127.0.0.1:0'], environment);
const browser = await chromium({ defaultViewport: { width: 1280, height: 776 } });
try {
  const [, url] = await demo.says(/Watch at (\S+)/, 600000); // it may build first
  const player = await Player.open(browser, url);
  const { page } = player;
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await player.is('playing');
  await player.turnSoundOn();
  await page.keyboard.press('s');
  await player.until((points) => document.querySelector('webcast-player').shadowRoot
    .querySelector('.line').getAttribute('points').split(' ').length >= points, 2000 * kChart, kChart);
  await page.keyboard.press('Shift'); // a key brings the controls back, by and by
  await new Promise((resolve) => setTimeout(resolve, 500));
  await page.screenshot({ path: file });
  console.log(file);
} finally {
  await browser.close();
  await demo.stop();
}
