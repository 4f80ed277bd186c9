'use strict';
// Two processes for one shard: only one of them writes, the other says why it doesn't.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { until } = require('./lib/until');
const { checkIdsAreUnique } = require('./lib/check');
const state = require('./lib/state');

const { LOG } = state;

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

async function ends(daemon) {
  await until(() => `it ends:\n${daemon.child.tail()}`, () => !daemon.isRunning, 30000);
  assert.deepEqual(daemon.child.status, { code: 1, signal: null });
  assert.match(daemon.log,
    /level=error comp=app event=not_the_owner why="another instance has written to the log"/);
}

test('two under load: one goes on, the other says why not, nothing is said twice', async () => {
  const domains = manyDomains(200, 'joiner');
  const names = Object.keys(domains);
  await inWorld(domains, async (w) => {
    const first = await w.start();
    first.expectEnd();
    const events = Array.from({ length: 4000 }, (_, k) => ['account.email.verified',
      { account: k, email: `u${k}@${names[k % 200]}`, time: time(k) }, `k${k}`]);
    const publishing = state.publishAll(w, events);
    await w.messages('email.unverify', 100);
    const second = w.launch();
    second.expectEnd(); // whose append comes first is up to chance
    await until('one of them ends', () => !first.isRunning || !second.isRunning, 30000);
    const [loser, owner] = first.isRunning ? [second, first] : [first, second];
    await ends(loser);
    w.daemon = owner;
    await publishing;
    await w.messages('email.unverify', 1000);
    await state.acknowledged(w);
    const digest = await state.stop(w);
    assert.ok(!owner.log.includes('not_the_owner'));
    const all = await w.all('email.>');
    checkIdsAreUnique(all);
    assert.deepEqual(all.filter((m) => m.subject === 'email.unverify')
      .map((m) => m.body.account).sort((a, b) => a - b),
    events.map((e, k) => k).filter((k) => k % 4 === 0));
    assert.equal(await state.restart(w), digest);
  });
});

test('the log has one writer after the other, never in turn', async () => {
  await inWorld({ 'kiln.com': 'released', 'lathe.com': 'released' }, async (w) => {
    const first = await w.start();
    first.expectEnd();
    await w.verified('ann', 'ann@kiln.com', { time: time(1) });
    await w.messages('email.unverify', 1);
    await state.acknowledged(w);
    const before = await writers(w);
    assert.equal(new Set(before).size, 1);
    w.launch();
    await ends(first);
    await w.verified('ben', 'ben@lathe.com', { time: time(2) });
    await w.messages('email.unverify', 2);
    await state.acknowledged(w);
    const found = await writers(w);
    assert.equal(new Set(found).size, 2);
    assert.deepEqual(found.slice(0, before.length), before);
    assert.ok(found.slice(before.length + 1).every((id) => id !== before[0]),
      'after the new one began, only it writes');
    await state.stop(w);
  });
});

for (const [what, hasFacts] of [['with something to write', true], ['idle', false]]) {
  test(`an owner that was paused, ${what}, changes nothing when it wakes`, async () => {
    const domains = manyDomains(80, 'mason');
    const names = Object.keys(domains);
    await inWorld(domains, async (w) => {
      const first = await w.start();
      first.expectEnd();
      for (let k = 0; k < 40; k += 1) {
        await w.verified(k, `u${k}@${names[k]}`, { time: time(k) });
      }
      await w.messages('email.unverify', 10);
      await state.acknowledged(w);
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
      const second = w.launch();
      await state.digest(second, 'loaded');
      await w.messages('email.unverify', hasFacts ? 19 : 18);
      await state.acknowledged(w);
      const digest = await state.stop(w);
      assert.ok(first.isRunning, 'it is still paused');
      const log = (await state.info(w, LOG)).state.last_seq;
      const messages = state.messageKeys(await w.all('email.>'));
      const manifest = await state.bytesOf(w, state.SNAP);

      first.thaw();
      await ends(first);
      assert.equal((await state.info(w, LOG)).state.last_seq, log, 'it wrote nothing');
      assert.deepEqual(state.messageKeys(await w.all('email.>')), messages);
      assert.equal(await state.bytesOf(w, state.SNAP), manifest);
      assert.equal(await state.restart(w), digest);
      await state.stop(w);
      checkIdsAreUnique(await w.all('email.>'));
    });
  });
}
