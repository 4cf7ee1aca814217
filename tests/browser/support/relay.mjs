// webcast-relay, and webcastsink that publishes through one, each as its user starts it.

import path from 'node:path';
import { Program } from './processes.mjs';
import { Sink, build, environment } from './sink.mjs';

const kPatience = 30000;

export class Relay extends Program {
  url = '';

  /** @param {{port?: number, options?: string[]}} [settings] port 0: a free one */
  static async start({ port = 0, options = [] } = {}) {
    const relay = new Relay(path.join(build, 'signaling', 'webcast-relay'),
      ['--listen', `127.0.0.1:${port}`, ...options]);
    const [, url] = await relay.says(/listens on (\S+)/);
    relay.url = url;
    return relay;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  get location() {
    return this.url.replace(/^http/, 'ws');
  }
}

/** A publisher is connected before its stream is there, and a relay without any shows its list. */
async function listed(relay, name) {
  const url = new URL('/api/streams', relay.location.replace(/^ws/, 'http'));
  for (const deadline = Date.now() + kPatience; Date.now() < deadline;) {
    const { streams } = await (await fetch(url, { headers: { connection: 'close' } })).json();
    if (streams.some((stream) => stream.name === name)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} is not in ${url}`);
}

export class Publisher extends Sink {
  /** Waits until the stream is at the relay. @param {Relay} relay @param {string} pipeline */
  static async start(relay, pipeline, properties = '') {
    const words = `webcastsink name=s location=${relay.location} ${properties} ${pipeline}`;
    const publisher = new Publisher('gst-launch-1.0', ['-m', ...words.trim().split(/\s+/)], environment);
    await publisher.says(/webcast-signaling-state.*state=\(string\)"?connected/);
    await listed(relay, /\bstream=(\S+)/.exec(properties)?.[1] ?? 'live');
    return publisher;
  }
}
