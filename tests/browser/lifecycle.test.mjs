// What a viewer sees when things come, go and break, and that the player comes back by itself.

import assert from 'node:assert/strict';
import { Player } from './support/player.mjs';
import { freePort } from './support/processes.mjs';
import { sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');
const both = `${sources.picture} ${sources.sound}`;
// A browser itself notes each connection that is refused, or cut on its way.
const kRefused = /WebSocket|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|can.t establish a connection/i;

for (const name of ['chromium', 'firefox']) {
  scene(`${name} comes back by itself when the sink is killed and starts again`, async (bench) => {
    const first = await bench.sink(both, { port: await freePort() });
    const player = await bench.player(browsers[name], first.url);
    await player.is('playing');
    await player.frames();
    await player.page.evaluate(() => {
      window.sameDocument = true;
    });
    await first.stop('SIGKILL');
    await player.is('reconnecting');
    await player.shows(); // the last picture stays
    await player.says(/^Reconnecting/);
    const second = await bench.sink(both, { port: first.port });
    await player.is('playing');
    await player.frames();
    await player.shows();
    assert.equal(await player.page.evaluate(() => window.sameDocument), true);
    assert.equal(second.port, first.port);
    await player.silent(kRefused);
  });
}

for (const name of ['chromium', 'firefox']) {
  scene(`${name} without WebRTC says so`, async (bench) => {
    const sink = await bench.sink(sources.picture);
    const player = await Player.open(browsers[name], sink.url, () => {
      delete window.RTCPeerConnection;
    });
    bench.later(() => player.close());
    await player.is('failed');
    await player.says(/does not play it here[^]*WebRTC/);
    assert.deepEqual(await player.page.evaluate(() => window.complaints), []);
  });

  scene(`${name} says that an address cannot be right, and takes the next one`, async (bench) => {
    const sink = await bench.sink(sources.picture);
    const player = await bench.player(browsers[name], sink.url);
    await player.is('playing');
    const point = (src) => player.page.evaluate((to) => document.querySelector('webcast-player').setAttribute('src', to), src);
    await point('ftp://127.0.0.1/');
    await player.is('failed');
    await player.says(/does not play it here/);
    await point(sink.url);
    await player.is('playing');
    assert.deepEqual(await player.page.evaluate(() => window.complaints), []);
  });

  scene(`${name} plays after the way back to a page what it played before, and nothing else`, async (bench) => {
    const sink = await bench.sink(sources.picture);
    const player = await bench.player(browsers[name], sink.url);
    await player.is('playing');
    // As of the cache for the way back and forth.
    const wayBack = () => player.page.evaluate(() => {
      for (const type of ['pagehide', 'pageshow']) {
        window.dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
      }
      return document.querySelector('webcast-player').state;
    });
    assert.equal(await wayBack(), 'connecting');
    await player.is('playing');
    await player.page.evaluate(() => document.querySelector('webcast-player').stop());
    assert.equal(await wayBack(), 'idle');
    await player.page.evaluate(() => {
      document.querySelector('webcast-player').remove();
      const manual = document.createElement('webcast-player');
      manual.setAttribute('manual', '');
      document.body.append(manual);
    });
    assert.equal(await wayBack(), 'idle');
    await player.silent();
  });
}

scene('The end of the stream is told, and the next one starts by itself', async (bench) => {
  const sink = await bench.sink(both, { flags: '-m -e', port: await freePort() });
  const player = await bench.player(browsers.chromium, sink.url);
  await player.is('playing');
  await player.page.evaluate(() => document.querySelector('webcast-player')
    .addEventListener('ended', () => {
      window.ended = true;
    }));
  await player.frames();
  await sink.stop('SIGINT'); // with -e: EOS through the pipeline
  assert.match(sink.output, /Got EOS|EOS received/);
  await player.is('ended');
  await player.says(/^The stream has ended/);
  await player.until(() => window.ended);
  await bench.sink(both, { port: sink.port });
  await player.is('playing');
  await player.frames();
  await player.silent(kRefused);
});

scene('A file that ends by num-buffers shows its end', async (bench) => {
  const sink = await bench.sink(
    'videotestsrc is-live=true pattern=smpte num-buffers=600 ! video/x-raw,width=320,height=180,framerate=30/1 ! s.');
  const player = await bench.player(browsers.chromium, sink.url);
  await player.is('playing');
  await player.is('ended', 60000);
  assert.deepEqual(await sink.end(), { code: 0, signal: null });
  await player.silent(kRefused);
});

scene('A page that is opened before the sink is there waits for it', async (bench) => {
  const first = await bench.sink(sources.picture, { properties: 'stream=other', port: await freePort() });
  const url = new URL('/watch/live', first.url);
  const player = await bench.player(browsers.chromium, url.href);
  await player.is('waiting');
  await player.says(/^Waiting for “live”/);
  await first.stop();
  await player.is('reconnecting');
  await player.until(() => /^Trying again/.test(document.querySelector('webcast-player')
    .shadowRoot.querySelector('.countdown').textContent));
  await bench.sink(sources.picture, { port: first.port });
  await player.is('playing');
  await player.silent(kRefused);
});

scene('Sound alone plays, and the page says so', async (bench) => {
  const sink = await bench.sink(sources.sound);
  const player = await bench.player(browsers.chromium, sink.url);
  await player.is('playing');
  const text = await player.page.waitForSelector('webcast-player >>> .sound-only p');
  assert.equal(await text.evaluate((element) => element.textContent), 'Sound only');
  await player.turnSoundOn();
  await player.hears();
  await player.silent();
});

scene('A picture alone plays, without a button for sound', async (bench) => {
  const sink = await bench.sink(sources.picture);
  const player = await bench.player(browsers.chromium, sink.url);
  await player.is('playing');
  await player.frames();
  assert.equal(await player.page.$eval('webcast-player >>> .turn-on', (button) => button.hidden), true);
  await player.silent();
});

scene('Two pictures of one stream stand side by side', async (bench) => {
  const red = 'videotestsrc is-live=true pattern=red ! video/x-raw,width=320,height=180,framerate=15/1 ! s.';
  const sink = await bench.sink(`${sources.picture} ${red}`);
  const player = await bench.player(browsers.chromium, sink.url);
  await player.is('playing');
  await player.frames();
  await player.shows();
  const tile = await player.page.waitForSelector('webcast-player >>> .tile');
  await player.until(() => document.querySelector('webcast-player').shadowRoot
    .querySelector('.tile video').videoWidth === 320);
  await tile.click();
  await player.until(() => document.querySelector('webcast-player').video.videoWidth === 320);
  await player.shows([[0.5, 0.5, [255, 0, 0]]]);
  await player.silent();
});

scene('A stream with a token wants it, says so, and plays with it', async (bench) => {
  const sink = await bench.sink(sources.picture, { properties: 'view-token=open-s3cret' });
  const page = `${sink.url}watch/live`;
  assert.equal((await fetch(page)).status, 401);
  const player = await bench.player(browsers.chromium, `${page}?token=open-s3cret`);
  await player.is('playing');
  await player.frames();
  await player.silent();
  await player.page.evaluate(() => document.querySelector('webcast-player').setAttribute('token', 'wrong-s3cret'));
  await player.is('failed');
  await player.says(/refuses this page/);
  await player.says(/\?token=/);
});

scene('A browser without a codec of the stream is told, and what would help', async (bench) => {
  const sink = await bench.sink(sources.picture, { properties: 'video-codecs=H264' });
  const player = await bench.player(browsers.firefox, sink.url);
  await player.is('failed');
  await player.says(/codec/);
  await player.advises(/VP8/);
  await player.silent();
});

scene('A full sink says why, and lets the next one in when there is room', async (bench) => {
  const sink = await bench.sink(sources.picture, { properties: 'max-viewers=1' });
  const first = await bench.player(browsers.chromium, sink.url);
  await first.is('playing');
  const second = await bench.player(browsers.chromium, sink.url);
  await second.is('failed');
  await second.advises(/full/);
  await first.page.evaluate(() => document.querySelector('webcast-player').stop());
  await second.is('playing');
  await second.silent();
});

scene('Losing signaling alone never stops what plays', async (bench) => {
  const sink = await bench.sink(both);
  const wire = await bench.proxy(sink.port);
  const player = await bench.player(browsers.chromium, wire.url);
  await player.is('playing');
  await player.page.evaluate(() => {
    const element = document.querySelector('webcast-player');
    window.states = [];
    window.connection = element.peerConnection;
  });
  const before = wire.accepted;
  wire.cut();
  await wire.accepts(before + 1);
  await player.frames(90);
  assert.deepEqual(await player.page.evaluate(() => window.states), []);
  assert.equal(await player.page.evaluate(
    () => window.connection === document.querySelector('webcast-player').peerConnection), true);
  await player.silent(kRefused);
});

scene('A viewer who stops and plays again gets the picture again', async (bench) => {
  const sink = await bench.sink(both);
  const player = await bench.player(browsers.chromium, sink.url);
  await player.is('playing');
  await player.frames();
  await player.page.evaluate(() => document.querySelector('webcast-player').stop());
  await player.is('idle');
  await player.says(/^Stopped$/);
  await player.page.evaluate(() => document.querySelector('webcast-player').play());
  await player.is('playing');
  await player.frames();
  await player.silent();
});
