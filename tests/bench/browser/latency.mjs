// node latency.mjs URL WARM-UP SECONDS: opens the page, reads the clock that the sender burnt into
// each picture (sender/clock_picture.hpp) and prints how old the pictures were, in milliseconds.
import { print, withChromium, withPage } from './chromium.mjs';

const [url, warmUp, seconds] = process.argv.slice(2).map((word) => (word.match(/^\d+$/) ? Number(word) : word));
const timeout = 20_000;

// In the page.
function readClock(video) {
  const bits = 20;
  const block = 32;
  const canvas = new OffscreenCanvas(bits * block, 2 * block);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const result = { ages: [], unreadable: 0, width: 0, height: 0 };
  window.latency = result;

  // The time in the picture, or null where a bit and its inverse do not differ.
  const read = () => {
    context.drawImage(video, 0, 0, bits * block, 2 * block, 0, 0, bits * block, 2 * block);
    const { data } = context.getImageData(0, 0, bits * block, 2 * block);
    const green = (x, y) => data[4 * (y * bits * block + x) + 1];
    let time = 0;
    for (let i = 0; i < bits; i += 1) {
      const x = i * block + block / 2;
      const difference = green(x, block / 2) - green(x, block + block / 2);
      if (Math.abs(difference) < 96) return null;
      time = time * 2 + (difference > 0 ? 1 : 0);
    }
    return time;
  };

  const onFrame = () => {
    // The sender's clock is CLOCK_REALTIME in whole milliseconds; so is this one.
    const now = Date.now();
    const time = read();
    const wrap = 2 ** bits;
    if (time === null) result.unreadable += 1;
    else result.ages.push((((now - time) % wrap) + wrap) % wrap);
    result.width = video.videoWidth;
    result.height = video.videoHeight;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
}

const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

await withChromium((browser) => withPage(browser, readClock, async (page) => {
  await page.goto(url, { timeout });
  await page.waitForFunction('window.latency?.ages.length > 0', { timeout, polling: 50 });
  await sleep(warmUp * 1000);
  await page.evaluate('latency.ages.length = latency.unreadable = 0');
  await sleep(seconds * 1000);
  print({ event: 'latency', ...await page.evaluate('latency') });
}));
