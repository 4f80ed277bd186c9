'use strict';
// Several processes for one shard: one writes, the others follow its log, and say so.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { until, pause } = require('./lib/until');
const { checkIdsAreUnique } = require('./lib/check');
const { Proxy } = require('./lib/proxy');
const state = require('./lib/state');

const { LOG, SNAP } = state;

const time = (k) => new Date(Date.parse('2024-01-01T00:00:00Z') + k * 1000).toISOString();

function manyDomains(n, stem) {
  const domains = {};
  for (let i = 0; i < n; i += 1) domains[`${stem}-${i}.com`] = i % 4 ? 'delegated' : 'released';
  return domains;
}

/** Which process wrote each message of the log: the id begins with its inbox. */
async function writers(w) {
  return (await w.all('>', LOG)).map((m) => m.header['Nats-Msg-Id'].replace(/-\d+$/, ''));
}

const STANDBY = /comp=app event=standby owner=(\S+)/;
const NOT_OWNER = /level=error comp=app event=not_the_owner /;
const LOADED = /comp=core event=loaded /;

const OWNER = 'UNVERIFYD_OWNER';

async function ends(daemon) {
  await until(() => `it ends:\n${daemon.child.tail()}`, () => !daemon.isRunning, 30000);
  assert.deepEqual(daemon.child.status, { code: 1, signal: null });
  assert.match(daemon.log, NOT_OWNER);
}

/** A second process that waits. */
async function standBy(w, extra) {
  const owner = w.daemon;
  const second = w.launch(extra);
  await second.logs(STANDBY);
  await second.logs(/comp=restore event=read /);
  await owner.logs(/comp=lease event=has_heir /);
  w.daemon = owner;
  return second;
}

/** The digest it logged last: a process may have had several lives. */
function lastDigest(daemon) {
  return [...daemon.log.matchAll(/event=digest when=loaded digest=([0-9a-f]{16})/g)].pop()[1];
}

/** Wait until it is the owner, for the n-th time in its lives. */
async function owns(daemon, n = 1) {
  await until(() => `it is the owner:\n${daemon.child.tail()}`, () => {
    if (!daemon.isRunning) throw new Error(`unverifyd ended:\n${daemon.child.tail()}`);
    return (daemon.log.match(/event=digest when=loaded/g) || []).length >= n;
  }, 30000);
}

function accountsOf(messages) {
  return messages.filter((m) => m.subject === 'email.unverify')
    .map((m) => m.body.account).sort((a, b) => a - b);
}

test('a standby follows the log and takes over when the owner is stopped', async () => {
  const domains = manyDomains(200, 'joiner');
  const names = Object.keys(domains);
  await inWorld(domains, async (w) => {
    const first = await w.start();
    const second = await standBy(w);
    const events = Array.from({ length: 4000 }, (_, k) => ['account.email.verified',
      { account: k, email: `u${k}@${names[k % 200]}`, time: time(k) }, `k${k}`]);
    const publishing = state.publishAll(w, events);
    await w.messages('email.unverify', 100);
    assert.ok(!LOADED.test(second.log), 'it only follows');
    const before = await writers(w);
    assert.equal(new Set(before).size, 1, 'and writes nothing');
    // In the middle of its work; what it had decided comes out once, whoever says it.
    assert.deepEqual(await first.stop(), { code: 0, signal: null });
    w.daemon = second;
    await owns(second);
    await publishing;
    await w.messages('email.unverify', 1000);
    await state.acknowledged(w);
    const all = await w.all('email.>');
    checkIdsAreUnique(all);
    assert.deepEqual(accountsOf(all), events.map((e, k) => k).filter((k) => k % 4 === 0));
    const found = await writers(w);
    const turns = found.filter((id, i) => id !== found[i - 1]);
    assert.ok(turns.length <= 2, `one writer after the other: ${turns}`);
    const digest = await state.stop(w);
    assert.equal(await state.restart(w), digest);
    await state.stop(w);
  });
});

test('a standby knows what the owner knew, to the byte', async () => {
  await inWorld(manyDomains(40, 'cooper'), async (w) => {
    const first = await w.start();
    const second = await standBy(w);
    for (let k = 0; k < 40; k += 1) {
      await w.verified(k, `u${k}@cooper-${k}.com`, { time: time(k) });
    }
    for (let k = 0; k < 10; k += 1) await w.publish('account.deleted', { account: 4 * k + 1 });
    await w.messages('email.unverify', 10);
    await state.acknowledged(w);
    assert.deepEqual(await first.stop(), { code: 0, signal: null });
    w.daemon = second;
    const digest = await state.digest(first, 'stopping');
    assert.equal(await state.digest(second, 'loaded'), digest);
    assert.ok(!/event=written/.test(first.log), 'no snapshot keeps whoever waits from taking over');
    assert.equal(await state.stop(w), digest);
    assert.equal(await state.restart(w), digest);
    await state.stop(w);
  });
});

test('an owner that is killed is followed by its standby', async () => {
  await inWorld({ 'kiln.com': 'released', 'lathe.com': 'released' }, async (w) => {
    const first = await w.start();
    const second = await standBy(w);
    await w.verified('ann', 'ann@kiln.com', { time: time(1) });
    await w.messages('email.unverify', 1);
    await state.acknowledged(w);
    await first.kill();
    w.daemon = second;
    await owns(second);
    await w.verified('ben', 'ben@lathe.com', { time: time(2) });
    const found = await w.messages('email.unverify', 2);
    assert.deepEqual(found.map((m) => m.body.account).sort(), ['ann', 'ben']);
    await state.stop(w);
    checkIdsAreUnique(await w.all('email.>'));
  });
});

test('shard.standby = off: the second says why it is not the owner, and ends', async () => {
  await inWorld({ 'kiln.com': 'released' }, async (w) => {
    const first = await w.start();
    const second = w.launch({ 'shard.standby': 'off' });
    second.expectEnd();
    await ends(second);
    assert.match(second.log, /event=not_the_owner owner=\S+ what="another process holds the lease/);
    w.daemon = first;
    await w.verified('ann', 'ann@kiln.com', { time: time(1) });
    await w.messages('email.unverify', 1);
    await state.acknowledged(w);
    assert.equal(new Set(await writers(w)).size, 1);
    await state.stop(w);
  });
});

test('a lease of another machine is waited for until it lapses', async () => {
  await inWorld({ 'kiln.com': 'released' }, async (w) => {
    await w.start(); // makes the streams
    await state.stop(w);
    const note = { holder: 'elsewhere/1/xyz', place: 'other/1', pid: 1, started: 1 };
    await w.publish('unverifyd.owner.0', note);
    const daemon = w.launch();
    await daemon.logs(STANDBY);
    assert.equal(STANDBY.exec(daemon.log)[1], 'elsewhere/1/xyz');
    assert.ok(!LOADED.test(daemon.log));
    await owns(daemon);
    await w.verified('ann', 'ann@kiln.com', { time: time(1) });
    await w.messages('email.unverify', 1);
    await state.stop(w);
  });
});

test('a lease taken away: the owner stands by, and takes it again when it lapses', async () => {
  await inWorld({ 'kiln.com': 'released', 'lathe.com': 'released' }, async (w) => {
    const daemon = await w.start();
    await w.verified('ann', 'ann@kiln.com', { time: time(1) });
    await w.messages('email.unverify', 1);
    await state.acknowledged(w);
    await w.publish('unverifyd.owner.0', 'no note at all');
    await daemon.logs(/event=not_the_owner why="unreadable holds the lease of this shard"/);
    await owns(daemon, 2);
    await w.verified('ben', 'ben@lathe.com', { time: time(2) });
    await w.messages('email.unverify', 2);
    await state.stop(w);
    checkIdsAreUnique(await w.all('email.>'));
  });
});

test('the lease can be lost with its stream: the owner works on', async () => {
  await inWorld({ 'kiln.com': 'released', 'lathe.com': 'released' }, async (w) => {
    const daemon = await w.start();
    await w.verified('ann', 'ann@kiln.com', { time: time(1) });
    await w.messages('email.unverify', 1);
    await (await w.manager()).streams.delete(OWNER);
    await w.verified('ben', 'ben@lathe.com', { time: time(2) });
    await w.messages('email.unverify', 2);
    await until('the stream of the lease is made anew',
      async () => (await w.streamNames()).includes(OWNER), 30000);
    assert.match(daemon.log, /level=error comp=lease event=not_written /);
    await until('the lease is held again', async () => (await w.count('>', OWNER)) > 0, 30000);
    assert.ok(!NOT_OWNER.test(daemon.log));
    await state.stop(w);
  });
});

test('a standby that slept while the log was purged reads the state anew', async () => {
  await inWorld(manyDomains(80, 'turner'), async (w) => {
    const first = await w.start();
    const second = await standBy(w);
    for (let k = 0; k < 40; k += 1) {
      await w.verified(k, `u${k}@turner-${k}.com`, { time: time(k) });
    }
    await w.messages('email.unverify', 10);
    await state.acknowledged(w);
    second.freeze();
    await w.nats.kill(); // else all of it waited in the socket of the one that sleeps
    await w.nats.start();
    for (let k = 0; k < 10; k += 1) {
      await w.publishSurely('account.deleted', { account: k }, `gone${k}`);
    }
    await state.acknowledged(w);
    // Nobody has been heard to stand by for a while: the stop writes a snapshot.
    await pause(3500);
    const digest = await state.stop(w);
    assert.match(first.log, /comp=snapshot event=written /);
    second.thaw();
    w.daemon = second;
    await owns(second);
    assert.match(second.log, /event=state_is_read_anew why="(the log was purged|another snapshot)/);
    assert.equal(lastDigest(second), digest);
    await state.stop(w);
  });
});

for (const [what, hasFacts] of [['with something to write', true], ['idle', false]]) {
  test(`an owner that was paused, ${what}, changes nothing when it wakes`, async () => {
    const domains = manyDomains(80, 'mason');
    const names = Object.keys(domains);
    await inWorld(domains, async (w) => {
      const first = await w.start();
      for (let k = 0; k < 40; k += 1) {
        await w.verified(k, `u${k}@${names[k]}`, { time: time(k) });
      }
      await w.messages('email.unverify', 10);
      await state.acknowledged(w);
      const second = await standBy(w);
      if (hasFacts) {
        // Questions are out, answers will lie in its sockets: work for when it wakes.
        w.api.freeze();
        await w.verified(44, `u44@${names[44]}`, { time: time(44) });
        await state.acknowledged(w);
      }
      first.freeze();
      if (hasFacts) w.api.thaw();
      for (let k = 45; k < 80; k += 1) {
        await w.verified(k, `u${k}@${names[k]}`, { time: time(k) });
      }
      w.daemon = second;
      await owns(second);
      await w.messages('email.unverify', hasFacts ? 19 : 18);
      await state.acknowledged(w);
      const digest = await state.stop(w);
      assert.ok(first.isRunning, 'it is still paused');
      const log = (await state.info(w, LOG)).state.last_seq;
      const messages = state.messageKeys(await w.all('email.>'));
      const manifest = await state.bytesOf(w, state.SNAP);
      // Somebody else's by now, so that it does not simply become the owner again.
      await w.publish('unverifyd.owner.0', { holder: 'elsewhere/1/xyz' });

      first.thaw();
      await first.logs(NOT_OWNER);
      await first.logs(STANDBY);
      assert.equal((await state.info(w, LOG)).state.last_seq, log, 'it wrote nothing');
      assert.deepEqual(state.messageKeys(await w.all('email.>')), messages);
      assert.equal(await state.bytesOf(w, state.SNAP), manifest);
      // What it knew is dropped: as the owner it knows what the other one wrote.
      w.daemon = first;
      await owns(first, 2);
      assert.equal(lastDigest(first), digest);
      await state.stop(w);
      checkIdsAreUnique(await w.all('email.>'));
    });
  });
}

test('an owner that was paused in a snapshot publishes no manifest when it wakes', async () => {
  const domains = manyDomains(80, 'netter');
  const names = Object.keys(domains);
  await inWorld(domains, async (w) => {
    const add = async (from, to) => {
      for (let k = from; k < to; k += 1) {
        await w.verified(k, `u${k}@${names[k]}`, { time: time(k) });
      }
    };
    await w.start();
    await add(0, 20);
    await w.messages('email.unverify', 5);
    await state.acknowledged(w);
    await state.stop(w); // there is a manifest, and a full stream can't be an empty one
    const first = w.launch();
    first.expectEnd();
    await state.digest(first, 'loaded');
    await add(20, 40);
    await w.messages('email.unverify', 10);
    await state.acknowledged(w);
    await state.fill(w, SNAP);
    first.child.signal('SIGTERM'); // its snapshot is begun, its first chunk refused
    await first.logs(/comp=publisher event=refused subject=unverifyd\.snap\.0\.\d/);
    // Its pull requests are used up, or their end would tell it that it was replaced.
    await state.publishAll(w, Array.from({ length: 2000 }, (_, k) => ['account.deleted',
      { account: `nobody-${k}` }, `nobody-${k}`]));
    await until('no pull request is left',
      async () => (await w.consumers('ACCOUNTS'))[0].num_waiting === 0);
    first.freeze();
    await state.lift(w, SNAP);
    // As if it had been paused for as long as a lease lasts, which its session would not
    // outlive.
    await w.publish('unverifyd.owner.0', { holder: 'elsewhere/1/xyz', released: true });

    const second = w.launch();
    await state.digest(second, 'loaded');
    await add(40, 80);
    await w.messages('email.unverify', 20);
    await state.acknowledged(w);
    const digest = await state.stop(w);
    assert.match(second.log, /comp=snapshot event=written/);
    assert.ok(first.isRunning, 'it is still paused');
    const manifest = await w.all('unverifyd.snap.0.manifest', SNAP);
    const chunk = (await w.all('unverifyd.snap.0.*.*', SNAP)).map((m) => m.seq);
    const log = (await state.info(w, LOG)).state;
    assert.equal(manifest.length, 1);

    first.thaw();
    await until('it ends', () => !first.isRunning, 40000);
    assert.deepEqual(first.child.status, { code: 1, signal: null });
    assert.match(first.log, /comp=snapshot event=abandoned why="another instance has written/);
    assert.match(first.log, /event=not_the_owner/);
    assert.deepEqual(await w.all('unverifyd.snap.0.manifest', SNAP), manifest);
    const left = (await w.all('unverifyd.snap.0.*.*', SNAP)).map((m) => m.seq);
    assert.ok(chunk.every((seq) => left.includes(seq)), 'nothing was purged');
    assert.equal((await state.info(w, LOG)).state.first_seq, log.first_seq);
    assert.equal(await state.restart(w), digest);
    await state.stop(w);
    assert.equal((await w.all('unverifyd.snap.0.*.*', SNAP)).length, 1, 'its chunk is cleaned away');
    checkIdsAreUnique(await w.all('email.>'));
  });
});

test('an append that arrived in an earlier session makes nobody the owner of this one', async () => {
  const domains = { 'ostler.com': 'held', 'palfrey.com': 'pending_delete' };
  await inWorld(domains, async (w) => {
    const proxy = await Proxy.start(w.nats.port);
    const tries = [];
    const listener = w.nc.subscribe('email.unverify', {
      callback: (error, m) => { tries.push(m.headers.get('Nats-Msg-Id')); },
    });
    try {
      const first = await w.start({ 'nats.url': proxy.url, 'status.timeout_ms': 60000,
        'shard.standby': 'off' });
      first.expectEnd();
      await w.verified('ann', 'ann@ostler.com', { time: time(1) });
      await until('the first was asked about', () => w.api.questions().length === 1);
      w.api.freeze();
      await w.verified('ben', 'ben@palfrey.com', { time: time(2) });
      await first.logs(/event=totals .*paid_questions=2 /);
      await state.acknowledged(w);
      // The answer's facts reach the log; that they did never reaches the first.
      const before = (await state.info(w, LOG)).state.last_seq;
      proxy.hold();
      w.api.thaw();
      await until('the decision is in the log',
        async () => (await state.info(w, LOG)).state.last_seq > before);
      proxy.cut();
      assert.equal(tries.length, 0, 'it said nothing that it does not know to be durable');

      const second = w.launch();
      await state.digest(second, 'loaded');
      await w.messages('email.unverify', 1);
      proxy.open();
      await until('it ends', () => !first.isRunning, 30000);
      assert.match(first.log, /event=not_the_owner/);
      assert.equal(tries.length, 1, 'only the owner has said it');
      await state.acknowledged(w);
      const digest = await state.stop(w);
      assert.equal(await state.restart(w), digest);
      await state.stop(w);
      checkIdsAreUnique(await w.all('email.>'));
    } finally {
      listener.unsubscribe();
      proxy.close();
    }
  });
});
