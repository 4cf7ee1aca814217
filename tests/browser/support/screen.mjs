// A screen of Xvfb with real windows on it: a clock, and a terminal that walks about.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Program } from './processes.mjs';

export const screenSize = { width: 640, height: 480 };

// The terminal moves itself by the escape sequence for that (there is no window manager).
const kWalk = `#!/bin/sh
while :; do
  for x in 20 80 140 200 260 320 380; do
    printf '\\033[3;%d;240t' "$x"
    date
    sleep 0.3
  done
done
`;

export class Screen {
  #programs = [];
  #folder = '';

  static async start() {
    const screen = new Screen();
    screen.#folder = await mkdtemp(path.join(tmpdir(), 'webcast-screen-'));
    const { width, height } = screenSize;
    // It chooses a free display and prints its number.
    const server = new Program('Xvfb', ['-displayfd', '1', '-screen', '0', `${width}x${height}x24`,
      '-nolisten', 'tcp', '-br']);
    screen.#programs.push(server);
    const [, number] = await server.says(/^(\d+)\s*$/m);
    screen.display = `:${number}`;
    const walk = path.join(screen.#folder, 'walk.sh');
    await writeFile(walk, kWalk);
    const env = { DISPLAY: screen.display };
    screen.#programs.push(
      new Program('xclock', ['-update', '1', '-geometry', '160x160+20+20', '-bg', '#0000ff'], env),
      new Program('xterm', ['-xrm', 'XTerm*allowWindowOps: true', '-geometry', '24x6+20+240',
        '-bg', '#ff0000', '-fg', '#ffffff', '-b', '0', '-e', 'sh', walk], env));
    return screen;
  }

  async stop() {
    for (const program of this.#programs.reverse()) await program.stop('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }
}
