// The player beside other producers and relays that speak the protocol of the wire.

import assert from 'node:assert/strict';
import { fakeProducer } from './support/fake_producer.mjs';
import { Player } from './support/player.mjs';
import { sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium', 'firefox');
const green = [[0.5, 0.5, [0, 200, 0]]];

/** The player's page with a producer that has these habits. */
async function beside(bench, browser, habits) {
  const sink = await bench.sink(sources.picture); // for the page alone
  const player = await Player.open(browser, `${sink.url}watch/fake`, fakeProducer, habits);
  bench.later(() => player.close());
  return player;
}

for (const name of ['chromium', 'firefox']) {
  scene(`${name} answers a producer that makes its own offer`, async (bench) => {
    const player = await beside(bench, browsers[name], { offers: true });
    await player.is('playing');
    await player.frames();
    await player.shows(green);
    const received = await player.page.evaluate(() => window.producer.received);
    assert.equal(received[0].type, 'setProtocolVersion');
    assert.deepEqual(received.find(({ type }) => type === 'setPeerStatus').roles, ['listener']);
    assert.match(received.find(({ type }) => type === 'startSession').offer, /^v=0/);
    assert.equal(received.filter(({ sdp }) => sdp?.type === 'answer').length, 1);
    for (const { ice } of received.filter((message) => message.ice)) {
      assert.ok(Number.isInteger(ice.sdpMLineIndex));
    }
  });

  scene(`${name} keeps candidates that come before the description`, async (bench) => {
    const player = await beside(bench, browsers[name], { candidatesFirst: true });
    await player.is('playing');
    await player.frames();
    assert.equal(await player.page.evaluate(() => window.producer.sessions), 1);
  });

  for (const late of ['started', 'error']) {
    scene(`${name} takes a reply that comes late (${late}) for the session that asked`, async (bench) => {
      const player = await beside(bench, browsers[name], { late });
      await player.is('playing');
      await player.frames();
      const { sessions, received } = await player.page.evaluate(() => {
        const { producer } = window;
        return { sessions: producer.sessions, received: producer.received };
      });
      assert.equal(sessions, 2);
      assert.deepEqual(received.filter(({ type }) => type === 'endSessionV1_1').map(({ sessionId }) => sessionId),
        late === 'started' ? ['S1'] : []);
    });
  }
}

scene('An error of the relay is shown, and another attempt follows', async (bench) => {
  const player = await beside(bench, browsers.chromium, { error: 'no such luck' });
  await player.is('failed');
  await player.says(/No such luck\./);
  await player.page.evaluate(() => {
    window.producer.habits = {};
    document.querySelector('webcast-player').shadowRoot.querySelector('.status .plain').click(); // Try now
  });
  await player.is('playing');
});

for (const message of [{ type: 'endSession' }, { type: 'endSessionV1_1', error: null }]) {
  scene(`${message.type} without an error is the end of the stream`, async (bench) => {
    const player = await beside(bench, browsers.chromium, {});
    await player.is('playing');
    await player.page.evaluate((end) => window.producer.socket.say({ ...end, sessionId: 'S1' }), message);
    await player.is('ended');
    await player.page.evaluate(() => {
      const { socket } = window.producer;
      socket.say({ type: 'peerStatusChanged', peerId: 'P', roles: [], meta: null });
      socket.say({ type: 'peerStatusChanged', peerId: 'P', roles: ['producer'], meta: { name: 'fake', audio: 0 } });
    });
    await player.is('playing');
  });
}

scene('The page shows what the sender calls its stream, as one line of text', async (bench) => {
  const player = await beside(bench, browsers.chromium, {});
  await player.is('playing');
  const call = (title) => player.page.evaluate((its) => {
    const { producer } = window;
    producer.meta = { ...producer.meta, title: its };
    producer.socket.say({ type: 'peerStatusChanged', peerId: 'P', roles: ['producer'], meta: producer.meta });
  }, title);
  const heading = () => player.page.evaluate(() => [document.querySelector('h1').textContent, document.title]);
  assert.deepEqual(await heading(), ['fake', 'fake']);
  await call(' The <i>garden</i>\n\u202ein May');
  assert.deepEqual(await heading(), Array(2).fill('The <i>garden</i> in May'));
  await call('x'.repeat(8000));
  assert.deepEqual(await heading(), Array(2).fill('x'.repeat(200)));
  await call({ not: 'text' });
  assert.deepEqual(await heading(), ['fake', 'fake']);
  assert.equal(await player.page.evaluate(() => window.producer.sessions), 1);
  await player.frames();
});

scene('Media that stops without a word is noticed, and asked for anew', async (bench) => {
  const player = await beside(bench, browsers.chromium, {});
  await player.is('playing');
  await player.frames();
  await player.page.evaluate(() => window.producer.connections.get('S1').close());
  await player.is('reconnecting');
  await player.shows(green); // the last picture stays
  await player.is('playing');
  assert.equal(await player.page.evaluate(() => window.producer.sessions), 2);
  await player.frames();
});

scene('What comes back by itself leaves nothing of the session that was to replace it', async (bench) => {
  const player = await beside(bench, browsers.chromium, {});
  await player.is('playing');
  await player.frames();
  await player.page.evaluate(() => {
    window.producer.habits = { unreachable: true };
    [window.sender] = window.producer.connections.get('S1').getSenders();
    window.picture = window.sender.track;
    window.views = () => document.querySelector('webcast-player').shadowRoot.querySelectorAll('.view').length;
    window.sender.replaceTrack(null);
  });
  await player.is('reconnecting');
  await player.until(() => window.views() === 2);
  await player.page.evaluate(() => {
    document.querySelector('webcast-player').addEventListener('statechange', () => {
      window.left = window.views();
    }, { once: true });
    window.sender.replaceTrack(window.picture);
  });
  await player.is('playing');
  assert.equal(await player.page.evaluate(() => window.left), 1);
  await player.frames();
});

scene('A session that the other side ends with a reason shows it', async (bench) => {
  const player = await beside(bench, browsers.chromium, {});
  await player.is('playing');
  await player.page.evaluate(() => window.producer.socket.say(
    { type: 'endSessionV1_1', sessionId: 'S1', error: 'the operator closed the show' }));
  await player.is('failed');
  await player.says(/The operator closed the show\./);
});
