'use strict';
// store.mode=memory: core NATS alone, on a server that has no JetStream at all.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld, readMessage } = require('./lib/world');
const { until } = require('./lib/until');
const { checkUnverify } = require('./lib/check');

test('core NATS without JetStream', async () => {
  await inWorld({ 'moorland.com': 'released', 'nightjar.com': 'delegated' }, async (w) => {
    const seen = [];
    const subscription = w.nc.subscribe('>');
    (async () => { for await (const m of subscription) seen.push(readMessage(m)); })();
    const daemon = w.launch({ 'store.mode': 'memory' });
    await until(() => `unverifyd subscribes; its log:\n${daemon.child.tail()}`, async () => {
      if (!daemon.isRunning) throw new Error(`unverifyd ended:\n${daemon.child.tail()}`);
      return (await w.nats.subscriptions()).includes('account.>');
    });
    const send = (body) => w.nc.publish('account.email.verified', Buffer.from(body));
    send(JSON.stringify({ account: 'ok', email: 'ok@nightjar.com' }));
    send('not an event');
    send(JSON.stringify({ account: 'mo', email: 'mo@moorland.com' }));
    const on = (subject) => seen.filter((m) => m.subject === subject);
    await until('the messages', () => on('email.unverify').length > 0
      && on('email.block_reset').length > 0 && on('unverifyd.invalid').length > 0);
    const want = {
      account: 'mo', email: 'mo@moorland.com', domain: 'moorland.com', state: 'released',
    };
    checkUnverify(on('email.unverify')[0], w, want);
    checkUnverify(on('email.block_reset')[0], w, { ...want, name: 'email.block_reset' });
    assert.equal(on('unverifyd.invalid')[0].data.toString(), 'not an event');
    assert.equal(on('unverifyd.invalid')[0].header['Unverifyd-Subject'],
      'account.email.verified');
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
    assert.equal(on('email.unverify').length, 1);
  }, { jetstream: false });
});

test('a restart of the server is survived', async () => {
  await inWorld({ 'oxbow-lake.com': 'pending_delete' }, async (w) => {
    const daemon = w.launch({ 'store.mode': 'memory' });
    const isSubscribed = async () => {
      if (!daemon.isRunning) throw new Error(`unverifyd ended:\n${daemon.child.tail()}`);
      return (await w.nats.subscriptions()).includes('account.>');
    };
    await until('unverifyd subscribes', isSubscribed);
    await w.nats.kill();
    await w.nats.start();
    await until('unverifyd subscribes again', isSubscribed, 30000);
    const seen = [];
    const subscription = w.nc.subscribe('email.unverify');
    (async () => { for await (const m of subscription) seen.push(readMessage(m)); })();
    await until('our client is back', () => w.nc.flush().then(() => true, () => false));
    w.nc.publish('account.email.verified',
      Buffer.from(JSON.stringify({ account: 'ox', email: 'ox@oxbow-lake.com' })));
    await until('the message', () => seen.length > 0);
    assert.equal(seen[0].body.account, 'ox');
  }, { jetstream: false });
});
