// Somebody watches in a browser while one client does its worst at the same sink: the browser's own
// statistics tell that nothing happened.

import assert from 'node:assert/strict';
import path from 'node:path';
import { RawSocket, comeAndGo } from './support/attacker.mjs';
import { Program } from './support/processes.mjs';
import { build, sources } from './support/sink.mjs';
import { launch, scene } from './support/suite.mjs';

const browsers = launch('chromium');
// Of a machine that is too busy for a moment: what an attack does goes on.
const kMaxPictureLosses = 3;

/** Twice as many messages as cut off all viewers once, each news of a peer. */
async function news({ port }) {
  const socket = await RawSocket.open(port);
  for (let i = 0; i < 400; i++) {
    socket.send(JSON.stringify({ type: 'setPeerStatus', roles: ['listener', 'consumer'],
      meta: { i, filling: 'x'.repeat(8000) } }));
  }
  await socket.answered();
  await socket.end();
}

/** What no peer of the protocol says; who says it is let go. */
async function junk({ port }) {
  const deep = '['.repeat(5000);
  const many = Array.from({ length: 64 }, (_, i) => `{"type":"peer","sessionId":"${i}","ice":{"candidate":"x"}}`);
  for (const [payload, opcode] of [['no JSON', 1], [deep, 1], [Buffer.alloc(2000, 0xff), 2], ['\xff\xfe', 1],
    ['x'.repeat(200 * 1024), 1], ['{"type":"setPeerStatus","roles":[7]}', 1], ['', 0], ['odd', 7]]) {
    const socket = await RawSocket.open(port);
    for (const one of many) socket.send(one);
    socket.send(payload, opcode);
    await socket.answered();
    await socket.end();
  }
}

/** Sessions that end as soon as they began, eight at a time. */
async function sessions({ url }) {
  const statuses = await Promise.all(Array.from({ length: 8 }, () => comeAndGo(url)));
  assert.ok(statuses.includes(201), `somebody comes in: ${statuses}`);
}

/** Viewers who got in, and then send feedback, noise and messages as fast as they can. */
async function swarm({ url }) {
  const program = new Program(path.join(build, 'tests/bench/swarm/webcast-swarm'),
    ['--url', `${url.replace(/^http/, 'ws')}ws`, '--viewers', '4', '--seconds', '8', '--flood-ms', '20']);
  await program.end(60000); // its noise may break its own sessions
  assert.match(program.output, /video [1-9]\d* packets/, 'somebody got in');
}

for (const [what, attack] of Object.entries({ news, junk, sessions, swarm })) {
  scene(`One client cannot end another's session: ${what}`, async (bench) => {
    const sink = await bench.sink(sources.picture);
    const player = await bench.player(browsers.chromium, sink.url);
    await player.is('playing');
    await player.frames();
    await player.page.evaluate(() => {
      window.states = [];
      window.connection = document.querySelector('webcast-player').peerConnection;
    });
    const before = await player.video();
    let now = before;
    do {
      await attack(sink);
      await player.frames(5);
      now = await player.video();
    } while (now.framesDecoded < before.framesDecoded + 90);
    const { same, state, states } = await player.page.evaluate(() => ({
      same: window.connection === document.querySelector('webcast-player').peerConnection,
      state: window.connection.connectionState, states: window.states }));
    assert.deepEqual({ same, state, states }, { same: true, state: 'connected', states: [] });
    assert.ok(now.pliCount - before.pliCount <= kMaxPictureLosses, JSON.stringify(now));
    assert.ok(now.packetsLost * 100 <= now.packetsReceived, JSON.stringify(now));
    const next = await bench.player(browsers.chromium, sink.url);
    await next.is('playing');
  });
}
