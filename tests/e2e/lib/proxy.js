'use strict';
// A wire between unverifyd and the bus that can be watched, held and cut.

const net = require('node:net');

class Proxy {
  /** Listens; each connection goes on to `port`. */
  static async start(port) {
    const proxy = new Proxy();
    proxy.pairs = new Set();
    proxy.isHeld = false; // what the server says is kept back
    proxy.isOpen = true; // new connections are taken
    proxy.watch = null; // (text) => true: let it through; called with what unverifyd says
    proxy.server = net.createServer((near) => proxy.#join(near, net.connect(port, '127.0.0.1')));
    await new Promise((done) => { proxy.server.listen(0, '127.0.0.1', done); });
    proxy.url = `nats://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  #join(near, far) {
    const pair = { near, far, kept: [] };
    this.pairs.add(pair);
    const end = () => { near.destroy(); far.destroy(); this.pairs.delete(pair); };
    for (const socket of [near, far]) socket.on('close', end).on('error', end);
    if (!this.isOpen) { end(); return; }
    near.on('data', (data) => {
      if (!this.watch || this.watch(data.toString('latin1'))) far.write(data);
    });
    far.on('data', (data) => {
      if (this.isHeld) pair.kept.push(data);
      else near.write(data);
    });
  }

  /** From now on nothing that the server says arrives. */
  hold() { this.isHeld = true; }

  /** Cut every connection, and take no new one until `open`. What was held is lost. */
  cut() {
    this.isOpen = false;
    for (const { near, far } of this.pairs) { near.destroy(); far.destroy(); }
  }

  open() {
    this.isHeld = false;
    this.isOpen = true;
  }

  close() {
    this.cut();
    this.server.close();
  }
}

module.exports = { Proxy };
