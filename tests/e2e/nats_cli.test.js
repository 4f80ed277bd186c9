'use strict';
// A first session as an operator would have it, with the NATS CLI. Skipped where it is not
// installed; NATS_CLI names it when it is not on PATH.

const test = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { inWorld } = require('./lib/world');
const { Child } = require('./lib/process');
const { binary, cleanEnvironment } = require('./lib/daemon');
const { until } = require('./lib/until');

function findCli() {
  for (const name of [process.env.NATS_CLI, 'nats']) {
    try {
      if (name) execFileSync(name, ['--version'], { stdio: 'pipe' });
      if (name) return name;
    } catch { /* not there */ }
  }
  return undefined;
}

const cli = findCli();
const options = { skip: cli ? false : 'the NATS CLI is not installed' };

const run = (w, ...args) => execFileSync(cli, ['--server', w.nats.url, ...args],
  { env: cleanEnvironment(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('nats pub JSON in, nats sub --translate out', options, async () => {
  await inWorld({ 'thornbury.com': 'released' }, async (w) => {
    await w.start();
    const decode = `${binary()} decode`;
    const sub = new Child(cli, ['--server', w.nats.url, 'sub', 'email.unverify',
      '--translate', decode, '--count', '1'], { env: cleanEnvironment() });
    try {
      await until(() => `the subscription:\n${sub.output}`,
        async () => (await w.nats.subscriptions()).includes('email.unverify'));
      run(w, 'pub', 'account.email.verified', '{"account":"tom","email":"tom@thornbury.com"}');
      await until(() => `the message:\n${sub.output}`, () => /"tom@thornbury\.com"/.test(sub.output));
      assert.equal((await sub.exited).code, 0, sub.output);
      const line = sub.output.split('\n').find((l) => l.startsWith('{'));
      const message = JSON.parse(line);
      assert.equal(message.account, 'tom');
      assert.equal(message.phase, 'released');
      assert.match(sub.output, /ce-type: unverifyd\.email\.unverify\.v1/);
    } finally {
      await sub.stop('SIGKILL');
    }
  });
});

test('nats sub email.> shows every kind of message as JSON', options, async () => {
  await inWorld({ 'underhill.com': 'released' }, async (w) => {
    await w.start();
    const sub = new Child(cli, ['--server', w.nats.url, 'sub', 'email.>', '--translate',
      `${binary()} decode`, '--count', '3'], { env: cleanEnvironment() });
    try {
      await until(() => `the subscription:\n${sub.output}`,
        async () => (await w.nats.subscriptions()).includes('email.>'));
      run(w, 'pub', 'account.email.verified', '{"account":"una","email":"una@underhill.com"}');
      assert.equal((await sub.exited).code, 0, sub.output);
      const messages = sub.output.split('\n').filter((l) => l.startsWith('{')).map(JSON.parse);
      assert.equal(messages.length, 3);
      assert.ok(messages.every((m) => m.v === 1 && m.domain === 'underhill.com'));
    } finally {
      await sub.stop('SIGKILL');
    }
  });
});
