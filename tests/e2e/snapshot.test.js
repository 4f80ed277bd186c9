'use strict';
// The registry written down: when, what is left of the log, what is left of the removed.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { releaseBinary, binary } = require('./lib/daemon');
const { until } = require('./lib/until');
const { checkIdsAreUnique } = require('./lib/check');
const state = require('./lib/state');

const { LOG, SNAP } = state;

const time = (k) => new Date(Date.parse('2024-01-01T00:00:00Z') + k * 1000).toISOString();

/** Subjects of the stream of snapshots: [generations of chunks], manifests. */
async function written(w) {
  const { state: found } = await (await w.manager()).streams.info(SNAP,
    { subjects_filter: '>' });
  const subjects = Object.keys(found.subjects || {});
  const chunks = subjects.filter((s) => /^unverifyd\.snap\.0\.\d+\.\d+$/.test(s));
  return {
    generations: [...new Set(chunks.map((s) => s.split('.')[3]))],
    chunks: chunks.length,
    manifests: (found.subjects || {})['unverifyd.snap.0.manifest'] || 0,
  };
}

test('removed addresses are gone from the bus after the next snapshot', async () => {
  const domains = { 'fuller.com': 'delegated', 'glazier.com': 'pending_delete' };
  await inWorld(domains, async (w) => {
    await w.start();
    for (const domain of Object.keys(domains)) {
      for (const who of ['stays', 'removed', 'erased']) {
        await w.verified(`account-${who}`, `local-${who}@${domain}`, { time: time(1) });
      }
    }
    await w.messages('email.unverify', 3);
    await state.acknowledged(w);
    for (const who of ['stays', 'removed', 'erased']) {
      assert.ok((await state.bytesOf(w, LOG)).includes(`local-${who}`), `${who} is in the log`);
    }
    await state.stop(w);
    assert.ok((await state.bytesOf(w, SNAP)).includes('local-removed'));
    assert.ok((await w.count('>', LOG)) <= 1, 'one message at most is left of the log');

    await state.restart(w);
    for (const domain of Object.keys(domains)) {
      await w.publish('account.email.removed',
        { account: 'account-removed', email: `local-removed@${domain}` });
    }
    await w.publish('account.deleted', { account: 'account-erased' });
    await state.acknowledged(w);
    const digest = await state.stop(w);
    assert.ok((await w.count('>', LOG)) <= 1);
    const kept = (await state.bytesOf(w, LOG)) + (await state.bytesOf(w, SNAP));
    assert.ok(kept.includes('local-stays') && kept.includes('account-stays'));
    for (const gone of ['local-removed', 'local-erased', 'account-erased', 'account-removed']) {
      assert.ok(!kept.includes(gone), `${gone} is still on the bus`);
    }
    assert.equal((await written(w)).manifests, 1);
    assert.equal(await state.restart(w), digest);
  });
});

test('a removal that has just come in is not left in the log by a stop', async () => {
  await inWorld({ 'grindstone.com': 'delegated' }, async (w) => {
    await w.start();
    for (const who of ['stays', 'removed']) {
      await w.verified(who, `local-${who}@grindstone.com`, { time: time(1) });
    }
    await state.acknowledged(w);
    await state.fill(w, LOG);
    await w.verified('late', 'local-late@grindstone.com', { time: time(2) });
    await w.daemon.logs(/comp=wal event=not_written/); // what comes now must wait
    await w.publish('account.email.removed',
      { account: 'removed', email: 'local-removed@grindstone.com' });
    await w.daemon.logs(/event=totals .* addresses=2 .* events=4 /);
    w.daemon.expectEnd();
    w.daemon.child.signal('SIGTERM');
    await w.daemon.logs(/event=draining/);
    await state.lift(w, LOG);
    assert.deepEqual(await w.daemon.child.exited, { code: 0, signal: null });
    assert.match(w.daemon.log, /comp=snapshot event=written/);
    const kept = (await state.bytesOf(w, LOG)) + (await state.bytesOf(w, SNAP));
    assert.ok(kept.includes('local-stays') && kept.includes('local-late'));
    assert.ok(!kept.includes('local-removed'));
    await state.restart(w);
    assert.match(w.daemon.log, /event=loaded domains=1 addresses=2 /);
  });
});

test('a snapshot is written while events come, and is right', async (t) => {
  const program = releaseBinary() || binary();
  const domains = {};
  for (let i = 0; i < 200; i += 1) domains[`hob-${i}.com`] = i % 20 ? 'delegated' : 'released';
  const names = Object.keys(domains);
  const ADDRESSES = 20000;
  const ROUNDS = 10;
  // Long addresses, verified again and again: the log outgrows the registry.
  const emails = (round, from) => Array.from({ length: 200 }, (_, i) => {
    const k = from + i;
    const name = names[k % 200];
    return {
      account: k,
      email: `${`a-rather-long-local-part-${k}`.padEnd(60, 'x')}@${name}`,
      mfa: (k + round) % 2 === 0,
      time: time(domains[name] === 'delegated' ? round : 0),
    };
  });
  let before;
  const fill = async (w) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const batches = Array.from({ length: ADDRESSES / 200 }, (_, i) => i);
      for (let at = 0; at < batches.length; at += 10) {
        await Promise.all(batches.slice(at, at + 10).map((i) => w.publishSurely(
          'account.snapshot', { emails: emails(round, i * 200) }, `r${round}-${i}`)));
      }
    }
  };
  const due = 200 / 20 * (ADDRESSES / 200);
  await inWorld(domains, async (w) => {
    const daemon = await w.start({}, { program });
    await fill(w);
    await state.acknowledged(w);
    await daemon.logs(/comp=snapshot event=written/);
    await w.messages('email.unverify', due, { limitMs: 60000 });
    const times = daemon.log.match(/comp=snapshot event=written/g).length;
    assert.ok(state.said(daemon, 'snapshot', 'written', 'chunks') > 4, 'several chunks');
    assert.equal((await written(w)).generations.length, 1, 'older ones are cleaned away');
    await daemon.kill();
    const loaded = await state.restart(w, {}, { program });
    assert.equal(state.said(w.daemon, 'restore', 'read', 'position'),
      ROUNDS * (ADDRESSES / 200), 'nothing was taken in anew');
    before = await state.stop(w);
    assert.equal(loaded, before);
    assert.equal(await w.count('email.unverify'), due);
    checkIdsAreUnique(await w.all('email.>'));
    t.diagnostic(`${times} snapshots under load, the last of `
      + `${state.said(daemon, 'snapshot', 'written', 'chunks')} chunks`);
  });
  await inWorld(domains, async (w) => {
    await w.start({}, { program });
    await w.publishSurely('account.snapshot', { emails: [] }, 'none');
    for (let i = 0; i < ADDRESSES / 200; i += 1) {
      const last = emails(ROUNDS - 1, i * 200);
      await w.publishSurely('account.snapshot', { emails: last }, `once-${i}`);
    }
    await state.acknowledged(w);
    await w.messages('email.unverify', due, { limitMs: 60000 });
    assert.equal(await state.stop(w), before, 'the same as from the last word alone');
  });
});

test('half a snapshot is ignored, and cleaned away by the next', async () => {
  const domains = {};
  for (let i = 0; i < 50; i += 1) domains[`ingot-${i}.com`] = i % 10 ? 'delegated' : 'released';
  const names = Object.keys(domains);
  const program = releaseBinary() || binary();
  await inWorld(domains, async (w) => {
    await w.start({}, { program });
    const add = async (from, n) => {
      for (let k = from; k < from + n; k += 500) {
        await w.publishSurely('account.snapshot', {
          emails: Array.from({ length: 500 }, (_, i) => ({ account: k + i,
            email: `${`user-${k + i}`.padEnd(60, 'y')}@${names[(k + i) % 50]}`, time: time(1) })),
        }, `from-${k}`);
      }
      await state.acknowledged(w);
    };
    await add(0, 10000);
    await w.messages('email.unverify', 1000);
    await state.stop(w);
    const whole = await written(w);
    assert.ok(whole.chunks > 3 && whole.generations.length === 1);

    // The stream takes two more chunks and no third: the snapshot of the stop hangs there.
    await state.restart(w, {}, { program });
    await add(10000, 5000);
    await w.messages('email.unverify', 1500);
    await state.fill(w, SNAP, 2);
    w.daemon.expectEnd();
    w.daemon.child.signal('SIGTERM');
    await w.daemon.logs(/comp=publisher event=refused subject=unverifyd\.snap\.0\./);
    await w.daemon.kill();
    const half = await written(w);
    assert.equal(half.generations.length, 2, 'there is half a snapshot');
    assert.equal(half.chunks, whole.chunks + 2);
    assert.equal(half.manifests, 1);
    await state.lift(w, SNAP);
    // And one that somebody else left there.
    await w.publish(`unverifyd.snap.0.${Date.now() + 3600000}.0`, new Uint8Array(1000));

    const loaded = await state.restart(w, {}, { program });
    assert.equal(state.said(w.daemon, 'restore', 'read', 'chunks'), whole.chunks);
    assert.equal(await w.count('email.unverify'), 1500);
    assert.equal(await state.stop(w), loaded);
    const clean = await written(w);
    assert.equal(clean.generations.length, 1);
    assert.ok(!half.generations.includes(clean.generations[0]));
    assert.equal(clean.manifests, 1);
    assert.ok((await w.count('>', LOG)) <= 1);
    assert.equal(await state.restart(w, {}, { program }), loaded);
    await until('its domains are there', () => /event=loaded domains=50 addresses=15000/
      .test(w.daemon.log));
  });
});
