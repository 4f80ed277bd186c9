'use strict';
// UVD_SEED: the moments of an earlier run.
//
// The registry written down: when, what is left of the log, what is left of the removed.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { releaseBinary, binary } = require('./lib/daemon');
const { until } = require('./lib/until');
const { checkIdsAreUnique } = require('./lib/check');
const { Proxy } = require('./lib/proxy');
const state = require('./lib/state');

const { LOG, SNAP } = state;

const SEED = Number(process.env.UVD_SEED || Date.now() % 1000000);

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

// Moments in a snapshot: what unverifyd is about to say when it is killed, whether that still
// arrives, and what is to be found then; `chunks`: how many of the new one (undefined: all).
const PURGE_LOG = /PUB \$JS\.API\.STREAM\.PURGE\.UNVERIFYD_LOG /;
const PURGE_SNAP = /PUB \$JS\.API\.STREAM\.PURGE\.UNVERIFYD_SNAP /;
const MANIFEST = /PUB unverifyd\.snap\.0\.manifest /;
const MOMENTS = [
  { at: MANIFEST, arrives: false, manifest: 'old', log: 'whole', older: 'there' },
  { at: MANIFEST, arrives: true, manifest: 'new', log: 'whole', older: 'there' },
  { at: PURGE_LOG, arrives: false, manifest: 'new', log: 'whole', older: 'there' },
  { at: PURGE_LOG, arrives: true, manifest: 'new', log: 'purged', older: 'there' },
  { at: PURGE_SNAP, arrives: false, manifest: 'new', log: 'purged', older: 'there' },
  { at: PURGE_SNAP, arrives: true, manifest: 'new', log: 'purged', older: 'gone' },
];
const atChunk = (k) => ({
  at: new RegExp(`PUB unverifyd\\.snap\\.0\\.\\d+\\.${k} `), arrives: false, chunks: k,
  manifest: 'old', log: 'whole', older: 'there',
});

/** What is in the two streams, as far as a snapshot changes it. */
async function inStreams(w) {
  const found = await written(w);
  const manifest = (await w.all('unverifyd.snap.0.manifest', SNAP)).pop();
  const { state: log } = await state.info(w, LOG);
  const chunks = Object.keys((await (await w.manager()).streams.info(SNAP,
    { subjects_filter: 'unverifyd.snap.0.*.*' })).state.subjects || {});
  return {
    generations: found.generations, manifest: manifest?.seq, logFirst: log.first_seq, chunks,
  };
}

test(`kill -9 within a snapshot of many chunks, at any moment (UVD_SEED=${SEED})`, async (t) => {
  const program = releaseBinary() || binary();
  const random = state.chance(SEED);
  const domains = { 'jigger-0.com': 'released' };
  for (let i = 1; i < 50; i += 1) domains[`jigger-${i}.com`] = 'delegated';
  const CHUNKS = 12; // at least
  await inWorld(domains, async (w) => {
    const proxy = await Proxy.start(w.nats.port);
    const settings = { 'nats.url': proxy.url };
    let nobody = 0;
    /** Up, the owner, and nothing left to do. */
    const settle = async () => {
      nobody += 1; // an event without effect
      await w.publishSurely('account.deleted', { account: `nobody-${nobody}` }, `n${nobody}`);
      await state.acknowledged(w);
    };
    try {
      await w.start(settings, { program });
      for (let k = 0; k < 40000; k += 500) {
        await w.publishSurely('account.snapshot', {
          emails: Array.from({ length: 500 }, (_, i) => ({ account: k + i,
            email: `${`user-${k + i}`.padEnd(60, 'z')}@jigger-${(k + i) % 49 + 1}.com`,
            time: time(1) })),
        }, `from-${k}`);
      }
      await w.verified('last', 'last@jigger-0.com', { time: time(2) });
      await w.messages('email.>', 3, { limitMs: 60000 }); // of the address, of the domain
      await settle();
      await w.daemon.kill();
      assert.equal(await w.count('>', SNAP), 0, 'no snapshot yet');
      const digest = await state.restart(w, settings, { program });
      const moments = [...Array.from({ length: 6 }, () => atChunk(1
        + Math.floor(random() * (CHUNKS - 1)))), ...MOMENTS, atChunk(1), atChunk(CHUNKS - 1)];
      for (const moment of moments) {
        const what = `${moment.at} ${moment.arrives ? 'arrives' : 'does not arrive'}`;
        await settle();
        const was = await inStreams(w);
        let tail = '';
        let isOver = false;
        proxy.watch = (text) => {
          if (isOver) return 0;
          tail = (tail + text).slice(-text.length - 200);
          const match = moment.at.exec(tail);
          isOver = match !== null;
          if (!isOver) return text.length;
          w.daemon.child.signal('SIGKILL');
          return moment.arrives ? text.length
            : Math.max(0, match.index - (tail.length - text.length));
        };
        w.daemon.expectEnd();
        w.daemon.child.signal('SIGTERM');
        assert.deepEqual(await w.daemon.child.exited, { code: null, signal: 'SIGKILL' }, what);
        proxy.watch = null;
        await until(`what was said has arrived: ${what}`, async () => (await w.nats.clients()) === 1);
        const is = await inStreams(w);
        const [mine] = is.generations.filter((g) => !was.generations.includes(g));
        const mineChunks = is.chunks.filter((s) => s.includes(`.${mine}.`)).length;
        if (moment.chunks !== undefined) assert.equal(mineChunks, moment.chunks, what);
        else assert.ok(mineChunks >= CHUNKS, `${what}: ${mineChunks} chunks`);
        assert.equal(is.manifest === was.manifest, moment.manifest === 'old', what);
        assert.equal(is.logFirst === was.logFirst, moment.log === 'whole', what);
        const older = was.generations.filter((g) => is.generations.includes(g));
        assert.equal(older.length, moment.older === 'there' ? was.generations.length : 0, what);
        assert.equal(await state.restart(w, settings, { program }), digest, what);
      }
      await settle();
      const messages = state.messageKeys(await w.all('email.>'));
      assert.equal(await state.stop(w), digest);
      const clean = await written(w);
      assert.equal(clean.generations.length, 1, 'what was left is cleaned away');
      assert.ok(clean.chunks >= CHUNKS);
      assert.equal(clean.manifests, 1);
      assert.ok((await w.count('>', LOG)) <= 1);
      assert.equal(await state.restart(w, settings, { program }), digest);
      assert.match(w.daemon.log, /event=loaded domains=50 addresses=40001 /);
      await state.stop(w);
      assert.deepEqual(state.messageKeys(await w.all('email.>')), messages);
      assert.equal(messages.length, 3);
      t.diagnostic(`${moments.length} kills in snapshots of ${clean.chunks} chunks`);
    } finally {
      proxy.close();
    }
  });
});

/** A world with addresses for some ten chunks, none of them written yet; behind a proxy. */
async function inFullWorld(stem, run) {
  const program = releaseBinary() || binary();
  const domains = {};
  for (let i = 0; i < 10; i += 1) domains[`${stem}-${i}.com`] = 'delegated';
  await inWorld(domains, async (w) => {
    const proxy = await Proxy.start(w.nats.port);
    const settings = { 'nats.url': proxy.url };
    try {
      await w.start(settings, { program });
      for (let k = 0; k < 20000; k += 500) {
        await w.publishSurely('account.snapshot', {
          emails: Array.from({ length: 500 }, (_, i) => ({ account: k + i,
            email: `${`user-${k + i}`.padEnd(60, 'z')}@${stem}-${(k + i) % 10}.com`,
            time: time(1) })),
        }, `from-${k}`);
      }
      await state.acknowledged(w);
      await run(w, proxy, () => state.restart(w, settings, { program }));
    } finally {
      proxy.close();
    }
  });
}

test('a manifest whose confirmation is lost is sent again, and stands', async () => {
  await inFullWorld('kedge', async (w, proxy, restart) => {
    let tries = 0;
    const listener = w.nc.subscribe('unverifyd.snap.0.manifest',
      { callback: () => { tries += 1; } });
    proxy.watch = (text) => {
      if (MANIFEST.test(text)) proxy.hold();
      return text.length;
    };
    w.daemon.expectEnd();
    w.daemon.child.signal('SIGTERM');
    await until('the manifest is there', () => w.count('unverifyd.snap.0.manifest', SNAP));
    proxy.watch = null;
    proxy.cut();
    proxy.open();
    assert.deepEqual(await w.daemon.child.exited, { code: 0, signal: null });
    listener.unsubscribe();
    assert.match(w.daemon.log, /comp=snapshot event=written/);
    assert.ok(!w.daemon.log.includes('event=abandoned'));
    assert.equal(tries, 2);
    assert.equal((await written(w)).manifests, 1);
    const from = state.said(w.daemon, 'snapshot', 'written', 'log_from');
    assert.equal((await state.info(w, LOG)).state.first_seq, from - 1, 'the log is purged');
    const digest = await state.digest(w.daemon, 'stopping');
    assert.equal(await restart(), digest);
    await state.stop(w);
  });
});

test('no manifest names chunks that were lost with their stream', async () => {
  await inFullWorld('lanyard', async (w, proxy, restart) => {
    let frozen = false;
    proxy.watch = (text) => {
      if (!frozen && /PUB unverifyd\.snap\.0\.\d+\.3 /.test(text)) {
        frozen = true;
        w.daemon.freeze();
      }
      return text.length;
    };
    w.daemon.expectEnd();
    w.daemon.child.signal('SIGTERM');
    await until('it is in the middle of its snapshot', () => frozen);
    const { config } = await state.info(w, SNAP);
    await (await w.manager()).streams.delete(SNAP);
    await (await w.manager()).streams.add(config);
    w.daemon.thaw();
    await w.daemon.child.exited;
    assert.match(w.daemon.log, /comp=snapshot event=abandoned why="its chunks are not all in the /);
    assert.match(w.daemon.log, /comp=snapshot event=written/, 'there is another one');
    assert.deepEqual(w.daemon.child.status, { code: 0, signal: null });
    const digest = await restart();
    assert.match(w.daemon.log, /event=loaded domains=10 addresses=20000 /);
    assert.equal(await state.stop(w), digest);
    assert.equal((await written(w)).generations.length, 1);
  });
});
