// node first_frame.mjs URL JOINS: opens the page again and again, prints the milliseconds from
// the navigation to the first frame that was decoded and handed to the compositor.
import { print, withChromium, withPage } from './chromium.mjs';

const [url, joins] = process.argv.slice(2);
const timeout = 20_000;

// In the page: performance.now() counts from the start of the navigation.
function firstFrame(video) {
  video.requestVideoFrameCallback(() => { window.firstFrameMs ??= performance.now(); });
}

// Not in step with the sender's keyframes.
const pause = () => new Promise((done) => { setTimeout(done, 500 + 500 * Math.random()); });

await withChromium(async (browser) => {
  const times = [];
  while (times.length < Number(joins)) {
    times.push(await withPage(browser, firstFrame, async (page) => {
      await page.goto(url, { timeout });
      const handle = await page.waitForFunction('window.firstFrameMs', { timeout, polling: 50 });
      return handle.jsonValue();
    }));
    await pause();
  }
  print({ event: 'joins', ms: times });
});
