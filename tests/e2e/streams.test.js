'use strict';
// The streams on the bus: made when they are missing, used when the fleet has its own.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const state = require('./lib/state');

test('what is missing is created', async () => {
  await inWorld({ 'petrel.com': 'pending_delete' }, async (w) => {
    await w.start();
    await w.verified('p', 'p@petrel.com');
    await w.publish('account.deleted', 'x');
    await w.messages('email.unverify', 1);
    await w.messages('unverifyd.invalid', 1, { stream: 'UNVERIFYD_INVALID' });
    const manager = await w.manager();
    const { config: accounts } = await manager.streams.info('ACCOUNTS');
    assert.deepEqual(accounts.subjects, ['account.>']);
    const { config: out } = await manager.streams.info('UNVERIFY');
    assert.deepEqual([...out.subjects].sort(), ['email.block_reset', 'email.domain.>',
      'email.unverify', 'email.unverify.dryrun']);
    const durable = (await w.consumers('ACCOUNTS')).filter((c) => c.config.durable_name);
    assert.equal(durable.length, 1);
  });
});

test("the fleet's own stream of events is used, under its own name", async () => {
  await inWorld({ 'quillfeather.com': 'pending_delete' }, async (w) => {
    await (await w.manager()).streams.add({ name: 'FLEET', subjects: ['account.>', 'order.>'] });
    await w.verified('early', 'early@quillfeather.com'); // before unverifyd was there
    await w.publish('order.placed', { order: 1 });
    await w.start({}, { stream: 'FLEET' });
    await w.verified('late', 'late@quillfeather.com');
    const found = await w.messages('email.unverify', 2);
    assert.deepEqual(found.map((m) => m.body.account).sort(), ['early', 'late']);
    assert.ok(!(await w.streamNames()).includes('ACCOUNTS'));
    assert.equal(await w.count('>', 'UNVERIFYD_INVALID'), 0);
  });
});

test("the fleet's own stream of messages is used", async () => {
  await inWorld({ 'ravenscroft.com': 'released' }, async (w) => {
    await (await w.manager()).streams.add({ name: 'MAIL', subjects: ['email.>'] });
    await w.start();
    await w.verified('r', 'r@ravenscroft.com');
    await w.messages('email.unverify', 1, { stream: 'MAIL' });
    await w.messages('email.block_reset', 1, { stream: 'MAIL' });
    assert.ok(!(await w.streamNames()).includes('UNVERIFY'));
  });
});

test('events.stream and events.subjects', async () => {
  await inWorld({ 'sandpiper.com': 'pending_delete' }, async (w) => {
    await w.start({ 'events.stream': 'USERS', 'events.subjects': 'user.>' });
    await w.publish('user.email.verified', { account: 's', email: 's@sandpiper.com' });
    await w.messages('email.unverify', 1);
    const { config } = await (await w.manager()).streams.info('USERS');
    assert.deepEqual(config.subjects, ['user.>']);
  });
});

// With a wildcard filter, nats-server 2.9.10 counts what is pending by going through its
// subjects in an order that falls out. From a start in the second half on, each other
// subject that comes before the one with a gap is counted twice: with this many of them it
// is wrong nearly every time.
const OTHERS = 60;
const ADDRESSES = 2 * OTHERS;

/** Do something `n` times, some of them at a time. */
async function many(n, act) {
  const group = 200;
  for (let k = 0; k < n; k += group) {
    await Promise.all(Array.from({ length: Math.min(group, n - k) }, (_, i) => act(k + i)));
  }
}

async function fillWithOthers(w) {
  await w.start();
  for (let k = 0; k < ADDRESSES; k += 1) await w.verified(k, `u${k}@teal.com`);
  await state.acknowledged(w);
  await state.stop(w);
  for (let k = 0; k < OTHERS; k += 1) await w.publish(`account.other.${k}`, 'x');
  return (await w.verified('last', 'last@teal.com')).seq;
}

test('the end of the events is seen though the server miscounts what is pending', async () => {
  await inWorld({ 'teal.com': 'delegated' }, async (w) => {
    await fillWithOthers(w);
    await state.restart(w);
    assert.equal(state.said(w.daemon, 'core', 'loaded', 'addresses'), ADDRESSES + 1);
  });
});

test('and though the last of them is deleted', async () => {
  await inWorld({ 'teal.com': 'delegated' }, async (w) => {
    const last = await fillWithOthers(w);
    await (await w.manager()).streams.deleteMessage('ACCOUNTS', last);
    await state.restart(w);
    assert.equal(state.said(w.daemon, 'core', 'loaded', 'addresses'), ADDRESSES);
  });
});

// The same count, from a start in the first half: now subjects that were all read before are
// taken off twice. More than one pull's worth is left when the count has come to nothing.
test('the end of the events is not seen too early when the server miscounts', async () => {
  const old = 3000;
  const late = 3200;
  await inWorld({ 'teal.com': 'delegated' }, async (w) => {
    await w.start();
    await w.verified('first', 'first@teal.com');
    await many(old, (k) => w.publish(`account.other.${k}`, 'x'));
    await state.acknowledged(w);
    await state.stop(w);
    await many(OTHERS, (k) => w.publish(`account.late.${k}`, 'x'));
    await many(late, (k) => w.verified(k, `u${k}@teal.com`));
    await state.restart(w);
    assert.equal(state.said(w.daemon, 'core', 'loaded', 'addresses'), late + 1);
  });
});

test('the end of the events is seen behind messages that the filter hides', async () => {
  await inWorld({ 'teal.com': 'delegated' }, async (w) => {
    await (await w.manager()).streams.add({ name: 'FLEET', subjects: ['account.>', 'order.>'] });
    await w.verified('t', 't@teal.com');
    await w.publish('order.placed', { order: 1 });
    await state.restart(w);
    assert.equal(state.said(w.daemon, 'core', 'loaded', 'addresses'), 1);
  });
});
