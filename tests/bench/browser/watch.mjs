// node watch.mjs URL COUNT: plays URLs0, URLs1, … in a page each, says when all of them play, and
// at SIGUSR2 how long the longest wait between two pictures was since then.
import { print, withChromium, withPage } from './chromium.mjs';

const [url, count] = process.argv.slice(2);
const ended = new Promise((resolve) => { process.once('SIGUSR2', resolve); });

// In the page.
function noteGaps(video) {
  const next = (now) => {
    window.longestGap = Math.max(window.longestGap ?? 0, now - (window.lastFrame ?? now));
    window.lastFrame = now;
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
}

await withChromium(async (browser) => {
  let playing = 0;
  let tellAllPlay;
  const allPlay = new Promise((resolve) => { tellAllPlay = resolve; });
  const gaps = await Promise.all(Array.from({ length: Number(count) }, (_, number) =>
    withPage(browser, noteGaps, async (page) => {
      await page.goto(`${url}s${number}`, { timeout: 30_000 });
      await page.waitForFunction('window.lastFrame', { timeout: 30_000, polling: 50 });
      playing += 1;
      if (playing === Number(count)) tellAllPlay();
      await allPlay;
      await page.evaluate('window.longestGap = 0');
      playing -= 1;
      if (playing === 0) print({ event: 'playing' });
      await ended;
      return page.evaluate('window.longestGap');
    })));
  print({ event: 'watched', longest: Math.max(...gaps) });
});
