'use strict';
// Domains that are in DNS with the name servers of expired ones: what their registry says
// decides, and the name servers alone say nothing.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { until } = require('./lib/until');
const { checkUnverify, checkDomain } = require('./lib/check');

test('parked: expiring is unverified, active is left alone', async () => {
  await inWorld({
    'kranz-druck.com': 'parked_expiring',
    'millbrook-seeds.com': 'parked_active',
    'fence-one.net': 'released',
  }, async (w) => {
    await w.start();
    await w.verified('anna', 'anna@kranz-druck.com');
    await w.verified('bert', 'bert@millbrook-seeds.com');
    await w.messages('email.unverify', 1);
    await until('both were asked about', () => {
      const asked = w.api.questions().map((q) => q.domain);
      return asked.includes('kranz-druck.com') && asked.includes('millbrook-seeds.com');
    });
    const fence = await w.fence('fence-one.net');
    const unverified = (await w.all('email.unverify')).filter((m) => m.body.account !== fence);
    assert.equal(unverified.length, 1);
    checkUnverify(unverified[0], w, {
      account: 'anna', email: 'anna@kranz-druck.com', domain: 'kranz-druck.com',
      state: 'parked_expiring',
    });
    const phases = (await w.all('email.domain.phase')).filter((m) => m.body.domain !== 'fence-one.net');
    assert.equal(phases.length, 1);
    checkDomain(phases[0], { domain: 'kranz-druck.com', to: 'redemption', accounts: 1 });
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
  });
});

test('a redemption is confirmed, and without the list a parked name is in order', async () => {
  await inWorld({ 'kranz-druck.com': 'parked_expiring', 'fence-one.net': 'released' }, async (w) => {
    // The verdict has to hold a day: it is told as a phase, and nobody is unverified.
    await w.start({ 'policy.confirm_hours': 24 });
    await w.verified('anna', 'anna@kranz-druck.com');
    await w.messages('email.domain.phase', 1);
    const fence = await w.fence('fence-one.net');
    assert.ok((await w.all('email.unverify')).every((m) => m.body.account === fence));
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
  });
  await inWorld({ 'kranz-druck.com': 'parked_expiring', 'fence-one.net': 'released' }, async (w) => {
    await w.start({ 'dns.parked_nameservers': 'none' });
    await w.verified('anna', 'anna@kranz-druck.com');
    await w.fence('fence-one.net');
    assert.ok(!w.api.questions().some((q) => q.domain === 'kranz-druck.com'));
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
  });
});
