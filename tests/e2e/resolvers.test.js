'use strict';
// What DNS says is not always so: resolvers that lie or go away, registries that answer for
// every name.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld, STATES } = require('./lib/world');
const { Dns } = require('./lib/servers');
const { checkIdsAreUnique } = require('./lib/check');

const accountsOf = (messages) => messages.map((m) => m.body.account).sort();

test('below a suffix that answers for every name the registry is asked instead', async () => {
  await inWorld({
    '*.ws': 'wildcard', 'gone.ws': 'pending_delete', 'there.ws': 'delegated',
    'first.ws': 'delegated', '*.co.uk': 'wildcard', 'first.co.uk': 'delegated',
    'gone.co.uk': 'released', 'gone.uk': 'pending_delete', 'there.uk': 'delegated',
    'fence-one.net': 'released',
  }, async (w) => {
    // gone.ws and gone.co.uk are taken out of their zones, and DNS shows them all the same
    await w.start();
    for (const suffix of ['ws', 'co.uk']) {
      await w.verified(`first.${suffix}`, `x@first.${suffix}`); // has its suffix tested
      await w.daemon.logs(new RegExp(`event=suffix_answers_for_every_name suffix=${suffix}\\n`));
    }
    for (const name of ['gone.ws', 'there.ws', 'gone.co.uk', 'gone.uk', 'there.uk']) {
      await w.verified(name, `x@${name}`);
    }
    const found = await w.messages('email.unverify', 3);
    assert.deepEqual(accountsOf(found), ['gone.co.uk', 'gone.uk', 'gone.ws']);
    const outcomes = Object.fromEntries(
      found.map((m) => [m.body.account, m.body.evidence.dns.outcome]));
    assert.deepEqual(outcomes,
      { 'gone.ws': 'synthesized', 'gone.co.uk': 'synthesized', 'gone.uk': 'absent' });
    const fence = await w.fence('fence-one.net');
    assert.deepEqual(accountsOf(await w.all('email.unverify')),
      ['gone.co.uk', 'gone.uk', 'gone.ws', fence].sort());
    // the living one is asked about as well, that of an honest registry is not
    const asked = w.api.questions().map((q) => q.domain);
    assert.equal(asked.filter((d) => d === 'there.ws').length, 1);
    assert.ok(!asked.includes('there.uk'));
    assert.equal((w.daemon.log.match(/suffix_answers_for_every_name/g) || []).length, 2);
  });
});

test('a resolver that fails its canaries makes nobody a candidate', async () => {
  await inWorld({ 'gone.com': 'released', 'there.com': 'delegated' }, async (w) => {
    await w.start({ 'dns.canaries': 'not-there.org' });
    await w.verified('gone', 'x@gone.com');
    await w.verified('there', 'x@there.com');
    await w.daemon.logs(
      /level=error comp=dns event=resolver_set_aside server=\S+ why=denies_what_exists/);
    await w.daemon.logs(/event=totals .*phase_new=1 phase_active=1/);
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
    assert.deepEqual(w.api.questions(), []);
    assert.equal(await w.count('email.>'), 0);
    assert.equal((w.daemon.log.match(/resolver_set_aside/g) || []).length, 1, 'said once');

    // the same with canaries that are in order
    await w.start();
    await w.verified('gone', 'x@gone.com'); // at once, not when the doubt's time is over
    const [message] = await w.messages('email.unverify', 1);
    assert.equal(message.body.account, 'gone');
  });
});

test('one of two resolvers stops under load and goes on later', async () => {
  const domains = {};
  for (let i = 0; i < 1000; i += 1) {
    domains[`orchard-${i}.com`] = i % 20 ? 'delegated' : 'pending_delete';
  }
  const names = Object.keys(domains);
  const lapsed = names.filter((name) => domains[name] !== 'delegated');
  await inWorld(domains, async (w) => {
    const second = await Dns.start(w.dir,
      Object.entries(domains).map(([name, s]) => [name, STATES[s].dns]), 'knot-second');
    try {
      const publish = (from, to) => Promise.all(names.slice(from, to)
        .map((name) => w.verified(name, `x@${name}`)));
      await w.start({
        'dns.servers': `${w.dns.address},${second.address}`, 'dns.timeout_ms': 300,
      });
      await publish(0, 300);
      await w.messages('email.unverify', 15);
      second.freeze();
      await publish(300, 700);
      await w.daemon.logs(new RegExp(`resolver_set_aside server=${second.address} why=silent`));
      await publish(700, 1000);
      await w.handedOver();
      // every living domain has been seen by the other one
      await w.daemon.logs(/event=totals .*phase_active=950/);
      assert.equal(await w.count('email.unverify'), 15, 'nobody could confirm a denial');
      second.thaw();
      await w.messages('email.unverify', lapsed.length, { limitMs: 180000 });
      await w.daemon.logs(new RegExp(`resolver_is_back server=${second.address}`));
      assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
      const found = await w.all('email.unverify');
      checkIdsAreUnique(found);
      assert.deepEqual(accountsOf(found), [...lapsed].sort());
      // each denial is that of both
      for (const m of found) {
        assert.deepEqual(m.body.evidence.dns.resolver.split(',').sort(),
          [w.dns.address, second.address].sort());
      }
    } finally {
      await second.stop();
    }
  });
});
