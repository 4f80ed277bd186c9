'use strict';
// An address over time: verified again, removed, its account deleted, its domain restored.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const state = require('./lib/state');
const { until } = require('./lib/until');
const { checkDomain, checkIdsAreUnique } = require('./lib/check');

const accountsOf = (messages) => messages.map((m) => m.body.account).sort();

test('an address verified again at a lapsed domain is checked again at once', async () => {
  await inWorld({ 'alderbrook.com': 'redemption' }, async (w) => {
    await w.start();
    await w.verified('ann', 'ann@alderbrook.com', { time: '2025-01-01T00:00:00Z' });
    await w.messages('email.unverify', 1);
    const asked = w.api.questions().length;
    await w.verified('ann', 'ann@alderbrook.com', { time: '2025-02-02T00:00:00Z' });
    const found = await w.messages('email.unverify', 2);
    assert.deepEqual(accountsOf(found), ['ann', 'ann']);
    assert.notEqual(found[0].body.id, found[1].body.id);
    checkIdsAreUnique(found);
    assert.ok(w.api.questions().length > asked, 'the registry was asked again');
  });
});

test('a second address at a lapsed domain gets its own message', async () => {
  await inWorld({ 'birchwood.com': 'pending_delete', 'fence-four.net': 'released' },
    async (w) => {
      await w.start();
      await w.verified('ann', 'ann@birchwood.com');
      await w.messages('email.unverify', 1);
      await w.verified('ben', 'ben@birchwood.com');
      await w.messages('email.unverify', 2);
      const fence = await w.fence('fence-four.net');
      assert.deepEqual(accountsOf(await w.all('email.unverify')), ['ann', 'ben', fence].sort());
    });
});

// A domain with no address left is forgotten. So that somebody asks about it again after it
// has lapsed, another account verifies an address there: a new domain is checked at once.
for (const [what, subject, body] of [
  ['email.removed', 'account.email.removed', { account: 'old', email: 'old@corvus-it.com' }],
  ['email.unverified', 'account.email.unverified', { account: 'old', email: 'old@corvus-it.com' }],
  ['deleted', 'account.deleted', { account: 'old' }],
]) {
  test(`after ${what} an address is no longer watched`, async () => {
    await inWorld({
      'corvus-it.com': 'lapses_later', 'fence-five.net': 'released', 'fence-six.net': 'released',
    }, async (w) => {
      await w.start();
      await w.verified('old', 'old@corvus-it.com');
      await w.publish(subject, body);
      await w.fence('fence-five.net');
      assert.ok(!w.api.questions().some((q) => q.domain === 'corvus-it.com'));
      w.dns.set('corvus-it.com', 'absent');
      await w.verified('new', 'new@corvus-it.com');
      const fence = await w.fence('fence-six.net');
      await w.messages('email.unverify', 3);
      assert.deepEqual(accountsOf(await w.all('email.unverify')),
        ['fence-fence-five.net', fence, 'new'].sort());
      const [phase] = (await w.all('email.domain.phase'))
        .filter((m) => m.body.to === 'pending_delete');
      assert.equal(phase.body.accounts, 1, 'only the new account hangs on the domain');
    });
  });
}

test('removing one address leaves the others', async () => {
  await inWorld({ 'elderflower.com': 'pending_delete', 'fence-seven.net': 'released' },
    async (w) => {
      await w.start();
      // While the status API hangs, no verdict can come before the removal.
      w.api.freeze();
      await w.verified('keeps', 'keeps@elderflower.com');
      await w.verified('keeps', 'second@elderflower.com');
      await w.verified('leaves', 'leaves@elderflower.com');
      await w.publish('account.email.removed',
        { account: 'leaves', email: 'leaves@elderflower.com' });
      await w.publish('account.email.removed',
        { account: 'keeps', email: 'second@elderflower.com' });
      await w.handedOver();
      w.api.thaw();
      await w.messages('email.unverify', 1);
      const fence = await w.fence('fence-seven.net');
      const found = await w.all('email.unverify');
      assert.deepEqual(accountsOf(found), [fence, 'keeps'].sort());
      assert.ok(found.some((m) => m.body.email === 'keeps@elderflower.com'));
    });
});

test('an account that is deleted loses all its addresses', async () => {
  await inWorld({ 'farrier.com': 'pending_delete', 'gorsehill.com': 'released',
    'fence-eight.net': 'released' }, async (w) => {
    await w.start();
    w.api.freeze();
    await w.verified('goes', 'a@farrier.com');
    await w.verified('goes', 'b@gorsehill.com');
    await w.verified('stays', 'c@gorsehill.com');
    await w.publish('account.deleted', { account: 'goes' });
    await w.handedOver();
    w.api.thaw();
    const fence = await w.fence('fence-eight.net');
    await w.messages('email.unverify', 2);
    assert.deepEqual(accountsOf(await w.all('email.unverify')), [fence, 'stays'].sort());
  });
});

test('mfa.changed changes the risk of later messages', async () => {
  await inWorld({ 'hawthorne.com': 'pending_delete' }, async (w) => {
    await w.start();
    w.api.freeze();
    await w.verified('more', 'more@hawthorne.com', { mfa: false, other_verified: false });
    await w.verified('less', 'less@hawthorne.com', { mfa: true, other_verified: true });
    await w.publish('account.mfa.changed', { account: 'more', mfa: true });
    await w.publish('account.mfa.changed', { account: 'less', mfa: false });
    await w.publish('account.mfa.changed', { account: 'nobody', mfa: false });
    await state.acknowledged(w);
    w.api.thaw();
    const found = await w.messages('email.unverify', 2);
    assert.deepEqual(Object.fromEntries(found.map((m) => [m.body.account, m.body.risk])),
      { more: 'high', less: 'high' });
  });
});

test('a snapshot brings in many addresses; a bad one among them is reported', async () => {
  await inWorld({ 'ivybridge.com': 'pending_delete', 'jackdaw.com': 'delegated',
    'fence-nine.net': 'released' }, async (w) => {
    await w.start();
    const emails = [];
    for (let i = 0; i < 500; i += 1) {
      emails.push({ account: i, email: `user${i}@${i % 5 ? 'jackdaw' : 'ivybridge'}.com` });
    }
    await w.publish('account.snapshot', { emails });
    const found = await w.messages('email.unverify', 100);
    assert.deepEqual(found.map((m) => m.body.account).sort((a, b) => a - b),
      emails.map((e) => e.account).filter((i) => i % 5 === 0));
    assert.equal(await w.count('>', 'UNVERIFYD_INVALID'), 0);

    await w.publish('account.snapshot', {
      emails: [{ account: 'good', email: 'good@ivybridge.com' }, { account: 'bad', email: '@' }],
    });
    const [letter] = await w.messages('unverifyd.invalid', 1, { stream: 'UNVERIFYD_INVALID' });
    assert.equal(letter.header['Unverifyd-Subject'], 'account.snapshot');
    await until('the good one among the bad', async () => (await w.all('email.unverify'))
      .some((m) => m.body.account === 'good'));
    await w.fence('fence-nine.net');
    assert.equal(await w.count('email.unverify'), 102);
  });
});

test('a domain that comes back is told of, and nothing is verified again', async () => {
  await inWorld({ 'kingfisher-it.com': 'redemption', 'fence-ten.net': 'released' },
    async (w) => {
      await w.start();
      await w.verified('ann', 'ann@kingfisher-it.com');
      await w.messages('email.unverify', 1);
      w.dns.set('kingfisher-it.com', 'delegated');
      await w.verified('ben', 'ben@kingfisher-it.com'); // a bad phase: checked at once
      const [message] = await w.messages('email.domain.recovered', 1);
      checkDomain(message, { domain: 'kingfisher-it.com', from: 'redemption', to: 'active',
        accounts: 2, name: 'email.domain.recovered' });
      const fence = await w.fence('fence-ten.net');
      assert.deepEqual(accountsOf(await w.all('email.unverify')), ['ann', fence].sort());
      const subjects = new Set((await w.all('email.>')).map((m) => m.subject));
      subjects.forEach((s) => assert.match(s, /^email\.(unverify|block_reset|domain\.\w+)$/));
    });
});

test('subjects that name no event of ours are ignored', async () => {
  await inWorld({ 'larkspur.com': 'pending_delete', 'fence-eleven.net': 'released' },
    async (w) => {
      await w.start();
      for (const subject of ['account.created', 'account.email.changed', 'account.login.failed',
        'account.x']) {
        await w.publish(subject, { account: 'a', email: 'a@larkspur.com' });
      }
      const fence = await w.fence('fence-eleven.net');
      assert.deepEqual(accountsOf(await w.all('email.unverify')), [fence]);
      assert.equal(await w.count('>', 'UNVERIFYD_INVALID'), 0);
    });
});
