// A program with a signaler of its own, and the page that it serves.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Program } from './support/processes.mjs';
import { environment } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');
const program = fileURLToPath(new URL('../../pipelines/custom_signaler.py', import.meta.url));

for (const name of ['chromium', 'firefox']) {
  scene(`${name} plays what comes by a signaler written in Python`, async (bench) => {
    const python = new Program('/usr/bin/python3', [program, '0'], environment);
    bench.later(() => python.stop());
    const [, url] = await python.says(/(http:\/\/\S+)/);
    const page = await browsers[name].newPage();
    bench.later(() => page.close());
    await page.goto(url);
    await page.waitForFunction(() => document.querySelector('video').currentTime > 0.5);
    const white = await page.evaluate(() => {
      const context = document.createElement('canvas').getContext('2d');
      context.drawImage(document.querySelector('video'), 0, 0);
      return [...context.getImageData(10, 50, 1, 1).data.slice(0, 3)];
    });
    assert.ok(Math.min(...white) > 200, `the first bar is ${white}`);
  });
}
