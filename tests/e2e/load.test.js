'use strict';
// Many events at once, and what they may cost: messages, memory, money.

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { inWorld } = require('./lib/world');
const { releaseBinary } = require('./lib/daemon');
const { until } = require('./lib/until');
const { checkIdsAreUnique } = require('./lib/check');

const EVENTS = 100000;
const DOMAINS = 20000;
const LAPSED = DOMAINS / 100;
const MEMORY_LIMIT = 60 * 1024 * 1024;
const TLDS = ['com', 'org', 'net', 'de', 'fr', 'co.uk', 'io'];

const nameOf = (i) => `${['haus', 'field', 'stone', 'mer'][i % 4]}-${i}.${TLDS[i % TLDS.length]}`;
const isLapsed = (i) => i % 100 === 37;
const lapsedState = (i) => ['redemption', 'pending_delete', 'released'][Math.floor(i / 100) % 3];

test(`${EVENTS} events for ${DOMAINS} domains, ${LAPSED} of them lapsed`, async (t) => {
  const program = releaseBinary();
  if (!program || !fs.existsSync(program)) {
    t.skip('no build without sanitizers');
    return;
  }
  const domains = {};
  for (let i = 0; i < DOMAINS; i += 1) {
    domains[nameOf(i)] = isLapsed(i) ? lapsedState(i) : 'delegated';
  }
  await inWorld(domains, async (w) => {
    await w.start({}, { program });
    const due = new Set();
    const started = Date.now();
    let window = [];
    for (let k = 0; k < EVENTS; k += 1) {
      const i = k % DOMAINS;
      const email = `confidential-local-part-${k}@${nameOf(i)}`;
      if (isLapsed(i)) due.add(`${k} ${email}`);
      window.push(w.js.publish('account.email.verified',
        JSON.stringify({ account: k, email, mfa: k % 2 === 0 }), { msgID: `load-${k}` }));
      if (window.length === 500) {
        await Promise.all(window);
        window = [];
      }
    }
    await Promise.all(window);
    const found = await w.messages('email.unverify', due.size, { limitMs: 120000 });
    const seconds = (Date.now() - started) / 1000;
    await w.handedOver();
    await until('every candidate was asked about', () =>
      new Set(w.api.questions().map((q) => q.domain)).size >= LAPSED, 60000);
    const peak = w.daemon.peakMemory();
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });

    const all = await w.all('email.unverify'); // with what the stop may have flushed
    assert.ok(all.length >= found.length);
    await t.test('each lapsed address has exactly one message, no other has any', () => {
      const seen = all.map((m) => `${m.body.account} ${m.body.email}`);
      assert.equal(new Set(seen).size, seen.length, 'none twice');
      assert.deepEqual(seen.sort(), [...due].sort());
      checkIdsAreUnique(all);
    });
    await t.test('blocked resets are those of released domains', async () => {
      const resets = await w.all('email.block_reset');
      assert.deepEqual(resets.map((m) => m.body.email).sort(),
        all.filter((m) => m.body.phase === 'released').map((m) => m.body.email).sort());
    });
    await t.test(`memory stays below ${MEMORY_LIMIT / 1048576} MB`, () => {
      t.diagnostic(`peak ${(peak / 1048576).toFixed(1)} MB, ${seconds.toFixed(1)} s`);
      assert.ok(peak < MEMORY_LIMIT, `${(peak / 1048576).toFixed(1)} MB`);
    });
    await t.test('no more paid questions than candidates', () => {
      const asked = w.api.questions();
      assert.ok(asked.length <= LAPSED, `${asked.length} questions for ${LAPSED}`);
      assert.ok(asked.every((q) => q.status === 200));
    });
    await t.test('no local part and no secret is in the log', () => {
      assert.ok(w.daemon.log.length > 0, 'there is a log');
      assert.ok(!w.daemon.log.includes('confidential-local-part'));
      assert.ok(!w.daemon.log.includes(w.api.key));
    });
  });
});
