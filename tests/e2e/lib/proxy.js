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
    proxy.watch = null; // (text) => how many characters of what unverifyd says go through
    proxy.server = net.createServer((near) => proxy.#join(near, net.connect(port, '127.0.0.1')));
    await new Promise((done) => { proxy.server.listen(0, '127.0.0.1', done); });
    proxy.url = `nats://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  #join(near, far) {
    const pair = { near, far, kept: [] };
    this.pairs.add(pair);
    // What was said before an end still arrives.
    near.on('close', () => { far.end(); this.pairs.delete(pair); });
    far.on('close', () => near.end());
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    if (!this.isOpen) { near.destroy(); return; }
    near.on('data', (data) => {
      far.write(this.watch ? data.subarray(0, this.watch(data.toString('latin1'))) : data);
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
