'use strict';
// A child process in a group of its own, whose output is kept, and which never outlives us.

const { spawn } = require('node:child_process');
const dgram = require('node:dgram');
const net = require('node:net');
const { until } = require('./until');

const alive = new Set();
process.on('exit', () => alive.forEach((child) => child.signal('SIGKILL')));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => process.exit(1));

class Child {
  constructor(command, args, options = {}) {
    this.name = command.split('/').pop();
    this.output = '';
    // Debian keeps servers in sbin, which a plain user's PATH lacks.
    const env = options.env || { ...process.env };
    env.PATH = `${env.PATH || '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`;
    this.process = spawn(command, args, {
      ...options, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'],
    });
    alive.add(this);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => { this.output += text; });
    }
    this.exited = new Promise((done) => {
      this.process.on('error', (error) => {
        this.output += `${error}\n`;
        this.status = { code: null, signal: null, error };
        alive.delete(this);
        done(this.status);
      });
      this.process.on('close', (code, signal) => {
        this.status = { code, signal };
        alive.delete(this);
        done(this.status);
      });
    });
  }

  get pid() { return this.process.pid; }

  get isRunning() { return this.status === undefined; }

  /** To the whole group: servers have workers. */
  signal(name) {
    if (!this.pid || !this.isRunning) return;
    try { process.kill(-this.pid, name); } catch { /* gone already */ }
  }

  /** Ask it to end, insist after a while, and give its exit status. */
  async stop(signal = 'SIGTERM', limitMs = 15000) {
    this.isStopping = true;
    this.signal('SIGCONT');
    this.signal(signal);
    const insist = setTimeout(() => this.signal('SIGKILL'), limitMs);
    const status = await this.exited;
    clearTimeout(insist);
    return status;
  }

  /** The end of its output; a sanitizer's maps of memory say nothing to a reader. */
  tail(lines = 60) {
    return this.output.split('\n')
      .filter((line) => !/^(=>|  )0x|^ .*: +[0-9a-f]{2}\b|^(Shadow byte|  Addressable)/.test(line))
      .slice(-lines - 1).join('\n');
  }
}

/** Free for TCP on loopback at this moment? */
function isFreeTcp(port) {
  return new Promise((done) => {
    const server = net.createServer();
    server.on('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

function isFreeUdp(port) {
  return new Promise((done) => {
    const socket = dgram.createSocket('udp4');
    socket.on('error', () => { socket.close(); done(false); });
    socket.bind(port, '127.0.0.1', () => socket.close(() => done(true)));
  });
}

/** A port that is free for TCP and UDP, below those the kernel gives to clients. */
async function freePort() {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = 10000 + Math.floor(Math.random() * 20000);
    if (await isFreeTcp(port) && await isFreeUdp(port)) return port;
  }
  throw new Error('no free port was found');
}

function isListening(port) {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => { socket.destroy(); done(true); });
    socket.on('error', () => done(false));
  });
}

/** Wait until a server that was just started accepts connections. */
async function listening(child, port) {
  await until(() => `${child.name} listens on ${port}; it said:\n${child.tail()}`, async () => {
    if (!child.isRunning) throw new Error(`${child.name} ended:\n${child.tail()}`);
    return isListening(port);
  });
}

module.exports = { Child, freePort, listening };
