'use strict';
// What the registries themselves say: as a second opinion, as the only one, and of the day
// on which a domain was registered.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { Registry } = require('./lib/rdap');
const { binary, cleanEnvironment } = require('./lib/daemon');
const { Child } = require('./lib/process');
const { until } = require('./lib/until');
const { checkIdsAreUnique, TIME } = require('./lib/check');

const REDEMPTION = {
  status: ['redemption period', 'pending delete'], registered: '2014-05-13T16:53:20Z',
};

async function withRegistry(domains, registered, run) {
  const registry = await Registry.start(registered);
  try {
    await inWorld(domains, (w) => run(w, registry));
  } finally {
    await registry.stop();
  }
}

function checkRdap(rdap, registry, want) {
  assert.deepEqual(Object.keys(rdap).sort(),
    ['at', 'elapsed_ms', 'expires', 'http', 'registered', 'server', 'status']);
  assert.ok(registry.url.includes(rdap.server.replace(/:\d+$/, '')), rdap.server);
  assert.deepEqual(rdap.status, want.status || []);
  assert.equal(rdap.registered, want.registered || null);
  assert.equal(rdap.expires, null);
  assert.equal(rdap.http, want.http || 200);
  assert.match(rdap.at, TIME);
}

const accountsOf = (messages) => messages.map((m) => m.body.account).sort();

test('a redemption that the words hide is told with both pieces of evidence', async () => {
  await withRegistry({ 'thornbury.com': 'held', 'fence-reg.net': 'released' },
    { 'thornbury.com': REDEMPTION }, async (w, registry) => {
      await w.start(registry.settings({ 'status.second_opinion': 'rdap' }));
      await w.verified('ann', 'ann@thornbury.com');
      const [m] = await w.messages('email.unverify', 1);
      assert.equal(m.body.phase, 'redemption');
      assert.equal(m.body.reason, 'domain_expiring');
      assert.equal(m.body.block_password_reset, false);
      assert.equal(m.body.evidence.status.provider, 'domainr');
      assert.deepEqual(m.body.evidence.status.tokens, ['undelegated', 'active']);
      checkRdap(m.body.evidence.rdap, registry, REDEMPTION);
      assert.equal(registry.questions('thornbury.com'), 1);
      // Clear words are not asked about twice.
      await w.fence('fence-reg.net');
      assert.equal(registry.questions('fence-reg.net'), 0);
    });
});

test('a registry in trouble, or one that contradicts, unverifies nobody', async () => {
  await withRegistry({
    'slowwater.com': 'held', 'foxglove.com': 'held', 'fence-reg.net': 'released',
  }, { 'slowwater.com': 500, 'foxglove.com': 404 }, async (w, registry) => {
    await w.start(registry.settings({ 'status.second_opinion': 'rdap' }));
    await w.verified('ann', 'ann@slowwater.com');
    await w.verified('ben', 'ben@foxglove.com');
    await until('both are asked about', async () => registry.asked.length >= 2);
    // The words stand where nobody contradicts them.
    const [phase] = await w.messages('email.domain.phase', 1);
    assert.equal(phase.body.domain, 'slowwater.com');
    assert.equal(phase.body.to, 'held');
    assert.equal(phase.body.evidence.rdap, null);
    const fence = await w.fence('fence-reg.net');
    assert.deepEqual(accountsOf(await w.all('email.unverify')), [fence]);
    assert.ok(!(await w.all('email.domain.phase')).some((m) => m.body.domain === 'foxglove.com'));
  });
});

test('the registries can be the provider', async () => {
  await withRegistry({ 'hollyoak.com': 'released', 'ivybridge.com': 'held' },
    { 'ivybridge.com': { status: ['client hold'] } }, async (w, registry) => {
      await w.start(registry.settings({ 'status.provider': 'rdap' }));
      await w.verified('ann', 'ann@ivybridge.com');
      await w.verified('ben', 'ben@hollyoak.com');
      const [m] = await w.messages('email.unverify', 1);
      const [block] = await w.messages('email.block_reset', 1);
      assert.equal(m.body.account, 'ben');
      assert.equal(block.body.account, 'ben');
      assert.equal(m.body.phase, 'released');
      checkRdap(m.body.evidence.rdap, registry, { http: 404 });
      assert.equal(m.body.evidence.status.provider, 'rdap');
      assert.deepEqual(m.body.evidence.status.tokens, []);
      const phases = await w.messages('email.domain.phase', 2);
      const held = phases.find((p) => p.body.domain === 'ivybridge.com');
      assert.equal(held.body.to, 'held');
      assert.deepEqual(held.body.evidence.status.tokens, ['client hold']);
      assert.equal(w.api.questions().length, 0);
    });
});

test('an address that is older than its domain is void, the others are not', async () => {
  await withRegistry({ 'juniperlane.com': 'delegated' },
    { 'juniperlane.com': { status: ['active'], registered: '2022-06-01T12:00:00Z' } },
    async (w, registry) => {
      await w.start(registry.settings({ 'status.second_opinion': 'rdap' }));
      await w.verified('old', 'old@juniperlane.com', { time: '2020-01-01T00:00:00Z' });
      await w.verified('new', 'new@juniperlane.com', { time: '2023-01-01T00:00:00Z' });
      await w.handedOver();
      // Its next check after the first one looks at the registration, too.
      await until('the registry is asked', async () => {
        await w.verified('new', 'new@juniperlane.com');
        return registry.questions('juniperlane.com') > 0;
      });
      const [m] = await w.messages('email.unverify', 1);
      const [block] = await w.messages('email.block_reset', 1);
      for (const message of [m, block]) {
        assert.equal(message.body.account, 'old');
        assert.equal(message.body.phase, 'resurrected');
        assert.equal(message.body.reason, 'domain_reregistered');
        assert.equal(message.body.block_password_reset, true);
        assert.equal(message.body.evidence.dns.outcome, 'delegated');
        assert.equal(message.body.evidence.status, null);
        checkRdap(message.body.evidence.rdap, registry,
          { status: ['active'], registered: '2022-06-01T12:00:00Z' });
      }
      // Verified again: it starts afresh, and the domain is in order for all of them.
      await w.verified('old', 'old@juniperlane.com');
      const [back] = await w.messages('email.domain.recovered', 1);
      assert.equal(back.body.from, 'resurrected');
      assert.equal(back.body.to, 'active');
      assert.equal(await w.count('email.unverify'), 1);
    });
});

test('a domain that is caught after its drop is resurrected, through a kill', async () => {
  await withRegistry({ 'kingsmead.com': 'lapses_later' },
    { 'kingsmead.com': { status: ['pending delete'], registered: '2010-01-01T00:00:00Z' } },
    async (w, registry) => {
      const settings = registry.settings({ 'status.second_opinion': 'rdap' });
      await w.start(settings);
      w.dns.set('kingsmead.com', 'absent');
      await w.verified('ann', 'ann@kingsmead.com', { time: '2024-01-01T00:00:00Z' });
      const [first] = await w.messages('email.unverify', 1);
      assert.equal(first.body.phase, 'pending_delete');
      const caught = new Date(Date.now() - 3600e3).toISOString().replace(/\.\d+Z/, 'Z');
      registry.set('kingsmead.com', { status: ['add period'], registered: caught });
      w.dns.set('kingsmead.com', 'delegated');
      await w.verified('thief', 'thief@kingsmead.com');
      const [block] = await w.messages('email.block_reset', 1);
      assert.equal(block.body.account, 'ann');
      assert.equal(block.body.phase, 'resurrected');
      checkRdap(block.body.evidence.rdap, registry, { status: ['add period'], registered: caught });
      assert.equal(await w.count('email.unverify'), 1, 'once for each verification');
      await w.daemon.kill();
      await w.start(settings);
      // What it knows of the registration is still known: an old verification is void.
      await w.verified('late', 'late@kingsmead.com', { time: '2024-02-02T00:00:00Z' });
      const found = await w.messages('email.block_reset', 2);
      assert.deepEqual(accountsOf(found), ['ann', 'late']);
      const told = await w.messages('email.unverify', 2);
      assert.deepEqual(accountsOf(told), ['ann', 'late']);
      checkIdsAreUnique([...found, ...told]);
      assert.equal(await w.count('email.domain.recovered'), 0);
    });
});

test('check shows what the registry says', async () => {
  await withRegistry({ 'lavenham.com': 'held' }, { 'lavenham.com': REDEMPTION },
    async (w, registry) => {
      const run = async (extra) => {
        const settings = w.settings(registry.settings(extra));
        const args = Object.entries(settings).flatMap(([k, v]) => ['--set', `${k}=${v}`]);
        const child = new Child(binary(), [...args, 'check', 'lavenham.com'],
          { env: cleanEnvironment({ SSL_CERT_FILE: w.api.ca }) });
        await child.exited;
        return JSON.parse(child.output.split('\n').find((line) => line.startsWith('{')));
      };
      const second = await run({ 'status.second_opinion': 'rdap' });
      assert.equal(second.phase, 'redemption');
      assert.deepEqual(second.status.tokens, ['undelegated', 'active']);
      assert.deepEqual(second.rdap.status, REDEMPTION.status);
      assert.equal(second.rdap.registered, REDEMPTION.registered);
      const only = await run({ 'status.provider': 'rdap' });
      assert.equal(only.phase, 'redemption');
      assert.equal(only.status, null);
      assert.equal(only.rdap.outcome, 'answered');
      const none = await run({});
      assert.equal(none.phase, 'held');
      assert.equal('rdap' in none, false);
    });
});
