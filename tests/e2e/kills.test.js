'use strict';
// kill -9 at random moments, under load. In the end all is as if nothing had happened.
//   UVD_KILLS  how often (50 for the full run)
//   UVD_SEED   the moments of an earlier run

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld, World, STATES } = require('./lib/world');
const { releaseBinary, binary } = require('./lib/daemon');
const { until, pause } = require('./lib/until');
const { checkIdsAreUnique } = require('./lib/check');
const state = require('./lib/state');

const KILLS = Number(process.env.UVD_KILLS || 12);
const SEED = Number(process.env.UVD_SEED || Date.now() % 1000000);
const T0 = Date.parse('2024-01-01T00:00:00Z');

/** `n` domains, every tenth lapsed. */
function manyDomains(n, stem) {
  const domains = {};
  for (let i = 0; i < n; i += 1) {
    domains[`${stem}-${i}.com`] = i % 10 ? 'delegated'
      : ['redemption', 'pending_delete', 'released'][(i / 10) % 3];
  }
  return domains;
}

const time = (k) => new Date(T0 + k * 1000).toISOString();

/**
 * Event number k of a story whose end does not depend on who is faster: what is removed,
 * changed or verified again lies at domains that are alive. [subject, body, id]
 */
function eventOf(k, names) {
  const event = (name, body) => [`account.${name}`, body, `k${k}`];
  const d = (k * 7) % names.length;
  const alive = names[d - (d % 10) + 1 + (k % 9)];
  if (k % 50 === 6) return event('email.verified', { account: k }); // a dead letter
  switch (k % 10) {
    case 7: return event('email.verified', { account: k, email: `u${k}@${alive}`, time: time(k) });
    case 8: // the one just before, again or no longer
      return k % 20 === 8
        ? event('email.removed', { account: k - 1, email: eventOf(k - 1, names)[1].email })
        : event('email.verified', { ...eventOf(k - 1, names)[1], time: time(k) });
    case 9: return k % 20 === 9 ? event('mfa.changed', { account: k - 2, mfa: true })
      : event('deleted', { account: k - 2 });
    default: return event('email.verified',
      { account: k, email: `u${k}@${names[d]}`, mfa: k % 2 === 0, time: time(k) });
  }
}

/** The messages that are due after these events, as "subject account email". */
function due(events, domains) {
  const keys = [];
  for (const [subject, { account, email }] of events) {
    const { phase } = STATES[email ? domains[email.split('@')[1]] : 'delegated'];
    if (subject === 'account.email.verified' && phase) {
      keys.push(`email.unverify ${account} ${email}`);
      if (phase === 'released') keys.push(`email.block_reset ${account} ${email}`);
    }
  }
  return keys.sort();
}

/** A world without any fault takes in the same events: its digest. */
async function undisturbed(domains, events, program) {
  const w = await World.create(domains);
  try {
    await w.start({}, { program });
    await state.publishAll(w, events, { group: 10 });
    await state.acknowledged(w);
    await settled(w, domains);
    return await state.stop(w);
  } finally {
    await w.close();
  }
}

/** Every lapsed domain has said what it has become, and all of it was said. */
async function settled(w, domains) {
  const lapsed = Object.values(domains).filter((s) => STATES[s].phase).length;
  const ends = new Set(Object.values(STATES).map((s) => s.phase).filter(Boolean));
  await until(() => `${lapsed} domains have lapsed`, async () => new Set(
    (await w.all('email.domain.phase')).filter((m) => ends.has(m.body.to))
      .map((m) => m.body.domain)).size >= lapsed, 60000);
}

/**
 * Publish under load and disturb it `times` times; `disturb(k)` does the k-th. Gives the
 * events that were published, in the order of their numbers.
 */
async function underLoad(w, names, random, times, disturb) {
  const tens = []; // those published, in groups of ten
  let enough = false;
  let published = 0;
  // Numbers of one account go through one lane, so their order holds.
  const lane = async (first) => {
    for (let ten = first; !enough; ten += 8) {
      for (let k = ten * 10; k < ten * 10 + 10; k += 1) {
        const [subject, body, id] = eventOf(k, names);
        await w.publishSurely(subject, body, id);
        published += 1;
      }
      tens.push(ten);
      await pause(5); // a load that the bus's death doesn't drown in
    }
  };
  const publishing = Promise.all(Array.from({ length: 8 }, (_, i) => lane(i)));
  for (let k = 0; k < times; k += 1) {
    const mark = published + 50 + Math.floor(random() * 500);
    await until(`${mark} events are published`, () => published >= mark, 60000);
    await pause(random() * 200); // the moment itself is at random
    await disturb(k);
  }
  const atLast = published;
  await until('there was load behind the last kill', () => published > atLast, 60000);
  enough = true;
  await publishing;
  return tens.sort((a, b) => a - b)
    .flatMap((ten) => Array.from({ length: 10 }, (_, i) => eventOf(ten * 10 + i, names)));
}

/** Everything that was due was said once, and nothing else. */
async function checkMessages(w, events, domains) {
  const all = await w.all('email.>');
  checkIdsAreUnique(all);
  const addressed = all.filter((m) => !m.subject.startsWith('email.domain'));
  assert.deepEqual(addressed.map((m) => `${m.subject} ${m.body.account} ${m.body.email}`)
    .sort(), due(events, domains), 'each due message once, and no other');
  const dead = events.filter(([, body]) => Object.keys(body).length === 1
    && body.account % 50 === 6).map(([, { account }]) => account);
  assert.deepEqual((await w.all('unverifyd.invalid', 'UNVERIFYD_INVALID'))
    .map((m) => JSON.parse(m.data).account).sort((a, b) => a - b), dead,
  'each dead letter once');
  return all;
}

test(`kill -9, ${KILLS} times, of unverifyd and the bus in turn (UVD_SEED=${SEED})`, async (t) => {
  const program = KILLS > 20 ? releaseBinary() || binary() : binary();
  const domains = manyDomains(1000, 'ember');
  const random = state.chance(SEED);
  let events;
  let positions = [];
  let before;
  await inWorld(domains, async (w) => {
    await w.start({}, { program });
    events = await underLoad(w, Object.keys(domains), random, KILLS, async (kill) => {
      const readAt = state.said(w.daemon, 'restore', 'read', 'position');
      if (readAt !== undefined) positions.push(readAt);
      if (kill % 2 === 0) {
        await w.daemon.kill();
        w.launch({}, { program });
      } else {
        await w.nats.kill();
        await w.nats.start();
      }
    });
    await state.digest(w.daemon, 'loaded');
    await state.acknowledged(w);
    await settled(w, domains);
    before = await state.stop(w);

    const all = await checkMessages(w, events, domains);
    assert.equal(await state.restart(w, {}, { program }), before);
    assert.equal(await state.stop(w), before);
    assert.deepEqual(state.messageKeys(await w.all('email.>')), state.messageKeys(all));
    positions = [...new Set(positions)];
    assert.ok(positions.length > KILLS / 6, `it got on between kills: ${positions}`);
    t.diagnostic(`${events.length} events, ${all.length} messages, restarts at`
      + ` ${positions.length} positions, digest ${before}`);
  });
  assert.equal(await undisturbed(domains, events, program), before,
    'the digest is that of a run without any kill');
});

/** Who holds the lease now: the process id in its note; undefined without one. */
async function ownerPid(w) {
  const notes = await w.all('>', 'UNVERIFYD_OWNER');
  return notes.length > 0 ? JSON.parse(notes.pop().data).pid : undefined;
}

test(`the owner of two is ended, ${KILLS} times, and its heir goes on (UVD_SEED=${SEED})`, async (t) => {
  const domains = manyDomains(1000, 'ashes');
  const random = state.chance(SEED + 1);
  let events;
  let before;
  let takenOver = 0;
  await inWorld(domains, async (w) => {
    await w.start();
    let pair = [w.daemon, w.launch()];
    // Killed or stopped; another one is started beside its heir.
    events = await underLoad(w, Object.keys(domains), random, KILLS, async (k) => {
      const pid = await ownerPid(w);
      const owner = pair.find((d) => d.pid === pid);
      if (owner === undefined) return; // nobody, for the moment
      const heir = pair.find((d) => d !== owner);
      if (k % 3 === 1) assert.equal((await owner.stop()).code, 0);
      else await owner.kill();
      takenOver += 1;
      pair = [heir, w.launch()];
    });
    let owner;
    await until('one of them is the owner and has read all', async () => {
      const pid = await ownerPid(w);
      owner = pair.find((d) => d.pid === pid);
      return owner !== undefined && /when=loaded/.test(owner.log);
    }, 60000);
    w.daemon = owner;
    await state.acknowledged(w);
    await settled(w, domains);
    const heir = pair.find((d) => d !== owner);
    before = await state.stop(w);
    assert.equal(await state.digest(heir, 'loaded'), before, 'the last heir knows it all');
    w.daemon = heir;
    assert.equal(await state.stop(w), before);
    await checkMessages(w, events, domains);
    assert.ok(takenOver > KILLS / 2, `${takenOver} owners were ended`);
    t.diagnostic(`${events.length} events, ${takenOver} owners, digest ${before}`);
  });
  assert.equal(await undisturbed(domains, events, binary()), before,
    'the digest is that of a run without any kill');
});
