// Child processes that a test owns: each ends with its test, and with this process at the latest.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A secret of these tests, or a signed token: see tests/support/secrets.hpp. */
export const secrets = /s3cret|eyJhbGciOi/;

/** Rejects when `promise` takes longer than `ms`. */
export async function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what()}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const firstPort = 20000;
const endOfPorts = 32000;
let nextPort = process.pid * 16; // far from those of the process with the next number

async function isFree(port) {
  const server = net.createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/**
 * For a program that cannot say which port it took. Below those that the system gives to whoever
 * asks for any (from 32768): none of them takes it before the program binds it.
 */
export async function freePort() {
  for (let tried = firstPort; tried < endOfPorts; tried++) {
    const port = firstPort + nextPort++ % (endOfPorts - firstPort);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

/** A running program, with all that it has printed. */
export class Program {
  output = '';
  #child;
  #exited;
  #waiting = new Set();

  /** @param {'ignore'|'pipe'} input  pipe: write() reaches it */
  constructor(command, args, env = {}, input = 'ignore') {
    this.command = [command, ...args].join(' ');
    this.#child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: [input, 'pipe', 'pipe'],
    });
    running.add(this.#child);
    this.#exited = once(this.#child, 'exit').then(([code, signal]) => {
      running.delete(this.#child);
      this.ended = { code, signal };
      for (const check of this.#waiting) check();
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text;
        for (const check of this.#waiting) check();
      });
    }
  }

  /** To its standard input. @param {string} text */
  write(text) {
    this.#child.stdin.write(text);
  }

  /** The first match of `pattern` in the output, once it is there. */
  async says(pattern, ms = 30000) {
    let check = () => {};
    const said = new Promise((resolve, reject) => {
      check = () => {
        const match = pattern.exec(this.output);
        if (match) resolve(match);
        else if (this.ended) reject(new Error(`${this.command} ended: ${this.output}`));
      };
      check();
    });
    this.#waiting.add(check);
    try {
      return await within(ms, said, () => `${pattern} from ${this.command}: ${this.output}`);
    } finally {
      this.#waiting.delete(check);
    }
  }

  /** Ends it: by `signal`, then by force. It has told no secret. */
  async stop(signal = 'SIGINT') {
    if (!this.ended) this.#child.kill(signal);
    await within(15000, this.#exited, () => `the end of ${this.command}`).catch(async () => {
      this.#child.kill('SIGKILL');
      await this.#exited;
    });
    assert.ok(!secrets.test(this.output), 'a secret in what a program says');
    return this.ended;
  }

  /** It ends by itself. */
  async end(ms = 30000) {
    await within(ms, this.#exited, () => `the end of ${this.command}: ${this.output}`);
    return this.ended;
  }
}
