// A TCP proxy before the sink, whose connections can be cut as a bad network cuts them.

import { once } from 'node:events';
import net from 'node:net';

export class Proxy {
  accepted = 0;
  #sockets = new Set();
  #server;

  static async start(port) {
    const proxy = new Proxy();
    proxy.#server = net.createServer((near) => proxy.#join(near, net.connect(port, '127.0.0.1')));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/`;
  }

  /** No close frame, no goodbye: both ends see a reset. */
  cut() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Waits until `count` connections came since the start. */
  async accepts(count) {
    while (this.accepted < count) await once(this.#server, 'connection');
  }

  async stop() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near, far) {
    this.accepted++;
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
