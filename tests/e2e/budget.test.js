'use strict';
// Paid questions: the day's budget outlives the process, and a refused key is one alarm.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { until, pause } = require('./lib/until');

async function stats(w) {
  const m = await w.nc.request('unverifyd.stats', '', { timeout: 20000 });
  return JSON.parse(Buffer.from(m.data).toString());
}

const lines = (daemon, event) => daemon.log.split('\n')
  .filter((line) => line.includes(`comp=status event=${event} `));

/** At midnight UTC there is a new budget: not in the middle of a test. */
async function clearOfMidnight() {
  const left = 86400000 - (Date.now() % 86400000);
  if (left < 180000) await pause(left + 1000);
}

async function waiting(w, n) {
  await until(() => `${n} candidates wait:\n${w.daemon.child.tail(10)}`, async () => {
    try {
      return (await stats(w)).candidates_waiting === n;
    } catch (error) {
      if (/NO_RESPONDERS|503/.test(`${error.code} ${error.message}`)) return false; // not yet
      throw error;
    }
  }, 60000);
}

test('a kill and a restart are no new budget, and nobody is left out', async () => {
  const DOMAINS = 12;
  const BUDGET = 5;
  await clearOfMidnight();
  const domains = {};
  for (let i = 0; i < DOMAINS; i += 1) domains[`tannery-${i}.com`] = 'pending_delete';
  await inWorld(domains, async (w) => {
    await w.start({ 'status.daily_budget': BUDGET });
    for (const name of Object.keys(domains)) await w.verified(name, `a@${name}`);
    await w.daemon.logs(/level=warn comp=status event=budget_exhausted/);
    // What was decided is published once it is durable, and with it what it has cost.
    await w.messages('email.unverify', BUDGET);
    await waiting(w, DOMAINS - BUDGET);
    assert.equal(lines(w.daemon, 'budget_exhausted').length, 1);
    await w.daemon.kill();
    assert.equal(w.api.questions().length, BUDGET);

    w.launch({ 'status.daily_budget': BUDGET });
    await w.daemon.logs(/level=warn comp=status event=budget_exhausted/, 60000);
    await waiting(w, DOMAINS - BUDGET);
    assert.equal((await stats(w)).budget_left, 0);
    assert.equal(w.api.questions().length, BUDGET);
    assert.equal(await w.count('email.unverify'), BUDGET);
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });

    w.launch({ 'status.daily_budget': DOMAINS }); // what is left of it is seven
    await w.messages('email.unverify', DOMAINS, { limitMs: 60000 });
    await waiting(w, 0);
    const asked = w.api.questions().map((q) => q.domain).sort();
    assert.deepEqual(asked, Object.keys(domains).sort());
    assert.equal((await stats(w)).budget_left, 0);
  });
});

test('a refused key is one alarm; candidates wait, and are asked about with a good one', async () => {
  const domains = {
    'saddlery-1.com': 'released', 'saddlery-2.com': 'released', 'saddlery-3.com': 'released',
  };
  const names = Object.keys(domains);
  await inWorld(domains, async (w) => {
    await w.start({ 'status.key': 'a-key-nobody-knows', 'status.concurrency': 1 });
    await w.verified('ann', `ann@${names[0]}`);
    await w.daemon.logs(/level=error comp=status event=api_stopped why=key_refused .*outcome=unauthorized/);
    await w.verified('ben', `ben@${names[1]}`);
    await w.verified('cleo', `cleo@${names[2]}`);
    await waiting(w, names.length);
    const { status_stopped: stopped, status_alarms: alarms } = await stats(w);
    assert.deepEqual({ stopped, alarms }, { stopped: 1, alarms: 1 });
    assert.equal(w.api.questions().length, 1); // the next is a probe, ten minutes later
    assert.equal(lines(w.daemon, 'api_stopped').length, 1);
    assert.equal((w.daemon.log.match(/level=error/g) || []).length, 1);
    assert.ok(!w.daemon.log.includes('a-key-nobody-knows'));
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });

    w.launch();
    await w.messages('email.unverify', names.length, { limitMs: 60000 });
    const { status_stopped: goesOn } = await stats(w);
    assert.equal(goesOn, 0);
  });
});
