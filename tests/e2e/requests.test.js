'use strict';
// Questions to the service over the bus.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { until } = require('./lib/until');
const state = require('./lib/state');

const time = (k) => new Date(Date.parse('2024-01-01T00:00:00Z') + k * 1000).toISOString();

/** A request; `body` as it is. Gives { body, code }. */
async function ask(w, subject, body = '', timeout = 20000) {
  const m = await w.nc.request(subject, Buffer.from(body), { timeout });
  const code = m.headers ? m.headers.get('Nats-Service-Error-Code') : '';
  return { body: JSON.parse(Buffer.from(m.data).toString()), code };
}

/** Everything of ours that the bus stores about our state, as one text. */
async function stored(w) {
  return `${await state.bytesOf(w, state.LOG)}${await state.bytesOf(w, state.SNAP)}`;
}

test('unverifyd.stats: totals, and the digest that a stop would log', async () => {
  await inWorld({ 'kiln.com': 'released', 'lathe.com': 'delegated' }, async (w) => {
    await w.start();
    await w.verified('ann', 'ann@kiln.com', { time: time(1) });
    await w.verified('ben', 'ben@lathe.com', { time: time(2) });
    await w.messages('email.unverify', 1);
    await state.acknowledged(w);
    await until('both have been asked about',
      async () => (await ask(w, 'unverifyd.stats')).body.phase_active === 1);
    const { body, code } = await ask(w, 'unverifyd.stats');
    assert.equal(code, '');
    assert.equal(body.domains, 2);
    assert.equal(body.addresses, 2);
    assert.equal(body.events, 2);
    assert.equal(body.phase_released, 1);
    assert.equal(body.unverify_published, 1);
    assert.equal(body.position, body.stream_last);
    assert.equal(body.budget_left, 9999);
    assert.equal(await state.stop(w), body.digest);
  });
});

test('unverifyd.forget: an account is gone, from the log and the snapshots, too', async () => {
  await inWorld({ 'kiln.com': 'delegated', 'lathe.com': 'delegated' }, async (w) => {
    await w.start();
    await w.verified('ann', 'wanted@kiln.com', { time: time(1) });
    await w.verified('ann', 'wanted@lathe.com', { time: time(2) });
    await w.verified('ben', 'kept@lathe.com', { time: time(3) });
    await w.verified(7, 'seven@lathe.com', { time: time(4) });
    await state.acknowledged(w);
    assert.match(await stored(w), /wanted/);
    const reply = await ask(w, 'unverifyd.forget', 'ann\n');
    assert.deepEqual(reply.body, { addresses: 2, erased: true });
    const left = await stored(w);
    assert.doesNotMatch(left, /wanted/);
    assert.match(left, /kept/);
    // By number; the text "7" is somebody else.
    assert.equal((await ask(w, 'unverifyd.forget', '"7"')).body.addresses, 0);
    assert.equal((await ask(w, 'unverifyd.forget', '{"account":7}')).body.addresses, 1);
    assert.doesNotMatch(await stored(w), /seven/);
    const { body } = await ask(w, 'unverifyd.stats');
    assert.equal(body.addresses, 1);
    const digest = await state.stop(w);
    assert.equal(await state.restart(w), digest);
    assert.ok(!/wanted|kept|seven/.test(w.daemon.log));
    await state.stop(w);
  });
});

test('many ask at once, while a snapshot is being written', async () => {
  const n = 30;
  await inWorld({ 'kiln.com': 'delegated' }, async (w) => {
    await w.start();
    for (let k = 0; k < n; k += 1) await w.verified(k, `wanted${k}@kiln.com`, { time: time(k) });
    await state.acknowledged(w);
    const replies = await Promise.all(Array.from({ length: n },
      (_, k) => ask(w, 'unverifyd.forget', `${k}`)));
    assert.deepEqual(replies.map((r) => r.body.addresses), Array(n).fill(1));
    assert.doesNotMatch(await stored(w), /wanted/);
    await state.stop(w);
  });
});

test('a purge that is refused is tried again until nothing is left', async () => {
  await inWorld({ 'kiln.com': 'delegated' }, async (w) => {
    await w.start();
    await w.verified('ann', 'wanted@kiln.com', { time: time(1) });
    await state.acknowledged(w);
    await state.configure(w, state.SNAP, { max_msg_size: 10 });
    const reply = ask(w, 'unverifyd.forget', 'ann', 60000);
    await w.daemon.logs(/comp=publisher event=refused subject=unverifyd\.snap/);
    assert.match(await stored(w), /wanted/);
    await state.configure(w, state.SNAP, { max_msg_size: -1 });
    assert.deepEqual((await reply).body, { addresses: 1, erased: true });
    assert.doesNotMatch(await stored(w), /wanted/);
    await state.stop(w);
  });
});

test('what is no account is an error, in the body and the headers', async () => {
  await inWorld({}, async (w) => {
    await w.start();
    for (const request of ['', 'null', '{}', '[1]', 'x'.repeat(129)]) {
      const { body, code } = await ask(w, 'unverifyd.forget', request);
      assert.equal(code, '400');
      assert.equal(body.error.code, 400);
      assert.match(body.error.message, /allowed: its name, or a number/);
    }
    await state.stop(w);
  });
});

test('only the owner answers', async () => {
  await inWorld({ 'kiln.com': 'delegated' }, async (w) => {
    const first = await w.start();
    const second = w.launch();
    await second.logs(/event=standby/);
    w.daemon = first;
    const replies = [];
    const inbox = 'test.replies';
    const listener = w.nc.subscribe(inbox, { callback: (e, m) => replies.push(m) });
    w.nc.publish('unverifyd.stats', '', { reply: inbox });
    await until('there is an answer', () => replies.length > 0);
    // The second has heard the request before this one, which it also leaves alone.
    await ask(w, 'unverifyd.stats');
    assert.equal(replies.length, 1);
    listener.unsubscribe();
    await second.stop();
    await state.stop(w);
  });
});

test('store.mode = memory answers, too', async () => {
  await inWorld({ 'kiln.com': 'delegated' }, async (w) => {
    const daemon = w.launch({ 'store.mode': 'memory' });
    await daemon.logs(/comp=core event=loaded /);
    await w.nc.publish('account.email.verified',
      JSON.stringify({ account: 'ann', email: 'ann@kiln.com' }));
    await until('it is watched',
      async () => (await ask(w, 'unverifyd.stats')).body.addresses === 1);
    assert.deepEqual((await ask(w, 'unverifyd.forget', 'ann')).body,
      { addresses: 1, erased: true });
    await daemon.stop();
  });
});
