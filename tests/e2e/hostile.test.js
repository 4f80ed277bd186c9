'use strict';
// Events from somebody who wishes us ill, or whose software is broken. Each becomes one dead
// letter with a reason and its body untouched; nothing else happens.

const test = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { encode } = require('@msgpack/msgpack');
const { inWorld } = require('./lib/world');
const { until } = require('./lib/until');

const bytes = (...list) => Uint8Array.from(list);
const text = (s) => new Uint8Array(Buffer.from(s));
const json = (value) => text(JSON.stringify(value));
const repeat = (byte, n) => new Uint8Array(n).fill(byte);
const join = (...parts) => new Uint8Array(Buffer.concat(parts.map((p) => Buffer.from(p))));
const at = (email) => json({ account: 'a', email });

/** The same "random" bytes in every run, so that a failure can be repeated. */
function noise(seed, length) {
  const key = crypto.createHash('sha256').update(`noise ${seed}`).digest();
  const cipher = crypto.createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return new Uint8Array(cipher.update(Buffer.alloc(length)));
}

const verified = {
  'an empty payload': bytes(),
  'an array of a hundred million, in five bytes': bytes(0xdd, 0x05, 0xf5, 0xe1, 0x00),
  'a map of four billion': bytes(0xdf, 0xff, 0xff, 0xff, 0xff),
  'a string of four gigabytes': bytes(0x81, 0xa1, 0x61, 0xdb, 0xff, 0xff, 0xff, 0xff, 0x61),
  'a binary of four gigabytes': bytes(0xc6, 0xff, 0xff, 0xff, 0xff),
  'an extension of four gigabytes': bytes(0xc9, 0xff, 0xff, 0xff, 0xff, 0x01),
  'the byte msgpack never uses': bytes(0xc1),
  'msgpack nested 100,000 deep': repeat(0x91, 100000),
  'maps nested 50,000 deep': join(...Array(50000).fill(bytes(0x81, 0xa1, 0x61)), bytes(0xc0)),
  'JSON nested 100,000 deep': text(`${'['.repeat(100000)}${']'.repeat(100000)}`),
  'JSON objects nested deep': text(`${'{"a":'.repeat(20000)}1${'}'.repeat(20000)}`),
  'an unfinished JSON text': text('{"account":"a","email":"a@musterfirma.de"'),
  'JSON with something behind it': text('{"account":"a","email":"a@musterfirma.de"} x'),
  'msgpack with something behind it':
    join(encode({ account: 'a', email: 'a@musterfirma.de' }), bytes(0xc0)),
  'msgpack cut in the middle': encode({ account: 'a', email: 'a@musterfirma.de' }).slice(0, -3),
  'JSON that is an array': text('[]'),
  'JSON that is a number': text('17'),
  'msgpack that is nil': bytes(0xc0),
  'msgpack that is text': encode('hello'),
  'no account': json({ email: 'a@musterfirma.de' }),
  'no email': json({ account: 'a' }),
  'an account that is a list': json({ account: ['a'], email: 'a@musterfirma.de' }),
  'an account that is a fraction': json({ account: 1.5, email: 'a@musterfirma.de' }),
  'an account that is empty': json({ account: '', email: 'a@musterfirma.de' }),
  'an account of 129 bytes': json({ account: 'x'.repeat(129), email: 'a@musterfirma.de' }),
  'an account that is nil': json({ account: null, email: 'a@musterfirma.de' }),
  'an email that is a number': json({ account: 'a', email: 12 }),
  'an email that is a map': json({ account: 'a', email: { a: 1 } }),
  'an email without @': at('musterfirma.de'),
  'an email with nothing before the @': at('@musterfirma.de'),
  'an email with nothing behind the @': at('a@'),
  'an address literal': at('a@[192.0.2.1]'),
  'an IPv6 literal': at('a@[IPv6:2001:db8::1]'),
  'a NUL in the domain': at('a@muster\0firma.de'),
  'a NUL behind the domain': at('a@musterfirma.de\0.evil.com'),
  'a line break in the domain': at('a@musterfirma.de\r\nBcc: all'),
  'a space in the domain': at('a@muster firma.de'),
  'a slash in the domain': at('a@musterfirma.de/../x'),
  'a query in the domain': at('a@musterfirma.de&client_id=1'),
  'an underscore in the domain': at('a@muster_firma.de'),
  'a label of 220 bytes': at(`a@${'x'.repeat(220)}.de`),
  'a label of 300 bytes': at(`a@${'x'.repeat(300)}.de`),
  'a label of 64 bytes': at(`a@${'x'.repeat(64)}.de`),
  'an empty label': at('a@musterfirma..de'),
  'a leading dot': at('a@.musterfirma.de'),
  'only dots': at('a@...'),
  'a local part that is long': at(`${'x'.repeat(250)}@musterfirma.de`),
  'a public suffix': at('a@co.uk'),
  'a top-level domain': at('a@de'),
  'a special-use name': at('a@localhost'),
  'another special-use name': at('a@x.invalid'),
  'a bare IP address': at('a@192.0.2.1'),
  'an A-label that decodes to nothing': at('a@xn--.de'),
  'UTF-8 that is none, in msgpack':
    join(bytes(0x82), encode('account'), encode('a'), encode('email'),
      bytes(0xa6, 0x61, 0x40, 0xff, 0xfe, 0x2e, 0x64)),
  'UTF-8 that is none, in JSON':
    join(text('{"account":"a","email":"a@'), bytes(0xc3, 0x28), text('.de"}')),
  'a time that is none': json({ account: 'a', email: 'a@musterfirma.de', time: 'yesterday' }),
  'a time on the 30th of February':
    json({ account: 'a', email: 'a@musterfirma.de', time: '2025-02-30T00:00:00Z' }),
  'an mfa that is text': json({ account: 'a', email: 'a@musterfirma.de', mfa: 'yes' }),
};
for (let i = 0; i < 20; i += 1) {
  // The first byte decides what it is read as: any but those that could make it valid.
  verified[`random bytes ${i}`] = join(bytes(0xc1), noise(i, 40 + i * 97));
}

const others = [
  ['account.email.removed', json({ account: 'a' })],
  ['account.email.removed', bytes(0xdf, 0xff, 0xff, 0xff, 0xff)],
  ['account.email.unverified', json({ email: 'a@musterfirma.de' })],
  ['account.mfa.changed', json({ account: 'a' })],
  ['account.mfa.changed', json({ account: 'a', mfa: 3 })],
  ['account.deleted', json({})],
  ['account.deleted', bytes()],
  ['account.snapshot', json({ emails: 'all' })],
  ['account.snapshot', json({})],
  ['account.snapshot', bytes(0x81, 0xa6, 0x65, 0x6d, 0x61, 0x69, 0x6c, 0x73, 0xdd, 0xff, 0xff,
    0xff, 0xff)],
];

const asJson = { 'Content-Type': 'application/json' };
const asMsgpack = { 'Content-Type': 'application/vnd.msgpack' };
const asCloudEvent = { 'Content-Type': 'application/cloudevents+json' };
const labelled = [
  ['account.email.verified', encode({ account: 'a', email: 'a@musterfirma.de' }), asJson],
  ['account.email.verified', json({ account: 'a', email: 'a@musterfirma.de' }), asMsgpack],
  ['account.email.verified', json({ account: 'a', email: 'a@musterfirma.de' }), asCloudEvent],
  ['account.email.verified', json({ specversion: '1.0', data: 'text' }), asCloudEvent],
];

test('each hostile event becomes one dead letter, and nothing else happens', async (t) => {
  await inWorld({ 'musterfirma.de': 'released', 'fence-twelve.net': 'released' }, async (w) => {
    await w.start();
    const sent = [
      ...Object.entries(verified).map(([name, body]) => [name, 'account.email.verified', body]),
      ...others.map(([subject, body], i) => [`other ${i}`, subject, body]),
      ...labelled.map(([subject, body, header], i) => [`labelled ${i}`, subject, body, header]),
    ];
    // The dead letter keeps no number of its event, but they come in order.
    for (const [, subject, body, header] of sent) await w.publish(subject, body, { header });
    const fence = await w.fence('fence-twelve.net');
    const letters = await w.all('>', 'UNVERIFYD_INVALID');
    const left = [...letters];
    for (const [name, subject, body] of sent) {
      await t.test(name, () => {
        const i = left.findIndex((m) => m.header['Unverifyd-Subject'] === subject
          && Buffer.compare(m.data, Buffer.from(body)) === 0);
        assert.ok(i >= 0, 'a dead letter with the same body and subject');
        const [letter] = left.splice(i, 1);
        assert.equal(letter.subject, 'unverifyd.invalid');
        assert.match(letter.header['Unverifyd-Reason'], /^[a-z_]+$/);
      });
    }
    assert.deepEqual(left.map((m) => m.data.toString('latin1')), [], 'no other dead letter');
    const told = (await w.all('email.>')).map((m) => m.body.domain);
    assert.deepEqual([...new Set(told)], ['fence-twelve.net'], 'nobody else is spoken of');
    assert.deepEqual((await w.all('email.unverify')).map((m) => m.body.account), [fence]);
    assert.ok(w.daemon.isRunning);
    await until('the rest is acknowledged', async () => (await w.consumers('ACCOUNTS'))
      .every((c) => c.num_ack_pending === 0));
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
  });
});

test('the stream of dead letters keeps them for 30 days', async () => {
  await inWorld({ 'musterfirma.de': 'delegated' }, async (w) => {
    await w.start();
    await w.publish('account.deleted', 'x');
    await w.messages('unverifyd.invalid', 1, { stream: 'UNVERIFYD_INVALID' });
    const { config } = await (await w.manager()).streams.info('UNVERIFYD_INVALID');
    assert.deepEqual(config.subjects, ['unverifyd.invalid']);
    assert.equal(config.max_age / 1e9, 30 * 86400);
  });
});
