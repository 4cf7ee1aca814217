// A web site of somebody else: one page, and npm packages that nobody here wrote for its scripts.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { once } from 'node:events';

const { resolve } = createRequire(import.meta.url);
const scripts = {
  '/api.js': path.join(path.dirname(resolve('gstwebrtc-api')), 'gstwebrtc-api-3.0.0.min.js'),
  '/whep.js': resolve('whip-whep/whep.js'),
  '/whip.js': resolve('whip-whep/whip.js'),
};

export class Site {
  #server;

  static async start() {
    const site = new Site();
    const files = new Map();
    for (const [url, file] of Object.entries(scripts)) files.set(url, await readFile(file));
    site.#server = createServer((request, reply) => {
      if (files.has(request.url)) {
        reply.setHeader('Content-Type', 'text/javascript').end(files.get(request.url));
      } else {
        reply.setHeader('Content-Type', 'text/html')
          .end('<!doctype html><title>A page</title><script src="/api.js"></script>');
      }
    });
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
