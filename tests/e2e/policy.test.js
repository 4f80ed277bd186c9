'use strict';
// What other policies than strict act on, and what their messages say.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');

const summary = (messages) => Object.fromEntries(messages.map((m) => [m.body.domain,
  [m.body.phase, m.body.reason, m.body.block_password_reset, m.body.evidence.policy].join(' ')]));

const DOMAINS = {
  'copperleaf.com': 'only_undelegated',
  'dovecote.org': 'unknown',
  'elderflower.net': 'held',
  'fernhill.com': 'redemption',
  'gorse.org': 'released',
  'hawthorn.net': 'api_errors',
};

test('preset pypi acts on any of its words, and on no error', async () => {
  await inWorld({ ...DOMAINS, 'fence-pypi.net': 'released' }, async (w) => {
    await w.start({ 'policy.preset': 'pypi' });
    for (const name of Object.keys(DOMAINS)) await w.verified(name, `a@${name}`);
    await w.messages('email.unverify', 5);
    await w.fence('fence-pypi.net');
    const found = summary(await w.all('email.unverify'));
    delete found['fence-pypi.net'];
    assert.deepEqual(found, {
      'copperleaf.com': 'candidate preset_match false pypi',
      'dovecote.org': 'candidate preset_match false pypi',
      'elderflower.net': 'held preset_match false pypi',
      'fernhill.com': 'redemption domain_expiring false pypi',
      'gorse.org': 'released domain_available true pypi',
    });
  });
});

test('a table of one\'s own', async () => {
  await inWorld({ ...DOMAINS, 'ivy-lane.com': 'pending_delete', 'fence-own.net': 'released' },
    async (w) => {
      await w.start({ 'policy.unverify_on': 'inactive', 'policy.release_on': 'deleting' });
      for (const name of Object.keys(DOMAINS)) await w.verified(name, `a@${name}`);
      await w.verified('ivy', 'a@ivy-lane.com');
      await w.verified('fence', 'a@fence-own.net'); // blocks nothing here: no w.fence
      const found = summary(await w.messages('email.unverify', 3));
      assert.deepEqual(found, {
        'gorse.org': 'released domain_available false custom',
        'fence-own.net': 'released domain_available false custom',
        'ivy-lane.com': 'released preset_match true custom',
      });
      const blocked = await w.messages('email.block_reset', 1);
      assert.deepEqual(blocked.map((m) => m.body.account), ['ivy']);
      await w.messages('email.domain.phase', 5);
      assert.equal(await w.count('email.unverify'), 3);
      assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
      assert.equal(await w.count('email.unverify'), 3);
    });
});
