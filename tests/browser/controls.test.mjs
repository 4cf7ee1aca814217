// The player by keyboard and screen reader, its statistics, and as an element on other pages.

import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { freePort } from './support/processes.mjs';
import { sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');
const both = `${sources.picture} ${sources.sound}`;

const inPlayer = (selector) => `webcast-player >>> ${selector}`;

/** Label and pressed state of what has the focus in the player. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement?.shadowRoot?.activeElement;
    return element && { label: element.getAttribute('aria-label') ?? element.textContent,
      pressed: element.getAttribute('aria-pressed'), visible: element.matches(':focus-visible') };
  });
}

/** Presses Tab until the control with this label has the focus. */
async function tabTo(page, label) {
  for (let i = 0; i < 16; i++) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (now?.label === label) {
      assert.equal(now.visible, true, `the focus on ${label} is not seen`);
      return;
    }
  }
  assert.fail(`no way to ${label} by Tab`);
}

for (const name of ['chromium', 'firefox']) {
  scene(`${name}: every button is reached by Tab and works by Enter`, async (bench) => {
    const sink = await bench.sink(both);
    const player = await bench.player(browsers[name], sink.url);
    const { page } = player;
    await player.is('playing');
    await tabTo(page, 'Turn sound on');
    await page.keyboard.press('Enter');
    await player.until(() => !document.querySelector('webcast-player').muted);
    await player.hears();
    await tabTo(page, 'Stop');
    await page.keyboard.press('Enter');
    await player.is('idle');
    await page.keyboard.press('Enter');
    await player.is('playing');
    await tabTo(page, 'Statistics');
    await page.keyboard.press('Enter');
    await page.waitForSelector(inPlayer('.statistics.panel:not([hidden])'));
    assert.equal((await focused(page)).pressed, 'true');
    await page.keyboard.press('Escape');
    await page.waitForSelector(inPlayer('.statistics.panel[hidden]'));
    await tabTo(page, 'Full screen');
    await page.keyboard.press('Enter');
    await player.until(() => document.fullscreenElement?.localName === 'webcast-player');
    await page.keyboard.press('f');
    await player.until(() => !document.fullscreenElement);
    await tabTo(page, 'Help and keys');
    await page.keyboard.press('Enter');
    await page.waitForSelector(inPlayer('dialog[open]'));
    await page.keyboard.press('Escape');
    await player.until(() => !document.querySelector('webcast-player').shadowRoot.querySelector('dialog').open);
    await player.silent();
  });
}

scene('Keys work wherever the focus is on the page', async (bench) => {
  const sink = await bench.sink(both);
  const player = await bench.player(browsers.chromium, sink.url);
  const { page } = player;
  await player.is('playing');
  const muted = () => page.evaluate(() => document.querySelector('webcast-player').muted);
  await page.keyboard.press('m');
  assert.equal(await muted(), false);
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.querySelector('webcast-player').video.volume), 0.9);
  await page.keyboard.press('m');
  assert.equal(await muted(), true);
  for (const key of ['s', 'i']) {
    await page.keyboard.press(key);
    await page.waitForSelector(inPlayer('.statistics.panel:not([hidden])'));
    await page.keyboard.press(key);
    await page.waitForSelector(inPlayer('.statistics.panel[hidden]'));
  }
  await page.keyboard.press('?');
  await page.waitForSelector(inPlayer('dialog[open]'));
  await page.keyboard.press('?');
  await page.keyboard.press(' ');
  await player.is('idle');
  await page.keyboard.press('k');
  await player.is('playing');
  await player.silent();
});

scene('The statistics show figures that fit the stream', async (bench) => {
  const sink = await bench.sink(both);
  const player = await bench.player(browsers.chromium, sink.url);
  const { page } = player;
  await player.is('playing');
  await page.keyboard.press('s');
  await player.until(() => {
    const points = document.querySelector('webcast-player').shadowRoot
      .querySelector('.line').getAttribute('points');
    return points.split(' ').length >= 3;
  });
  await player.until((wanted) => {
    const rows = document.querySelector('webcast-player').shadowRoot.querySelectorAll('.statistics dl > div');
    const shown = new Map([...rows].map((row) => [row.querySelector('dt').textContent,
      row.querySelector('span').textContent]));
    return Object.entries(wanted).every(([name, source]) => new RegExp(source).test(shown.get(name)));
  }, undefined, { 'Picture': '^640 × 360$', 'Video codec': '^H264$', 'Audio codec': '^(OPUS|opus)$', 'Packets lost': '^\\d',
    'Round trip': '^\\d.* ms$', 'Jitter buffer': '^\\d.* ms$', 'Latency': '^≈ \\d.* ms$' });
  const charts = await page.$$eval(inPlayer('.chart svg'), (all) => all.map((one) => one.getAttribute('aria-label')));
  assert.match(charts[0], /^Bit rate over the last minute: now \d+(\.\d+)? [kM]bit\/s/);
  assert.match(charts[1], /^Frame rate over the last minute: now \d+ fps/);
  await player.silent();
});

scene('A screen reader finds names, roles and states', async (bench) => {
  const sink = await bench.sink(both);
  const player = await bench.player(browsers.chromium, sink.url);
  await player.is('playing');
  const wanted = ['heading live', 'button Stop', 'button Turn sound on', 'slider Volume',
    'button Statistics', 'button Full screen', 'button Help and keys', 'link All streams'];
  let found = [];
  const walk = (node) => {
    found.push(`${node.role} ${node.name ?? ''}`.trim());
    node.children?.forEach(walk);
  };
  const missing = () => wanted.filter((one) => !found.includes(one));
  for (let i = 0; i < 100 && missing().length; i++) {
    found = [];
    walk(await player.page.accessibility.snapshot());
  }
  assert.deepEqual(missing(), [], found.join(', '));
});

scene('It fits a phone: nothing is cut off, and fingers hit every button', async (bench) => {
  const sink = await bench.sink(both);
  const player = await bench.player(browsers.chromium, sink.url);
  const { page } = player;
  await page.setViewport({ width: 360, height: 640, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  await player.is('playing');
  const boxes = await page.$$eval(inPlayer('button:not([hidden])'), (all) => all.map((one) => {
    const box = one.getBoundingClientRect();
    return { label: one.getAttribute('aria-label') ?? one.textContent, left: box.left, right: box.right,
      bottom: box.bottom, width: box.width, height: box.height };
  }).filter((one) => one.width > 0));
  assert.ok(boxes.length >= 5);
  for (const box of boxes) {
    assert.ok(box.width >= 44 && box.height >= 44, `${box.label} is ${box.width} × ${box.height}`);
    assert.ok(box.left >= 0 && box.right <= 360 && box.bottom <= 640, `${box.label} is outside`);
  }
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
});

scene('A browser that plays nothing unasked gets a button', async (bench) => {
  const sink = await bench.sink(both);
  const player = await bench.player(browsers.chromium, sink.url);
  const { page } = player;
  await page.evaluateOnNewDocument(() => {
    const media = HTMLMediaElement.prototype;
    const { play } = media;
    Object.defineProperty(media, 'autoplay', { get: () => false, set() {} });
    media.play = function refuse() {
      if (window.allowed) return play.call(this);
      return Promise.reject(new DOMException('not without a click', 'NotAllowedError'));
    };
  });
  await page.reload();
  await player.until(() => document.querySelector('webcast-player').shadowRoot.querySelector('.root.blocked'));
  await player.says(/^Ready/);
  await page.evaluate(() => {
    window.allowed = true;
  });
  await (await page.waitForSelector(inPlayer('.unblock'), { visible: true })).click();
  await player.is('playing');
  await player.frames();
  await player.silent();
});

scene('webcast.js plays on a page of another origin', async (bench) => {
  const server = http.createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(request.url === '/' ? page : '');
  });
  let page = '';
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  bench.later(async () => server.close());
  const origin = `http://127.0.0.1:${server.address().port}`;
  const sink = await bench.sink(both, { properties: `stream=cam allow-origins=${origin}` });
  page = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${sink.url}webcast.js"></script>
    <webcast-player src="${sink.url}" stream="cam" latency="low"></webcast-player>`;
  const player = await bench.player(browsers.chromium, origin);
  await player.is('playing');
  await player.frames();
  await player.shows();
  assert.equal(await player.page.evaluate(() => document.querySelector('webcast-player').streamName), 'cam');
  await player.page.evaluate(() => document.querySelector('webcast-player').remove());
  await player.silent();
});

scene('Several streams of one address stand in a list that leads to each', async (bench) => {
  const port = await freePort(); // 0 would be two ports
  const other = `webcastsink name=t stream=second location=listen://127.0.0.1:${port}`;
  const sink = await bench.sink(`${sources.picture} ${other} ${sources.picture.replace('s.', 't.')}`,
    { port, properties: 'stream=first title=<b>First' });
  const player = await bench.player(browsers.chromium, `${new URL(sink.url).origin}/`);
  const { page } = player;
  await player.until(() => document.querySelectorAll('#streams a').length === 2);
  const names = await page.$$eval('#streams strong', (all) => all.map((one) => one.textContent).sort());
  assert.deepEqual(names, ['<b>First', 'second']);
  await page.evaluate(() => [...document.querySelectorAll('#streams a')]
    .find((link) => link.textContent.includes('second')).click());
  await player.is('playing');
  assert.equal(await page.evaluate(() => document.querySelector('webcast-player').streamName), 'second');
  await player.frames();
  await player.silent();
});
