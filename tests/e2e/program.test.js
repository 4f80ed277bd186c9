'use strict';
// The program itself: options, errors, exit codes, signals, the small commands.

const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { encode } = require('@msgpack/msgpack');
const { inWorld } = require('./lib/world');
const { binary, cleanEnvironment } = require('./lib/daemon');
const { until } = require('./lib/until');

function run(args, { input = '', env = {} } = {}) {
  const done = spawnSync(binary(), args, { input, env: cleanEnvironment(env), timeout: 60000 });
  return { code: done.status, out: `${done.stdout}`, err: `${done.stderr}` };
}

/** Run `use` with the path of a file that holds `text`. */
function withFile(text, use) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'unverifyd-conf-'));
  try {
    const file = path.join(dir, 'test.conf');
    fs.writeFileSync(file, text);
    return use(file, dir);
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
}

test('--version and --help', () => {
  const version = run(['--version']);
  assert.equal(version.code, 0);
  assert.match(version.out, /\d+\.\d+\.\d+/);
  const help = run(['--help']);
  assert.equal(help.code, 0);
  for (const word of ['--config', '--set', '--check-config', '--print-config', 'decode', 'check']) {
    assert.ok(help.out.includes(word), word);
  }
});

test('usage errors end with 2', () => {
  for (const args of [['--no-such-flag'], ['--set'], ['no-such-command'], ['--config']]) {
    const done = run(args);
    assert.equal(done.code, 2, args.join(' '));
    assert.notEqual(done.err, '');
  }
});

test('each configuration error is one line with place, key and cause', () => {
  for (const [text, line, key] of [
    ['[nats]\nurll = x\n', 2, 'nats.urll'],
    ['[nosection]\nkey = x\n', null, 'nosection'],
    ['# a comment\n\n[dns]\ntimeout_ms = soon\n', 4, 'dns.timeout_ms'],
    ['[store]\nmode = disk\n', 2, 'store.mode'],
    ['[policy]\nconfirm_hours = -1\n', 2, 'policy.confirm_hours'],
    ['[status]\nrate = 5/day\n', 2, 'status.rate'],
    ['[status]\nprovider = whois\n', 2, 'status.provider'],
    ['[publish]\nformat = xml\n', 2, 'publish.format'],
    ['[log]\nlevel = loud\n', 2, 'log.level'],
  ]) {
    withFile(text, (file) => {
      const done = run(['--config', file, '--check-config']);
      assert.equal(done.code, 2, `${text}${done.err}`);
      const lines = done.err.trim().split('\n');
      assert.equal(lines.length, 1, done.err);
      assert.ok(lines[0].startsWith(line ? `${file}:${line}: ${key}: ` : `${file}:`), lines[0]);
      assert.ok(lines[0].includes(key), lines[0]);
    });
  }
});

test('the same for flags and environment', () => {
  withFile('', (file) => {
    const flag = run(['--config', file, '--set', 'dns.tries=many', '--check-config']);
    assert.equal(flag.code, 2);
    assert.match(flag.err, /dns\.tries: /);
    assert.equal(flag.err.trim().split('\n').length, 1);
    const variable = run(['--config', file, '--check-config'],
      { env: { UNVERIFYD_DNS_TRIES: 'many' } });
    assert.equal(variable.code, 2);
    assert.match(variable.err, /dns\.tries: |UNVERIFYD_DNS_TRIES/);
  });
});

test('a file that is not there ends with 2', () => {
  const done = run(['--config', '/nonexistent/unverifyd.conf', '--check-config']);
  assert.equal(done.code, 2);
  assert.equal(done.err.trim().split('\n').length, 1);
});

test('file, environment and flag override each other in this order', () => {
  withFile('[dns]\ntries = 4\ntimeout_ms = 1111\ninflight = 11\n', (file) => {
    const env = { UNVERIFYD_DNS_TIMEOUT_MS: '2222', UNVERIFYD_DNS_INFLIGHT: '22' };
    const done = run(['--config', file, '--set', 'dns.inflight=33', '--print-config'], { env });
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /^tries *= *4$/m);
    assert.match(done.out, /^timeout_ms *= *2222$/m);
    assert.match(done.out, /^inflight *= *33$/m);
  });
});

test('what --print-config prints is a configuration', () => {
  withFile('[status]\nprovider = domainr\nkey = k3y-in-clear\n', (file, dir) => {
    const printed = run(['--config', file, '--print-config']);
    assert.equal(printed.code, 0, printed.err);
    assert.ok(!printed.out.includes('k3y-in-clear'), 'the key is not printed');
    const again = path.join(dir, 'again.conf');
    fs.writeFileSync(again, printed.out);
    const check = run(['--config', again, '--set', 'status.key=k3y-in-clear', '--check-config']);
    assert.equal(check.code, 0, check.err);
  });
});

test('a secret may come from a file and is not shown', () => {
  withFile('[status]\nprovider = domainr\n', (file, dir) => {
    const secret = path.join(dir, 'secret');
    fs.writeFileSync(secret, 'top-secret-key\n', { mode: 0o600 });
    const done = run(['--config', file, '--set', `status.key_file=${secret}`, '--print-config']);
    assert.equal(done.code, 0, done.err);
    assert.ok(!`${done.out}${done.err}`.includes('top-secret-key'));
    const missing = run(['--config', file, '--set', 'status.key_file=/nonexistent/k',
      '--check-config']);
    assert.equal(missing.code, 2);
    assert.match(missing.err, /status\.key_file/);
  });
});

test('http:// to anything but loopback is refused', () => {
  withFile('[status]\nprovider = domainr\nkey = k\n', (file) => {
    const check = (url) => run(['--config', file, '--set', `status.url=${url}`, '--check-config']);
    assert.equal(check('http://api.example.net').code, 2);
    assert.equal(check('http://127.0.0.1.example.net').code, 2);
    assert.equal(check('http://localhost:8080').code, 0);
    assert.equal(check('http://127.0.0.1:8080').code, 0);
    assert.equal(check('https://api.example.net').code, 0);
  });
});

test('decode turns a message into one line of JSON', () => {
  const value = { v: 1, n: null, list: [1, -2, 1.5, true], 'ü': 'a"b\n', deep: { x: {} } };
  const done = run(['decode'], { input: encode(value) });
  assert.equal(done.code, 0, done.err);
  assert.equal(done.out.trim().split('\n').length, 1);
  assert.deepEqual(JSON.parse(done.out), value);
});

test('decode refuses what is no message, whatever its size claims', () => {
  for (const input of [[], [0xdd, 0x05, 0xf5, 0xe1, 0x00], [0xc1], [0x81, 0xa1], [0xc0, 0xc0]]) {
    const done = run(['decode'], { input: Buffer.from(input) });
    assert.equal(done.code, 1, JSON.stringify(input));
    assert.notEqual(done.err, '');
  }
});

test('check DOMAIN asks once and prints the verdict, without a bus', async () => {
  await inWorld({ 'valerian.com': 'pending_delete', 'woodruff.com': 'delegated' }, async (w) => {
    const settings = Object.entries(w.settings({ 'nats.url': 'nats://127.0.0.1:1' }))
      .flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const empty = path.join(w.dir, 'none.conf');
    fs.writeFileSync(empty, '');
    const done = run(['--config', empty, ...settings, 'check', 'valerian.com', 'woodruff.com'],
      { env: { SSL_CERT_FILE: w.api.ca } });
    assert.equal(done.code, 0, done.err);
    const verdicts = done.out.trim().split('\n').map(JSON.parse);
    assert.deepEqual(verdicts.map((v) => v.domain), ['valerian.com', 'woodruff.com']);
    assert.match(JSON.stringify(verdicts[0]), /pending_delete/);
    assert.match(JSON.stringify(verdicts[1]), /delegated|active/);
    assert.ok(!w.api.questions().some((q) => q.domain === 'woodruff.com'));
  });
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} is a clean stop`, async () => {
    await inWorld({ 'yellowwood.com': 'released' }, async (w) => {
      await w.start();
      await w.verified('y', 'y@yellowwood.com');
      await w.messages('email.unverify', 1);
      assert.deepEqual(await w.daemon.child.stop(signal), { code: 0, signal: null });
      assert.match(w.daemon.log, /event=totals/);
    });
  });
}

test('a wrong key stops the asking and is told, without showing it', async () => {
  await inWorld({ 'zinnia-labs.com': 'released' }, async (w) => {
    await w.start({ 'status.key': 'a-key-nobody-knows' });
    await w.verified('z', 'z@zinnia-labs.com');
    await until('the API refused', () => w.api.questions().some((q) => q.status === 401));
    await w.daemon.logs(/level=(warn|error).*unauthorized/);
    assert.ok(!w.daemon.log.includes('a-key-nobody-knows'));
    assert.equal(await w.count('email.unverify'), 0);
  });
});

test('log.format=json', async () => {
  await inWorld({ 'wisteria.com': 'delegated' }, async (w) => {
    await w.start({ 'log.format': 'json' });
    await w.daemon.stop();
    const lines = w.daemon.log.trim().split('\n');
    assert.ok(lines.length > 0);
    for (const line of lines) {
      const entry = JSON.parse(line);
      for (const key of ['ts', 'level', 'comp', 'event']) assert.ok(entry[key], `${key}: ${line}`);
    }
  });
});
