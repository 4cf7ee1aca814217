// The page /manual: offer and answer carried by hand, from pipelines/manual.sh and back.

import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ByHand, ManualPage } from './support/manual.mjs';
import { sources } from './support/sink.mjs';
import { Relay } from './support/relay.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'chromiumInTheOpen', 'firefox');
const kSources = `${sources.picture} ${sources.sound}`.replaceAll(' s.', ' sink.');

/** The page from a relay of the viewer's own, and a sender that knows nothing of it. */
async function both(bench, browser) {
  const relay = await Relay.start();
  bench.later(() => relay.stop());
  const sender = ByHand.start(kSources);
  bench.later(() => sender.stop());
  const page = await ManualPage.open(browser, `${relay.url}manual`);
  bench.later(() => page.close());
  return { relay, sender, page };
}

async function folderOf(bench) {
  const folder = await mkdtemp(path.join(tmpdir(), 'webcast-manual-'));
  bench.later(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * The offer of a sender behind a firewall: what is sent to its addresses arrives nowhere. It can
 * send to the viewer as soon as it has the answer.
 */
async function behindFirewall(bench, offer) {
  const firewall = dgram.createSocket('udp4').bind(0);
  bench.later(() => new Promise((closed) => { firewall.close(closed); }));
  await once(firewall, 'listening');
  const { port } = firewall.address();
  return offer.split(/\r?\n/).filter((line) => !/^a=candidate:.* (tcp|[0-9a-f]*:[0-9a-f:]*) /i.test(line))
    .map((line) => line.replace(/^(a=candidate:(?:\S+ ){5})\d+/, `$1${port}`)).join('\r\n');
}

const waitsForAnswer = () => /before it has your answer/.test(document.querySelector('webcast-player').hint);

scene('Chromium waits for a sender behind a firewall, though ICE gave up', async (bench) => {
  const { sender, page } = await both(bench, browsers.chromiumInTheOpen);
  await page.paste(await behindFirewall(bench, await sender.offer()));
  const answer = await page.answer();
  await page.until(waitsForAnswer, 60000);
  await page.says(/Waiting for the sender/);
  sender.answer(answer);
  await page.is('playing');
  await page.frames(10);
  await page.silent();
});

scene('Firefox, which cannot, says what to do', async (bench) => {
  const { sender, page } = await both(bench, browsers.firefox);
  await page.paste(await behindFirewall(bench, await sender.offer()));
  await page.answer();
  await page.until(waitsForAnswer, 60000);
  await page.page.click('#over');
  const next = ByHand.start(kSources);
  bench.later(() => next.stop());
  await page.paste(await next.offer());
  next.answer(await page.answer());
  await page.is('playing');
});

for (const name of ['chromium', 'firefox']) {
  scene(`${name} plays by an offer that was pasted and an answer that was copied by hand`, async (bench) => {
    const { sender, page } = await both(bench, browsers[name]);
    await page.paste(await sender.offer());
    const answer = await page.answer();
    assert.match(answer, /a=candidate:/);
    assert.doesNotMatch(answer, / tcp /i);
    await page.is('waiting');
    await page.says(/Waiting for the sender/);
    sender.answer(answer);
    await page.is('playing');
    await page.turnSoundOn();
    await page.hears();
    await page.frames(30);
    await page.shows();
    await page.silent();
  });

  scene(`${name} takes the offer as a file, and its code on the screen is the answer`, async (bench) => {
    const { sender, page } = await both(bench, browsers[name]);
    const folder = await folderOf(bench);
    const file = path.join(folder, 'offer.json');
    await writeFile(file, JSON.stringify({ type: 'offer', sdp: await sender.offer() }));
    await page.choose(file);
    const answer = await page.answer();
    const scanned = await page.scan(folder);
    assert.equal(scanned.replaceAll('\r', '').trim(), answer.replaceAll('\r', '').trim());
    sender.answer(scanned);
    await page.is('playing');
    await page.frames(10);
    await page.silent();
  });

  scene(`${name} waits for whoever carries the answer`, async (bench) => {
    const { sender, page } = await both(bench, browsers[name]);
    await page.paste(await sender.offer());
    const answer = await page.answer();
    // Longer than any handshake of theirs takes: nobody may give up.
    await assert.rejects(page.is('failed', 40000));
    sender.answer(answer);
    await page.is('playing');
    await page.frames(10);
  });

  scene(`${name} says what is wrong with an offer`, async (bench) => {
    const { sender, page } = await both(bench, browsers[name]);
    const offer = await sender.offer();
    const wrong = [
      ['', /Paste the sender/],
      ['Hello, here is my offer', /This is no SDP/],
      ['{"type":"offer","sdp":"v=0', /begins like JSON/],
      ['{"type":"offer"}', /no session description/],
      [offer.replaceAll('a=setup:actpass', 'a=setup:active'), /This is an answer/],
      [JSON.stringify({ type: 'answer', sdp: offer }), /This is an answer/],
      [offer.replace(/a=fingerprint.*\r?\n/g, ''), /Parts of the offer are missing/],
      [`v=0\n${'a=x\n'.repeat(600)}`, /more than one offer/],
      ['v=0\n'.repeat(20000), /longer than 64 KiB/],
    ];
    for (const [text, complaint] of wrong) {
      await page.paste(text);
      await page.complains(complaint);
    }
    assert.equal(await page.page.evaluate(() => document.activeElement.id), 'offer');
    await page.paste(offer);
    await page.complains(/^$/);
    await page.answer();
    await page.silent();
  });
}

scene('Copy, download, start over, and all of it by the keyboard', async (bench) => {
  const { relay, sender, page } = await both(bench, browsers.chromium);
  const folder = await folderOf(bench);
  await page.page.browserContext().overridePermissions(new URL(relay.url).origin,
    ['clipboard-read', 'clipboard-sanitized-write']);
  const offer = await sender.offer();
  await page.page.evaluate((value) => { document.querySelector('#offer').value = value; }, offer);
  const { keyboard } = page.page;
  await page.page.focus('#offer');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  const answer = await page.answer();
  await page.until(() => document.activeElement.id === 'answer-title');
  await keyboard.press('Tab');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await page.until(() => document.querySelector('#done').innerText === 'Copied.');
  const copied = await page.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied.replaceAll('\r', ''), answer.replaceAll('\r', ''));
  const session = await page.page.createCDPSession();
  await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await page.until(() => /answer\.sdp/.test(document.querySelector('#done').innerText));
  let saved = '';
  for (let i = 0; i < 600 && !saved; i++) {
    saved = await readFile(path.join(folder, 'answer.sdp'), 'utf8').catch(() => '');
    if (!saved) await new Promise((done) => setTimeout(done, 50));
  }
  assert.equal(saved.replaceAll('\r', ''), answer.replaceAll('\r', ''));
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await page.until(() => document.querySelector('#second').hidden && document.activeElement.id === 'offer');
  await page.silent();
});

scene('When the sender stops the page says so, and the next offer plays', async (bench) => {
  const { sender, page } = await both(bench, browsers.chromium);
  await page.paste(await sender.offer());
  sender.answer(await page.answer());
  await page.is('playing');
  await page.frames(10);
  const asksForOffer = () => page.page.$eval('#offer', (field) => field.checkVisibility());
  assert.equal(await asksForOffer(), false, 'nothing is to be done');
  await sender.stop();
  await page.is('failed');
  await page.complains(/over.*next offer/i);
  assert.equal(await asksForOffer(), true);
  const again = ByHand.start(kSources);
  bench.later(() => again.stop());
  await page.paste(await again.offer());
  again.answer(await page.answer());
  await page.is('playing');
  await page.frames(10);
  await page.page.keyboard.press('k');
  await page.until(() => document.activeElement.id === 'offer' && !document.querySelector('webcast-player'));
});
