'use strict';
// The same thing said twice, and things said in an unexpected order.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { checkIdsAreUnique } = require('./lib/check');

const accountsOf = (messages) => messages.map((m) => m.body.account).sort();

test('an event published twice under one id counts once', async () => {
  await inWorld({ 'amberley.com': 'pending_delete', 'fence-fourteen.net': 'released' },
    async (w) => {
      await w.start();
      const event = { account: 'a', email: 'a@amberley.com' };
      await w.publish('account.email.verified', event, { msgID: 'one' });
      const second = await w.publish('account.email.verified', event, { msgID: 'one' });
      assert.equal(second.duplicate, true);
      const fence = await w.fence('fence-fourteen.net');
      await w.messages('email.unverify', 2);
      assert.deepEqual(accountsOf(await w.all('email.unverify')), ['a', fence].sort());
    });
});

test('an address verified often before its domain is judged has one message', async () => {
  await inWorld({ 'bellflower.com': 'pending_delete', 'fence-fifteen.net': 'released' },
    async (w) => {
      await w.start();
      w.api.freeze();
      for (let i = 0; i < 5; i += 1) await w.verified('b', 'b@bellflower.com');
      await w.handedOver();
      w.api.thaw();
      await w.messages('email.unverify', 1);
      const fence = await w.fence('fence-fifteen.net');
      const found = await w.all('email.unverify');
      assert.deepEqual(accountsOf(found), ['b', fence].sort());
      checkIdsAreUnique(found);
    });
});

test('many addresses of one domain are one question', async () => {
  await inWorld({ 'clovermead.com': 'pending_delete' }, async (w) => {
    await w.start();
    w.api.freeze();
    for (let i = 0; i < 50; i += 1) await w.verified(i, `u${i}@m${i}.clovermead.com`);
    await w.handedOver();
    w.api.thaw();
    await w.messages('email.unverify', 50);
    assert.equal(w.api.questions().filter((q) => q.domain === 'clovermead.com').length, 1);
  });
});

test('an address that was removed before it was verified is watched', async () => {
  await inWorld({ 'dandelion-it.com': 'pending_delete' }, async (w) => {
    await w.start();
    await w.publish('account.email.removed', { account: 'd', email: 'd@dandelion-it.com' });
    await w.publish('account.deleted', { account: 'd' });
    await w.verified('d', 'd@dandelion-it.com');
    assert.deepEqual(accountsOf(await w.messages('email.unverify', 1)), ['d']);
  });
});

test('one address of two accounts is two messages; an account is told by type and text',
  async () => {
    await inWorld({ 'eiderdown.com': 'pending_delete' }, async (w) => {
      await w.start();
      for (const account of ['7', 7, 'seven']) await w.verified(account, 'all@eiderdown.com');
      const found = await w.messages('email.unverify', 3);
      assert.deepEqual(found.map((m) => `${typeof m.body.account} ${m.body.account}`).sort(),
        ['number 7', 'string 7', 'string seven']);
      checkIdsAreUnique(found);
    });
  });
