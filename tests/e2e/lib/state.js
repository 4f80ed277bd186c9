'use strict';
// What lasts: the log, the snapshot, what the program says of its state.

const { until } = require('./until');
const { binary } = require('./daemon');
const { execFileSync } = require('node:child_process');

const LOG = 'UNVERIFYD_LOG';
const SNAP = 'UNVERIFYD_SNAP';

/** The digest the daemon logged: `when` is 'loaded' (waited for) or 'stopping'. */
async function digest(daemon, when, limitMs = 60000) {
  const regex = new RegExp(`comp=core event=digest when=${when} digest=([0-9a-f]{16})`);
  if (when === 'loaded') await daemon.logs(regex, limitMs);
  const match = regex.exec(daemon.log);
  if (!match) throw new Error(`no digest (${when}) in the log:\n${daemon.child.tail()}`);
  return match[1];
}

/** Start it again and wait until its state is read; gives its digest. */
async function restart(w, extra, options) {
  w.launch(extra, options);
  return digest(w.daemon, 'loaded');
}

/** A clean stop; gives the digest. */
async function stop(w) {
  const status = await w.daemon.child.stop('SIGTERM', 40000);
  if (status.code !== 0) throw new Error(`the stop was not clean: ${JSON.stringify(status)}`);
  return digest(w.daemon, 'stopping');
}

/** A count of the last line of totals. */
function total(daemon, name) {
  const lines = daemon.log.split('\n').filter((line) => line.includes('event=totals'));
  const match = new RegExp(` ${name}=(\\d+)`).exec(lines.pop() || '');
  if (!match) throw new Error(`no ${name} in the totals`);
  return Number(match[1]);
}

/** A number of the newest line `comp=.. event=..`; undefined without one. */
function said(daemon, comp, event, name) {
  const found = daemon.log.split('\n')
    .filter((line) => line.includes(`comp=${comp} event=${event} `));
  const match = new RegExp(` ${name}=(\\d+)`).exec(found.pop() || '');
  return match ? Number(match[1]) : undefined;
}

async function info(w, stream) {
  return (await w.manager()).streams.info(stream);
}

/** Change a stream's configuration. */
async function configure(w, stream, changes) {
  const { config } = await info(w, stream);
  await (await w.manager()).streams.update(stream, { ...config, ...changes });
}

/** It takes `more` messages and then refuses. */
async function fill(w, stream, more = 0) {
  const { state } = await info(w, stream);
  if (state.messages + more === 0) throw new Error('a limit of 0 would be none');
  await configure(w, stream, { discard: 'new', max_msgs: state.messages + more });
}

const lift = (w, stream) => configure(w, stream, { max_msgs: -1, max_bytes: -1 });

/** Up to where the events are acknowledged. */
async function ackFloor(w) {
  const [consumer] = await w.consumers('ACCOUNTS');
  return consumer ? consumer.ack_floor.stream_seq : 0;
}

/**
 * Everything in the stream of events is acknowledged. (A consumer made anew behind the last
 * event has delivered it, for the server, and has nothing to acknowledge.)
 */
async function acknowledged(w, limitMs = 60000) {
  await until(() => `all events are acknowledged; unverifyd:\n${w.daemon.child.tail(20)}`,
    async () => {
      const last = (await info(w, 'ACCOUNTS')).state.last_seq;
      const [c] = await w.consumers('ACCOUNTS');
      return c && c.delivered.stream_seq >= last && c.num_ack_pending === 0;
    }, limitMs);
}

/** All bytes of a stream's messages, headers too, as one text. */
async function bytesOf(w, stream) {
  return (await w.all('>', stream))
    .map((m) => `${JSON.stringify(m.header)}${m.data.toString('latin1')}`).join('\n');
}

/** What `unverifyd decode` makes of some bytes. */
function decodeFacts(data) {
  return execFileSync(binary(), ['decode'], { input: data }).toString();
}

/** Publish many events, each surely; `group` of them in a row stay in order. */
async function publishAll(w, events, { lanes = 10, group = 1 } = {}) {
  const lane = async (first) => {
    for (let at = first * group; at < events.length; at += lanes * group) {
      for (const [subject, body, id] of events.slice(at, at + group)) {
        await w.publishSurely(subject, body, id);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, i) => lane(i)));
}

/** Whom each message is about, and its id: "subject account email id". */
function messageKeys(messages) {
  return messages.map((m) => [m.subject, m.body.account, m.body.email || m.body.domain,
    m.header['Nats-Msg-Id']].join(' ')).sort();
}

/** Numbers that look random and come again with the same seed (mulberry32). */
function chance(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

module.exports = {
  LOG, SNAP, digest, restart, stop, total, said, info, configure, fill, lift, ackFloor,
  acknowledged, bytesOf, decodeFacts, publishAll, messageKeys, chance,
};
