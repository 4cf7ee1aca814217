// Headless Chromium for benchmarks, and what every page gets before its own scripts run.
import { chromium } from '../../browser/support/browsers.mjs';

export async function withChromium(work) {
  const browser = await chromium();
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

// A page of a context of its own: no cache, no cookies of an earlier one. `observe` runs in the
// page for each video element that gets a stream.
export async function withPage(browser, observe, work) {
  const context = await browser.createBrowserContext();
  try {
    const page = await context.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    await page.evaluateOnNewDocument(`(${hookVideos})(${observe})`);
    return await work(page);
  } finally {
    await context.close();
  }
}

// Runs in the page. Hooks the property, for the element may be in a shadow tree.
function hookVideos(observe) {
  const property = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  const seen = new WeakSet();
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...property,
    set(stream) {
      property.set.call(this, stream);
      if (!stream || !(this instanceof HTMLVideoElement) || seen.has(this)) return;
      seen.add(this);
      observe(this);
    },
  });
}

export function print(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
