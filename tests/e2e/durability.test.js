'use strict';
// What was taken in, decided and said outlives the process.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { until } = require('./lib/until');
const { checkIdsAreUnique } = require('./lib/check');
const state = require('./lib/state');

const { LOG, SNAP } = state;

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

// Stop and start -------------------------------------------------------------------------

test('a clean stop and start: nothing asked, nothing said, nothing forgotten', async () => {
  const domains = manyDomains(60, 'anvil');
  const names = Object.keys(domains);
  await inWorld({ ...domains, 'fence-anvil.net': 'released' }, async (w) => {
    await w.start();
    for (let k = 0; k < 120; k += 1) {
      await w.verified(k, `u${k}@${names[k % 60]}`, { mfa: k % 3 === 0, time: time(k) });
    }
    await w.publish('account.email.removed', { account: 61, email: `u61@${names[1]}` });
    await w.publish('account.mfa.changed', { account: 62, mfa: true });
    await w.publish('account.deleted', { account: 63 });
    await w.publish('account.email.verified', 'rubbish');
    const said = await w.messages('email.unverify', 12);
    assert.equal(said.length, 12);
    await state.acknowledged(w);
    await until('every domain was asked about', () => w.api.questions().length === 6);
    const before = await state.stop(w);
    assert.ok(state.total(w.daemon, 'dns_questions') >= 60);
    const messages = state.messageKeys(await w.all('email.>'));
    const letters = await w.count('>', 'UNVERIFYD_INVALID');

    assert.equal(await state.restart(w), before, 'the digest at start is that at stop');
    const { last_seq: last } = (await state.info(w, 'ACCOUNTS')).state;
    await until('an operator sees that nothing is left to do, though nothing came', async () => {
      const [c] = await w.consumers('ACCOUNTS');
      return c && c.ack_floor.stream_seq === last && c.num_pending === 0
        && c.delivered.stream_seq === last && c.num_ack_pending === 0;
    });
    assert.equal(await state.stop(w), before, 'and nothing has changed it');
    assert.equal(state.total(w.daemon, 'dns_questions'), 0, 'no domain was due');
    assert.equal(state.total(w.daemon, 'paid_questions'), 0);
    assert.equal(state.total(w.daemon, 'events'), 0, 'no event was taken in again');
    assert.equal(w.api.questions().length, 6);
    assert.deepEqual(state.messageKeys(await w.all('email.>')), messages);

    for (let k = 200; k < 230; k += 1) {
      await w.verified(k, `u${k}@${names[k % 60]}`, { time: time(k) });
    }
    await state.restart(w);
    await w.fence('fence-anvil.net');
    await state.acknowledged(w);
    const after = await state.stop(w);
    assert.notEqual(after, before);
    assert.equal(state.total(w.daemon, 'events'), 31, 'those that came meanwhile, once');
    assert.equal(state.total(w.daemon, 'dns_questions'), 1 + 3, 'the new one, the bad ones');
    assert.equal(await w.count('email.unverify'), 12 + 3 + 1);
    assert.equal(await w.count('>', 'UNVERIFYD_INVALID'), letters, 'no dead letter again');
    checkIdsAreUnique(await w.all('email.>'));
    assert.equal(await state.restart(w), after);
  });
});

test('a candidate that waits for its answer is asked about again after kill -9', async () => {
  await inWorld({ 'anvil.com': 'held', 'bellows.com': 'pending_delete' }, async (w) => {
    const patient = { 'status.timeout_ms': 60000 };
    await w.start(patient);
    await w.verified('first', 'first@anvil.com'); // so that there is a connection to freeze
    await until('the first was asked about', () => w.api.questions().length === 1);
    w.api.freeze();
    await w.verified('ann', 'ann@bellows.com', { time: time(1) });
    await w.daemon.logs(/event=totals .*paid_questions=2 /);
    await state.acknowledged(w);
    await w.daemon.kill();
    assert.equal(await w.count('email.unverify'), 0);
    await state.restart(w, patient);
    w.api.thaw();
    const [message] = await w.messages('email.unverify', 1);
    assert.equal(message.body.account, 'ann');
    await state.stop(w);
    assert.equal(await w.count('email.unverify'), 1);
    assert.equal(w.api.questions().filter((q) => q.domain === 'anvil.com').length, 1);
    checkIdsAreUnique(await w.all('email.>'));
  });
});

test('messages that no stream has taken yet are sent after kill -9, with their ids', async () => {
  const domains = manyDomains(100, 'crucible');
  await inWorld(domains, async (w) => {
    await w.start({ 'publish.format': 'json' });
    const attempts = new Map(); // whom about -> ids, as anybody on the bus sees them
    let lives = 0;
    const seenIn = new Set();
    const listener = w.nc.subscribe('email.>', {
      callback: (error, m) => {
        assert.equal(error, null);
        if (!m.headers) return;
        const key = `${m.subject} ${m.headers.get('ce-type')} ${Buffer.from(m.data).toString()}`;
        const who = /crucible-\d+\.com/.exec(key)[0];
        const name = `${m.subject} ${who} ${/"to":"(\w+)"/.exec(key)?.[1] || ''}`;
        if (!attempts.has(name)) attempts.set(name, new Set());
        attempts.get(name).add(m.headers.get('Nats-Msg-Id'));
        if (m.subject === 'email.unverify') seenIn.add(`${lives} ${who}`);
      },
    });
    const names = Object.keys(domains);
    await w.verified(0, `u0@${names[0]}`, { time: time(0) });
    await w.messages('email.>', 2);
    await state.fill(w, 'UNVERIFY');
    for (let k = 1; k < 100; k += 1) {
      await w.verified(k, `u${k}@${names[k]}`, { time: time(k) });
    }
    await until('each of the ten was tried',
      () => [...attempts.keys()].filter((k) => k.startsWith('email.unverify')).length === 10);
    assert.equal(await w.count('email.>'), 2, 'the stream took none');
    await w.daemon.logs(/comp=publisher event=refused/);
    await w.daemon.kill();
    lives = 1;
    await state.restart(w, { 'publish.format': 'json' });
    await until('each was tried again', () => [...seenIn].filter((k) => k[0] === '1').length === 9);
    assert.equal(await w.count('email.>'), 2);
    await state.lift(w, 'UNVERIFY');
    await w.messages('email.unverify', 10);
    await state.stop(w);
    const all = await w.all('email.>');
    checkIdsAreUnique(all);
    assert.deepEqual(all.filter((m) => m.subject === 'email.unverify')
      .map((m) => m.body.account).sort((a, b) => a - b), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    for (const [name, ids] of attempts) assert.equal(ids.size, 1, `${name}: ${[...ids]}`);
    for (const m of all) {
      assert.ok([...attempts.values()].some((ids) => ids.has(m.header['Nats-Msg-Id'])));
    }
    listener.unsubscribe();
  });
});

test('events behind a dead letter that no stream takes are taken in once', async () => {
  await inWorld({ 'quern.com': 'released', 'quill.com': 'delegated' }, async (w) => {
    const tries = [];
    const listener = w.nc.subscribe('email.unverify', {
      callback: (error, m) => { tries.push(m.headers.get('Nats-Msg-Id')); },
    });
    const again = (k) => w.verified('ann', 'ann@quern.com', { time: time(k) });
    const questions = () => w.api.questions().length;
    await w.start();
    await w.publish('account.email.verified', 'rubbish 1');
    await w.messages('unverifyd.invalid', 1, { stream: 'UNVERIFYD_INVALID' });
    await state.fill(w, 'UNVERIFYD_INVALID');
    await again(1);
    await w.messages('email.unverify', 1);
    await w.publish('account.email.verified', 'rubbish 2');
    await w.daemon.logs(/comp=publisher event=refused subject=unverifyd\.invalid /);
    for (let k = 2; k < 4; k += 1) {
      await again(k);
      await w.messages('email.unverify', k);
    }
    await w.verified('ben', 'ben@quill.com', { time: time(5) });
    await w.publish('account.email.removed', { account: 'ben', email: 'ben@quill.com' });
    await w.publish('account.email.verified', 'rubbish 3');
    await w.verified('cid', 'cid@quill.com', { time: time(6) });
    const { last_seq: last } = (await state.info(w, 'ACCOUNTS')).state;
    await until('the log has taken it all', async () => (await w.all('>', LOG))
      .some((m) => state.decodeFacts(m.data).includes(`"sequence":${last},`)));
    assert.equal(await state.ackFloor(w), 2, 'nothing behind the letter is acknowledged');
    const asked = questions();
    await w.daemon.kill();

    // The stream still takes nothing: a clean stop writes a snapshot, which knows it, too.
    const digest = await state.restart(w);
    await w.daemon.logs(/comp=publisher event=refused subject=unverifyd\.invalid /);
    w.daemon.expectEnd();
    w.daemon.child.signal('SIGTERM');
    await w.daemon.logs(/comp=snapshot event=written/);
    await w.daemon.kill();

    await state.lift(w, 'UNVERIFYD_INVALID');
    assert.equal(await state.restart(w), digest);
    await state.acknowledged(w);
    assert.equal(await state.ackFloor(w), last);
    await w.messages('unverifyd.invalid', 3, { stream: 'UNVERIFYD_INVALID' });
    assert.equal(await state.stop(w), digest);
    assert.equal(state.total(w.daemon, 'events'), 0, 'no event was taken in again');
    const letters = await w.all('unverifyd.invalid', 'UNVERIFYD_INVALID');
    assert.deepEqual(letters.map((m) => m.data.toString()), ['rubbish 1', 'rubbish 2', 'rubbish 3']);
    assert.equal(tries.length, 3, 'nothing was said again');
    assert.equal(questions(), asked, 'nor asked');
    checkIdsAreUnique(await w.all('email.>'));
    listener.unsubscribe();
  });
});

// The log --------------------------------------------------------------------------------

test('what is in the log and in a snapshot can be read by people', async () => {
  const domains = manyDomains(20, 'dross');
  await inWorld(domains, async (w) => {
    await w.start();
    for (const [k, name] of Object.keys(domains).entries()) {
      await w.verified(`acc-${k}`, `local-${k}@${name}`, { time: time(k) });
    }
    await w.messages('email.unverify', 2);
    await state.acknowledged(w);
    const batches = await w.all('>', LOG);
    assert.ok(batches.length > 1);
    let last = 0;
    for (const m of batches) {
      assert.equal(m.subject, 'unverifyd.log.0');
      assert.equal(Number(m.header['Nats-Expected-Last-Subject-Sequence']), last);
      assert.ok(m.header['Nats-Msg-Id']);
      last = m.seq;
    }
    checkIdsAreUnique(batches);
    const text = batches.map((m) => state.decodeFacts(m.data)).join('');
    text.trim().split('\n').forEach((line) => JSON.parse(line));
    for (let k = 0; k < 20; k += 1) assert.ok(text.includes(`dross-${k}.com`), text);
    assert.ok(text.includes('acc-7') && text.includes('local-7'));
    await state.stop(w);
    const chunks = await w.all('>', SNAP);
    assert.ok(chunks.length >= 2, 'a chunk and a manifest');
    const snap = chunks.map((m) => state.decodeFacts(m.data)).join('');
    snap.trim().split('\n').forEach((line) => JSON.parse(line));
    assert.ok(snap.includes('acc-7') && snap.includes('local-7') && snap.includes('dross-7.com'));
  });
});
