// Messages beside the media: pipelines/chat.py between Chromium and Firefox, and what send() refuses.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Player } from './support/player.mjs';
import { Program, freePort } from './support/processes.mjs';
import { environment, root, sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');

/** An example, its terminal, and its page in each of the browsers, playing. */
async function example(bench, file, ...names) {
  const program = new Program('/usr/bin/python3', [path.join(root, 'pipelines', file), 'listen://127.0.0.1:0', '0'],
    environment, 'pipe');
  bench.later(() => program.stop());
  const [, url] = await program.says(/Open (\S+)/);
  const pages = [];
  for (const name of names) {
    const page = await Player.open(browsers[name], url);
    bench.later(() => page.close());
    await page.is('playing');
    pages.push(page);
  }
  return { program, pages };
}

/** Collects what comes; as text, or the length and sum of its bytes. */
const collect = (page) => page.page.evaluate(() => {
  window.got = [];
  document.querySelector('webcast-player').addEventListener('message', ({ detail: { label, data } }) => {
    const isText = typeof data === 'string';
    window.got.push({ label, isText, size: isText ? data.length : data.byteLength,
      sum: isText ? 0 : new Uint8Array(data).reduce((sum, byte) => sum + byte, 0), text: isText ? data : '' });
  });
});

async function got(page, count) {
  await page.until((wanted) => window.got.length >= wanted, undefined, count);
  return page.page.evaluate(() => window.got.splice(0));
}

scene('What one says in the page of the example all others read, Chromium and Firefox', async (bench) => {
  const { program, pages: [chromium, firefox] } = await example(bench, 'chat.py', 'chromium', 'firefox');
  for (const [from, to, text] of [[chromium, firefox, 'Hello <b>Firefox</b>'], [firefox, chromium, 'Grüße 👋']]) {
    await from.page.type('input', text);
    await from.page.keyboard.press('Enter');
    await to.until((wanted) => document.querySelector('ol').innerText.includes(wanted), undefined, text);
    await from.until((wanted) => document.querySelector('li.own')?.innerText === wanted, undefined, text);
    await program.says(new RegExp(text));
  }
  assert.equal(await firefox.page.$('ol b'), null, 'text, and no markup');
  program.write('Welcome, <i>both</i>\n');
  for (const page of [chromium, firefox]) {
    await page.until(() => document.querySelector('li:last-child').innerText === 'host: Welcome, <i>both</i>');
  }
  await chromium.page.evaluate(() => document.querySelector('webcast-player').send('\x1b[2Jcleared'));
  await program.says(/cleared/);
  assert.doesNotMatch(program.output, /\x1b/, 'a viewer does not write to the terminal what it likes');
  await chromium.silent();
});

scene('Bytes of full length, other labels, many at once, both ways', async (bench) => {
  const { pages } = await example(bench, 'chat.py', 'chromium', 'firefox');
  for (const page of pages) await collect(page);
  for (const [from, to] of [pages, [...pages].reverse()]) {
    const sum = await from.page.evaluate(async () => {
      const bytes = new Uint8Array(256 * 1024).map((_, i) => i * 31);
      const total = bytes.reduce((all, byte) => all + byte, 0);
      const sent = document.querySelector('webcast-player').send(bytes);
      bytes.fill(0); // it is the caller's again
      await sent;
      await document.querySelector('webcast-player').send('aside', { label: 'second' });
      return total;
    });
    const both = await got(to, 2);
    const bytes = both.find(({ isText }) => !isText);
    assert.deepEqual([bytes.size, bytes.sum, bytes.label], [256 * 1024, sum, 'messages']);
    assert.match(both.find(({ isText }) => isText).text, /^\w{4}: aside$/);
    assert.equal(both.find(({ isText }) => isText).label, 'second');
    // Less than may wait for a viewer: the sink drops none, however slow this machine is.
    await from.page.evaluate(() => Promise.all(Array.from({ length: 30 }, (_, i) => (
      document.querySelector('webcast-player').send(new Uint8Array(30 * 1000).fill(i + 1))))));
    const many = await got(to, 30);
    assert.deepEqual(many.map(({ sum: total, size }) => total / size), Array.from({ length: 30 }, (_, i) => i + 1));
  }
});

for (const name of ['chromium', 'firefox']) {
  scene(`${name}: send() waits where much is held, and what is said meanwhile waits behind it`, async (bench) => {
    const sink = await bench.sink(sources.picture);
    const { page } = await bench.player(browsers[name], sink.url);
    const { most, sizes } = await page.evaluate(async () => {
      const { Channels } = await import('/webcast/channels.js');
      const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
      here.onicecandidate = ({ candidate }) => candidate && there.addIceCandidate(candidate);
      there.onicecandidate = ({ candidate }) => candidate && here.addIceCandidate(candidate);
      const came = [];
      const all = new Promise((resolve) => {
        new Channels(there, ({ data }) => came.push(data.byteLength) === 31 && resolve(undefined));
      });
      const channels = new Channels(here, () => {});
      const channel = channels.open();
      await here.setLocalDescription();
      await there.setRemoteDescription(here.localDescription);
      await there.setLocalDescription();
      await here.setRemoteDescription(there.localDescription);
      let held = 0; // of 6 MB
      const sent = Array.from({ length: 31 }, (_, i) => channels.send(new Uint8Array(i === 30 ? 1 : 200 * 1000))
        .then(() => { held = Math.max(held, channel.bufferedAmount); }));
      await Promise.all([...sent, all]);
      here.close();
      there.close();
      return { most: held, sizes: came };
    });
    assert.deepEqual(sizes, [...Array(30).fill(200 * 1000), 1]);
    assert.ok(most > 0 && most <= 1024 * 1024, `${most} bytes were held at once`);
  });
}

scene('send() says why not', async (bench) => {
  const { pages: [page] } = await example(bench, 'chat.py', 'chromium');
  const refusal = (call) => page.page.evaluate(`(async () => {
    const player = document.querySelector('webcast-player');
    try { await ${call}; return ''; } catch (error) { return error.message; }
  })()`);
  assert.match(await refusal('player.send(new Uint8Array(256 * 1024 + 1))'), /262144 bytes at most/);
  assert.match(await refusal('player.send("")'), /one byte at least/);
  assert.match(await refusal('player.send("x", { label: "l".repeat(65) })'), /1 to 64 bytes/);
  assert.match(await refusal('player.send("a\\0b")'), /no NUL/);
  for (const no of ['undefined', 'null', '42', '{}', '[1, 2]', 'new Blob(["x"])']) {
    assert.match(await refusal(`player.send(${no})`), /text, an ArrayBuffer or a view of one/, no);
  }
  for (const yes of ['new ArrayBuffer(3)', 'new DataView(new ArrayBuffer(9), 2, 3)', 'new Float64Array(1)']) {
    assert.equal(await refusal(`player.send(${yes})`), '', yes);
  }
  assert.equal(await refusal('player.send("x")'), '');
  await page.page.evaluate(() => document.querySelector('webcast-player').stop());
  assert.match(await refusal('player.send("x")'), /Nothing is connected/);
  await page.page.evaluate(() => document.querySelector('webcast-player').removeAttribute('messages'));
  assert.match(await refusal('player.send("x")'), /attribute messages/);
});

for (const name of ['chromium', 'firefox']) {
  scene(`${name}: a page that asks for messages plays where the sender has none`, async (bench) => {
    const sink = await bench.sink(sources.picture);
    const player = await bench.player(browsers[name], sink.url);
    await player.page.evaluate(() => document.querySelector('webcast-player').setAttribute('messages', ''));
    await player.is('playing');
    await player.frames(10);
    const why = await player.page.evaluate(() => document.querySelector('webcast-player').send('x')
      .then(() => '', (error) => error.message));
    assert.match(why, /takes no messages|is over/);
  });
}

scene('Who watches adjusts the picture, and all who watch see it', async (bench) => {
  const { program, pages: [chromium, firefox] } = await example(bench, 'remote_control.py', 'chromium', 'firefox');
  const enabled = () => !document.querySelector('#saturation').disabled;
  for (const page of [chromium, firefox]) await page.until(enabled);
  await chromium.shows();
  await chromium.page.focus('#saturation');
  await chromium.page.keyboard.press('Home'); // no colour any more
  await firefox.until(() => document.querySelector('#saturation').value === '0');
  const grey = ([, [red, green, blue]]) => Math.max(red, green, blue) - Math.min(red, green, blue) < 12;
  for (const page of [chromium, firefox]) {
    let seen = [];
    for (let i = 0; i < 300 && !(seen.length && grey(seen)); i++) {
      seen = await page.colours([[0.07, 0.3], [0.79, 0.3]]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(grey(seen), String(seen));
  }
  // What it does not know, or has no bounds for, it leaves alone.
  await firefox.page.evaluate(async () => {
    const player = document.querySelector('webcast-player');
    for (const bad of ['no JSON', '[]', '['.repeat(100000), '{"contrast":0,"hue":"x","brightness":null}',
      '{"hue":NaN}', '{"saturation":99}']) {
      await player.send(bad, { label: 'control' });
    }
  });
  await chromium.until(() => document.querySelector('#saturation').nextElementSibling.value === '2.00');
  assert.match(program.output, /^Open \S+\n$/, 'and says nothing of it');
  await chromium.silent();
});

for (const name of ['chromium', 'firefox']) {
  scene(`${name}: who publishes and the source that takes it exchange messages`, async (bench) => {
    const source = new Program('/usr/bin/python3', [path.join(root, 'tests/browser/support/echo_source.py')],
      environment);
    bench.later(() => source.stop());
    const [, url] = await source.says(/listens on (\S+)/);
    const page = await Player.open(browsers[name], `${url}publish/live`);
    bench.later(() => page.close());
    const echoed = await page.page.evaluate(async () => {
      const { Publisher } = await import('/webcast/publisher.js');
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      window.drawing = setInterval(() => {
        context.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`;
        context.fillRect(0, 0, canvas.width, canvas.height);
      }, 50);
      const publisher = new Publisher({ stream: 'live', messages: true });
      window.publisher = publisher;
      const back = [];
      const all = new Promise((resolve) => {
        publisher.addEventListener('message', ({ detail: { label, data } }) => {
          back.push([label, typeof data === 'string' ? data : new Uint8Array(data).reduce((a, b) => a + b, 0)]);
          if (back.length === 3) resolve(back);
        });
      });
      await new Promise((resolve) => {
        publisher.addEventListener('status', () => publisher.status.state === 'live' && resolve(undefined));
        publisher.start(canvas.captureStream(20).getTracks());
      });
      await publisher.send('Grüße');
      await publisher.send(new Uint8Array(200 * 1024).fill(1));
      await publisher.send('again');
      return all;
    });
    assert.deepEqual(echoed, [['messages', 'Grüße'], ['messages', 200 * 1024], ['messages', 'again']]);
    await page.page.evaluate(() => window.publisher.stop());
  });
}

/** A file of subtitles for subparse. @param {[number, number, string][]} cues seconds, text */
async function subtitles(bench, cues) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'webcast-captions-'));
  bench.later(() => rm(folder, { recursive: true, force: true }));
  const time = (seconds) => `${new Date(seconds * 1000).toISOString().slice(11, 19)},000`;
  const text = cues.map(([from, to, words], i) => `${i + 1}\n${time(from)} --> ${time(to)}\n${words}\n`).join('\n');
  const file = path.join(folder, 'words.srt');
  await writeFile(file, text);
  return `filesrc location=${file} ! subparse ! s.text_0`;
}

const caption = (page, predicate, argument) => page.until(predicate, undefined, argument);
const shows = (words) => {
  const line = document.querySelector('webcast-player').shadowRoot.querySelector('p.captions');
  return (line.checkVisibility() ? line.innerText : '') === words;
};

for (const name of ['chromium', 'firefox']) {
  scene(`${name} shows timed text as captions, to who comes late too, and hides them`, async (bench) => {
    const words = await subtitles(bench, [[0, 4000, 'Tom & <i>Jerry</i>\nin two lines']]);
    const sink = await bench.sink(`${sources.picture} ${words}`);
    const player = await bench.player(browsers[name], sink.url);
    await player.is('playing');
    await caption(player, shows, 'Tom & Jerry\nin two lines');
    await player.page.keyboard.press('f');
    await player.until(() => document.fullscreenElement?.localName === 'webcast-player');
    await caption(player, shows, 'Tom & Jerry\nin two lines');
    await player.page.keyboard.press('f');
    await player.page.keyboard.press('c');
    await caption(player, shows, '');
    const label = await player.page.evaluate(() => document.querySelector('webcast-player').shadowRoot
      .querySelector('button.captions').getAttribute('aria-pressed'));
    assert.equal(label, 'false');
    await player.page.keyboard.press('c');
    await caption(player, shows, 'Tom & Jerry\nin two lines');
    await player.silent();
  });
}

scene('Captions come at their time and go at their end; there is no button without any', async (bench) => {
  const sink = await bench.sink(`${sources.picture} ${await subtitles(bench,
    Array.from({ length: 300 }, (_, i) => [2 * i, 2 * i + 1, `Word ${i}`]))}`);
  const player = await bench.player(browsers.chromium, sink.url);
  await player.is('playing');
  const state = () => player.page.evaluate(() => document.querySelector('webcast-player').shadowRoot
    .querySelector('p.captions').innerText);
  const seen = new Set();
  for (let i = 0; i < 100 && seen.size < 5; i++) {
    seen.add(await state());
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(seen.has(''), 'in between there is none');
  const numbers = [...seen].filter(Boolean).map((text) => Number(/^Word (\d+)$/.exec(text)[1]));
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
  assert.ok(numbers.length >= 2, [...seen].join());

  const plain = await bench.sink(sources.picture);
  const without = await bench.player(browsers.chromium, plain.url);
  await without.is('playing');
  assert.equal(await without.page.evaluate(() => document.querySelector('webcast-player').shadowRoot
    .querySelector('button.captions').checkVisibility()), false);
});

scene('Captions stand clear of all buttons, of a phone too', async (bench) => {
  const words = 'The quick brown fox jumps over the lazy dog,\nand this is the second line.';
  const sink = await bench.sink(`${sources.picture} ${sources.sound} ${await subtitles(bench, [[0, 4000, words]])}`);
  const player = await bench.player(browsers.chromium, sink.url);
  await player.is('playing');
  await caption(player, shows, words);
  await player.page.waitForSelector('webcast-player >>> .turn-on:not([hidden])');
  for (const [width, height] of [[1280, 776], [360, 640], [640, 360]]) {
    await player.page.setViewport({ width, height });
    for (const quiet of [false, true]) {
      const covered = await player.page.evaluate(async (isQuiet) => {
        const { shadowRoot } = document.querySelector('webcast-player');
        const { classList } = shadowRoot.querySelector('.root');
        const text = shadowRoot.querySelector('p.captions');
        do { // they fade by themselves too, and then come in between
          classList.toggle('quiet', isQuiet);
          await Promise.all(text.getAnimations().map((one) => one.finished)).catch(() => {});
        } while (classList.contains('quiet') !== isQuiet || text.getAnimations().length);
        const box = text.getBoundingClientRect();
        return [...shadowRoot.querySelectorAll('button')].filter((one) => {
          const other = one.getBoundingClientRect();
          return other.width && (!isQuiet || !one.closest('.bar')) && other.top < box.bottom && other.bottom > box.top;
        }).map((one) => one.textContent || one.getAttribute('aria-label'));
      }, quiet);
      assert.deepEqual(covered, [], `${width} × ${height}${quiet ? ', controls faded' : ''}`);
    }
  }
  await player.silent();
});

scene('A caption goes with its sender, and C turns none off where there are none', async (bench) => {
  const words = await subtitles(bench, [[0, 4000, 'Of the first']]);
  const first = await bench.sink(`${sources.picture} ${words}`, { port: await freePort() });
  const player = await bench.player(browsers.chromium, first.url);
  await player.is('playing');
  await caption(player, shows, 'Of the first');
  await first.stop();
  await player.is('reconnecting');
  await caption(player, shows, '');
  const second = await bench.sink(sources.picture, { port: first.port });
  await player.is('playing');
  await player.frames(10);
  await caption(player, shows, '');
  await player.page.keyboard.press('c');
  await second.stop();
  await player.is('reconnecting');
  await bench.sink(`${sources.picture} ${words}`, { port: first.port });
  await player.is('playing');
  await caption(player, shows, 'Of the first');
});
