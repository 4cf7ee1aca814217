// What the test files share: a browser a file, a watchdog a test, a sink and players a test.

import { after, before, test } from 'node:test';
import { browsers } from './browsers.mjs';
import { Player } from './player.mjs';
import { Proxy } from './proxy.mjs';
import { Sink } from './sink.mjs';

const kWatchdog = 120000;

/**
 * Launches these browsers before the file's tests and closes them afterwards.
 * @param {...('chromium'|'firefox')} names
 * @returns {Record<string, import('puppeteer-core').Browser>}
 */
export function launch(...names) {
  const launched = {};
  before(async () => {
    for (const name of names) launched[name] = await browsers[name]();
  }, { timeout: kWatchdog });
  after(async () => {
    await Promise.all(Object.values(launched).map((browser) => browser.close()));
  }, { timeout: kWatchdog });
  return launched;
}

/** Ends what the test started, in reverse order, whatever became of the test. */
class Bench {
  #ends = [];

  /** @param {() => Promise<any>} end */
  later(end) {
    this.#ends.push(end);
  }

  /** @param {string} pipeline @param {Parameters<typeof Sink.start>[1]} [options] */
  async sink(pipeline, options) {
    const sink = await Sink.start(pipeline, options);
    this.later(() => sink.stop());
    return sink;
  }

  /** @param {import('puppeteer-core').Browser} browser @param {string} url */
  async player(browser, url) {
    const player = await Player.open(browser, url);
    this.later(() => player.close());
    return player;
  }

  /** A TCP proxy before a port of this machine. @param {number} port */
  async proxy(port) {
    const proxy = await Proxy.start(port);
    this.later(() => proxy.stop());
    return proxy;
  }

  async clear() {
    const errors = [];
    for (const end of this.#ends.reverse()) await end().catch((error) => errors.push(error));
    if (errors.length) throw errors[0];
  }
}

/**
 * A test with its own sinks and players, all ended afterwards.
 * @param {string} promise @param {(bench: Bench) => Promise<void>} run
 */
export function scene(promise, run) {
  test(promise, { timeout: kWatchdog }, async () => {
    const bench = new Bench();
    let failure;
    await run(bench).catch((error) => {
      failure = error;
    });
    await bench.clear().catch((error) => {
      failure ??= error;
    });
    if (failure) throw failure;
  });
}
