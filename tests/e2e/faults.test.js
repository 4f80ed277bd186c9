'use strict';
// The bus or unverifyd dies, hangs or comes late. Nothing is lost, nothing is said twice.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { until, pause } = require('./lib/until');
const { checkIdsAreUnique } = require('./lib/check');

/** `n` domains, every tenth lapsed. */
function manyDomains(n) {
  const domains = {};
  for (let i = 0; i < n; i += 1) {
    domains[`orchard-${i}.com`] = i % 10 ? 'delegated'
      : ['redemption', 'pending_delete', 'released'][(i / 10) % 3];
  }
  return domains;
}

const eventOf = (domains, k) => {
  const names = Object.keys(domains);
  return { account: k, email: `u${k}@${names[k % names.length]}` };
};

const isDue = (domains, k) => domains[Object.keys(domains)[k % Object.keys(domains).length]]
  !== 'delegated';

/** All that was due is there, once, and nothing else is. */
async function exactly(w, domains, n) {
  const due = [];
  for (let k = 0; k < n; k += 1) if (isDue(domains, k)) due.push(k);
  await w.messages('email.unverify', due.length, { limitMs: 120000 });
  await w.handedOver();
  assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
  const found = await w.all('email.unverify');
  checkIdsAreUnique(await w.all('email.>'));
  assert.deepEqual(found.map((m) => m.body.account).sort((a, b) => a - b), due);
}

test('the bus is killed ten times under load', async () => {
  const domains = manyDomains(500);
  const EVENTS = 6000;
  const KILLS = 10;
  await inWorld(domains, async (w) => {
    await w.start();
    let published = 0;
    let kills = 0;
    const publisher = async (first) => {
      for (let k = first; k < EVENTS; k += 20) {
        await w.publishSurely('account.email.verified', eventOf(domains, k), `k${k}`);
        published += 1;
      }
    };
    const publishing = Promise.all(Array.from({ length: 20 }, (_, i) => publisher(i)));
    for (; kills < KILLS; kills += 1) {
      const mark = Math.floor(((kills + 1) * EVENTS) / (KILLS + 2));
      await until(`${mark} events are published`, () => published >= mark, 60000);
      await w.nats.kill();
      await w.nats.start();
    }
    assert.ok(published < EVENTS, 'the last kill came while there was load');
    await publishing;
    await exactly(w, domains, EVENTS);
  });
});

test('the bus hangs for some seconds', async () => {
  const domains = manyDomains(200);
  await inWorld(domains, async (w) => {
    await w.start();
    for (let k = 0; k < 500; k += 1) {
      await w.publishSurely('account.email.verified', eventOf(domains, k), `k${k}`);
    }
    w.nats.freeze();
    await pause(6000); // the fault itself: longer than any patience with a silent server
    assert.ok(w.daemon.isRunning);
    w.nats.thaw();
    for (let k = 500; k < 1000; k += 1) {
      await w.publishSurely('account.email.verified', eventOf(domains, k), `k${k}`);
    }
    await exactly(w, domains, 1000);
  });
});

test('the bus is not there yet when unverifyd starts', async () => {
  const domains = manyDomains(20);
  await inWorld(domains, async (w) => {
    await w.nats.kill();
    const daemon = w.launch();
    await daemon.logs(/comp=bus/); // it has tried
    assert.ok(daemon.isRunning);
    await w.nats.start();
    await until('unverifyd has found the bus',
      async () => (await w.consumers('ACCOUNTS')).length > 0, 30000);
    for (let k = 0; k < 20; k += 1) {
      await w.publishSurely('account.email.verified', eventOf(domains, k), `k${k}`);
    }
    await exactly(w, domains, 20);
  });
});

test('a stop while the bus is away is a clean stop', async () => {
  await inWorld({ 'orchard-0.com': 'delegated' }, async (w) => {
    await w.start();
    await w.nats.kill();
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
    await w.nats.start();
  });
});

test('unverifyd is killed in the middle and started again', async () => {
  const domains = manyDomains(1000);
  const EVENTS = 5000;
  await inWorld(domains, async (w) => {
    await w.start({ 'status.rate': '40/s', 'status.burst': 5 });
    const publishing = (async () => {
      for (let k = 0; k < EVENTS; k += 1) {
        await w.publishSurely('account.email.verified', eventOf(domains, k), `k${k}`);
      }
    })();
    for (const mark of [30, 120, 250]) {
      await until(`${mark} messages`, async () => await w.count('email.unverify') >= mark, 60000);
      await w.daemon.kill();
      await w.start({ 'status.rate': '40/s', 'status.burst': 5 });
    }
    await publishing;
    await exactly(w, domains, EVENTS);
  });
});

test('unverifyd restarted after all was said says nothing again', async () => {
  const domains = manyDomains(60);
  await inWorld({ ...domains, 'fence-thirteen.net': 'released' }, async (w) => {
    await w.start();
    for (let k = 0; k < 60; k += 1) {
      await w.publishSurely('account.email.verified', eventOf(domains, k), `k${k}`);
    }
    await w.messages('email.unverify', 6);
    assert.equal((await w.daemon.stop()).code, 0);
    await w.start();
    const fence = await w.fence('fence-thirteen.net');
    const accounts = (await w.all('email.unverify')).map((m) => m.body.account);
    assert.deepEqual(accounts.map(String).sort(),
      ['0', '10', '20', '30', '40', '50', fence].sort());
  });
});
