'use strict';
// A bus, DNS, a status API, unverifyd between them, and a client that shares no code with it.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { connect, headers, AckPolicy, DeliverPolicy } = require('nats');
const { decode } = require('@msgpack/msgpack');
const { Nats, Dns, StatusApi } = require('./servers');
const { Daemon } = require('./daemon');
const { freePort } = require('./process');
const { until, pause } = require('./until');

// What a registry would say of a domain in each state, and what DNS says meanwhile. `phase`
// is that of the message which is due; none is due without.
const STATES = {
  delegated: { dns: 'delegated' },
  redemption: { dns: 'absent', words: 'undelegated active expiring', phase: 'redemption' },
  pending_delete: { dns: 'absent', words: 'undelegated deleting', phase: 'pending_delete' },
  released: { dns: 'absent', words: 'undelegated inactive', phase: 'released' },
  no_data: { dns: 'no_data', words: 'undelegated active expiring', phase: 'redemption' },
  // alive until a test takes it out of DNS
  lapses_later: { dns: 'delegated', words: 'undelegated deleting', phase: 'pending_delete' },
  // in DNS, with the name servers that expired names are given
  parked_expiring: { dns: 'parked', words: 'active expiring', phase: 'redemption' },
  parked_active: { dns: 'parked', words: 'active parked' },
  held: { dns: 'absent', words: 'undelegated active' },
  unknown: { dns: 'absent', words: 'unknown' },
  only_undelegated: { dns: 'absent', words: 'undelegated' },
  throttled: { dns: 'absent', words: 'fails-429' },
  api_down: { dns: 'absent', words: 'fails-500' },
  api_errors: { dns: 'absent', words: 'fails-errors' },
  api_empty: { dns: 'absent', words: 'fails-empty' },
  api_html: { dns: 'absent', words: 'fails-html' },
  broken: { dns: 'broken' },
  // of a name like *.ws: its registry answers for every name
  wildcard: { dns: 'wildcard' },
};

class World {
  /** `domains`: { name: a key of STATES }. */
  static async create(domains, { jetstream = true } = {}) {
    const world = new World();
    world.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'unverifyd-e2e-'));
    world.daemons = [];
    world.daemonEnded = new Promise((_, fail) => { world.onDaemonEnd = fail; });
    world.daemonEnded.catch(() => {});
    world.httpPort = await freePort();
    try {
      const states = Object.entries(domains);
      world.nats = await (await Nats.create(world.dir, { jetstream })).start();
      world.dns = await Dns.start(world.dir, states.map(([name, s]) => [name, STATES[s].dns]));
      world.api = await StatusApi.start(world.dir,
        states.filter(([, s]) => STATES[s].words).map(([name, s]) => [name, STATES[s].words]));
      await world.connect();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  async connect() {
    this.nc = await connect({
      servers: this.nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50, timeout: 5000,
    });
    this.js = this.nc.jetstream({ timeout: 5000 });
  }

  async close() {
    for (const daemon of this.daemons) await daemon.kill();
    if (this.nc) await this.nc.close();
    for (const server of [this.nats, this.dns, this.api]) if (server) await server.stop();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  // unverifyd ----------------------------------------------------------------------------

  settings(extra = {}) {
    return {
      'nats.url': this.nats.url,
      'dns.servers': this.dns.address,
      'status.provider': 'domainr',
      'status.url': this.api.url,
      'status.key': this.api.key,
      'status.rate': '1000/s',
      'status.burst': 100,
      'policy.confirm_hours': 0,
      'policy.max_unverify_per_hour': 1000000,
      'policy.max_unverify_share': 1,
      'http.listen': `127.0.0.1:${this.httpPort}`,
      ...extra,
    };
  }

  /** Start unverifyd; not waited for. */
  launch(extra, options = {}) {
    const env = { SSL_CERT_FILE: this.api.ca, ...options.env };
    const daemon = new Daemon(this.dir, this.settings(extra), { ...options, env });
    this.daemons.push(daemon);
    this.daemon = daemon;
    daemon.child.exited.then((status) => {
      if (!daemon.child.isStopping) {
        this.onDaemonEnd(new Error(`unverifyd ended by itself: ${JSON.stringify(status)}`));
      }
    });
    return daemon;
  }

  /** Start unverifyd and wait until it takes events. */
  async start(extra = {}, options = {}) {
    const daemon = this.launch(extra, options);
    const stream = options.stream || extra['events.stream'] || 'ACCOUNTS';
    await until(() => `unverifyd reads ${stream}; its log:\n${daemon.child.tail()}`, async () => {
      if (!daemon.isRunning) throw new Error(`unverifyd ended:\n${daemon.child.tail()}`);
      return (await this.consumers(stream)).length > 0;
    });
    return daemon;
  }

  // The client's side --------------------------------------------------------------------

  /** Publish with an acknowledgement. Objects go as JSON; bytes as they are. */
  async publish(subject, body, { header = {}, msgID } = {}) {
    const h = headers();
    Object.entries(header).forEach(([name, value]) => h.set(name, value));
    const bytes = body instanceof Uint8Array ? body
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    return this.js.publish(subject, bytes, { headers: h, msgID });
  }

  /** Publish until it is confirmed, whatever the server does; the id keeps it single. */
  async publishSurely(subject, body, msgID) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.js.publish(subject, JSON.stringify(body), { msgID, timeout: 1000 });
      } catch (error) {
        if (tries > 120) throw error;
        await pause(50); // the server may be gone for a moment
      }
    }
  }

  /** The everyday event. */
  async verified(account, email, fields = {}) {
    return this.publish('account.email.verified', { account, email, ...fields });
  }

  async manager() {
    if (!this.jsm) this.jsm = await this.nc.jetstreamManager({ timeout: 5000 });
    return this.jsm;
  }

  async streamNames() {
    const names = [];
    for await (const info of (await this.manager()).streams.list()) names.push(info.config.name);
    return names.sort();
  }

  async consumers(stream) {
    const found = [];
    try {
      for await (const c of (await this.manager()).consumers.list(stream)) found.push(c);
    } catch { /* no such stream yet */ }
    return found;
  }

  /** Wait until unverifyd has been handed everything that is in the stream of events. */
  async handedOver(stream = 'ACCOUNTS') {
    await until(`all of ${stream} was handed over`, async () => {
      const { state } = await (await this.manager()).streams.info(stream);
      return (await this.consumers(stream))
        .some((c) => c.delivered.stream_seq >= state.last_seq);
    });
  }

  /** How many messages a stream holds below a subject. */
  async count(filter, stream = 'UNVERIFY') {
    try {
      const info = await (await this.manager()).streams.info(stream, { subjects_filter: filter });
      return Object.values(info.state.subjects || {}).reduce((a, b) => a + b, 0);
    } catch (error) {
      if (/stream not found/.test(error.message)) return 0;
      throw error;
    }
  }

  /** Everything a stream holds below a subject, in order. */
  async all(filter, stream = 'UNVERIFY') {
    const wanted = await this.count(filter, stream);
    if (wanted === 0) return [];
    const manager = await this.manager();
    const { name } = await manager.consumers.add(stream, {
      filter_subject: filter, ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.All,
      inactive_threshold: 10e9,
    });
    const consumer = await this.js.consumers.get(stream, name);
    const found = [];
    for await (const m of await consumer.fetch({ max_messages: wanted, expires: 30000 })) {
      found.push(readMessage(m));
      if (found.length === wanted) break;
    }
    await manager.consumers.delete(stream, name);
    return found;
  }

  /** Wait for `n` messages below a subject, and give them all. */
  async messages(filter, n, { stream = 'UNVERIFY', limitMs = 30000 } = {}) {
    let have = 0;
    await until(() => `${n} messages on ${filter}, there are ${have}`, async () => {
      if (this.daemon && !this.daemon.isRunning) throw new Error('unverifyd has ended');
      have = await this.count(filter, stream);
      return have >= n;
    }, limitMs);
    return this.all(filter, stream);
  }

  /**
   * Wait until everything that was published before has had its effect: an address at a
   * domain that is free for anyone comes out at the other end. `domain` must be `released`
   * and new to unverifyd. What it causes is returned, so that it can be told apart.
   */
  async fence(domain) {
    const account = `fence-${domain}`;
    await this.verified(account, `fence@${domain}`);
    await until(`the fence ${domain}`, async () => (await this.all('email.block_reset'))
      .some((m) => m.body.account === account), 30000);
    return account;
  }
}

function readMessage(m) {
  const header = {};
  if (m.headers) for (const name of m.headers.keys()) header[name] = m.headers.get(name);
  const type = header['Content-Type'] || '';
  let body; // of our own messages; a dead letter's body is whatever somebody sent
  if (m.subject.startsWith('unverifyd.')) body = undefined;
  else if (type === 'application/json') body = JSON.parse(Buffer.from(m.data).toString());
  else if (type === 'application/vnd.msgpack') body = decode(m.data);
  return { subject: m.subject, seq: m.seq, header, data: Buffer.from(m.data), body };
}

/**
 * Run a test in a world of its own. Whatever happens, the world ends with it; when the test
 * fails, or unverifyd ends unasked, the log of unverifyd is shown.
 */
async function inWorld(domains, run, options) {
  const world = await World.create(domains, options);
  try {
    await Promise.race([run(world), world.daemonEnded]);
  } catch (error) {
    for (const daemon of world.daemons) {
      console.error(`--- unverifyd (pid ${daemon.pid}, ${JSON.stringify(daemon.child.status)}):`);
      console.error(daemon.child.tail());
    }
    throw error;
  } finally {
    await world.close();
  }
}

module.exports = { World, inWorld, readMessage, STATES };
