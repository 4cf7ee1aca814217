// werift, WebRTC in TypeScript from npm: ICE, DTLS, SRTP and SCTP that no browser's code is in.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from './support/processes.mjs';
import { environment, root } from './support/sink.mjs';
import { scene } from './support/suite.mjs';

const viewer = fileURLToPath(new URL('support/werift_viewer.mjs', import.meta.url));

scene('werift plays, and messages go both ways', async (bench) => {
  const chat = new Program('/usr/bin/python3', [path.join(root, 'pipelines', 'chat.py'), 'listen://127.0.0.1:0', '0'],
    environment, 'pipe');
  bench.later(() => chat.stop());
  const [, url] = await chat.says(/Open (\S+)/);
  const [, sink] = /<webcast-player src="([^"]+)"/.exec(await (await fetch(url)).text());
  const werift = new Program(process.execPath, [viewer, `${sink}/whep/live`]);
  bench.later(() => werift.stop());
  await werift.says(/packets/);
  await chat.says(/Hello from werift/);
  chat.write('Welcome, werift\n');
  await werift.says(/heard .*Welcome, werift/);
});
