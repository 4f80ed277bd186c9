'use strict';
// From an account event to the messages it causes: every state a domain can be in, every
// form an event can have.

const test = require('node:test');
const assert = require('node:assert/strict');
const { encode, decode } = require('@msgpack/msgpack');
const { inWorld } = require('./lib/world');
const { until } = require('./lib/until');
const { checkUnverify, checkDomain, checkIdsAreUnique } = require('./lib/check');

const accountOf = (m) => m.body.account;

test('each state of a domain has its message, and no other', async () => {
  await inWorld({
    'lindenhof-verlag.de': 'redemption',
    'kestrel-audio.co.uk': 'pending_delete',
    'northgate-tools.com': 'released',
    'atelier-mireau.fr': 'no_data',
    'harbour-lane.org': 'held',
    'quarrystone.net': 'unknown',
    'brightwater-inc.com': 'delegated',
    'ostsee-druck.de': 'broken',
    'fence-one.net': 'released',
  }, async (w) => {
    await w.start();
    const due = [
      ['anna', 'anna@lindenhof-verlag.de', 'lindenhof-verlag.de', 'redemption'],
      ['bert', 'bert@mail.lindenhof-verlag.de', 'lindenhof-verlag.de', 'redemption'],
      ['carl', 'carl@kestrel-audio.co.uk', 'kestrel-audio.co.uk', 'pending_delete'],
      ['dora', 'dora@northgate-tools.com', 'northgate-tools.com', 'released'],
      [4711, 'emil@atelier-mireau.fr', 'atelier-mireau.fr', 'no_data'],
    ];
    for (const [account, email] of due) await w.verified(account, email);
    await w.verified('fred', 'fred@harbour-lane.org');
    await w.verified('gina', 'gina@quarrystone.net');
    await w.verified('hugo', 'hugo@brightwater-inc.com');
    await w.verified('ines', 'ines@ostsee-druck.de');
    await w.messages('email.unverify', due.length);
    // Held and doubt cause no message to wait for; that the question was put is seen outside.
    await until('held and doubt were asked about', () => {
      const asked = w.api.questions().map((q) => q.domain);
      return asked.includes('harbour-lane.org') && asked.includes('quarrystone.net');
    });
    const fence = await w.fence('fence-one.net');

    const unverified = (await w.all('email.unverify')).filter((m) => accountOf(m) !== fence);
    assert.equal(unverified.length, due.length);
    for (const [account, email, domain, state] of due) {
      const message = unverified.find((m) => accountOf(m) === account);
      assert.ok(message, `a message for ${account}`);
      checkUnverify(message, w, { account, email, domain, state });
    }
    const resets = (await w.all('email.block_reset')).filter((m) => accountOf(m) !== fence);
    assert.deepEqual(resets.map(accountOf), ['dora']);
    checkUnverify(resets[0], w, {
      account: 'dora', email: 'dora@northgate-tools.com', domain: 'northgate-tools.com',
      state: 'released', name: 'email.block_reset',
    });
    checkIdsAreUnique(await w.all('email.>'));

    const phases = await w.all('email.domain.phase');
    for (const [domain, to, accounts] of [
      ['kestrel-audio.co.uk', 'pending_delete', 1], ['northgate-tools.com', 'released', 1],
      ['atelier-mireau.fr', 'redemption', 1], ['harbour-lane.org', 'held', 1]]) {
      const of = phases.filter((m) => m.body.domain === domain && m.body.to === to);
      assert.equal(of.length, 1, `one message that ${domain} is ${to}`);
      checkDomain(of[0], { domain, to, accounts });
    }
    assert.ok(!phases.some((m) => m.body.domain === 'quarrystone.net'), 'doubt is no phase');
    assert.ok(!phases.some((m) => m.body.domain === 'ostsee-druck.de'), 'SERVFAIL is no phase');
    assert.equal(await w.count('email.domain.recovered'), 0);
    assert.equal(await w.count('unverifyd.invalid', 'UNVERIFYD_INVALID'), 0);

    const asked = w.api.questions();
    assert.ok(asked.every((q) => q.status === 200 && q.protocol === 'HTTP/2.0'));
    for (const free of ['brightwater-inc.com', 'ostsee-druck.de']) {
      assert.ok(!asked.some((q) => q.domain === free), `${free} costs nothing`);
    }
    assert.deepEqual(await w.daemon.stop(), { code: 0, signal: null });
  });
});

test('an answer that is no answer causes nothing', async () => {
  const doubts = {
    'arbor-press.com': 'only_undelegated',
    'dune-records.com': 'api_errors',
    'elmstreet.org': 'api_empty',
    'foxhole-games.net': 'api_html',
  };
  await inWorld({ ...doubts, 'fence-two.net': 'released' }, async (w) => {
    await w.start();
    for (const domain of Object.keys(doubts)) await w.verified(`at-${domain}`, `me@${domain}`);
    await until('all were asked about', () => {
      const asked = new Set(w.api.questions().map((q) => q.domain));
      return Object.keys(doubts).every((domain) => asked.has(domain));
    });
    const fence = await w.fence('fence-two.net');
    assert.deepEqual((await w.all('email.unverify')).map(accountOf), [fence]);
    const phases = (await w.all('email.domain.phase')).map((m) => m.body.domain);
    assert.deepEqual(phases.filter((d) => d in doubts), []);
  });
});

// Either may hold back every further question for a while, so there is nothing to wait for
// but the question itself and the stop.
for (const state of ['throttled', 'api_down']) {
  test(`an API that is ${state} causes nothing`, async () => {
    await inWorld({ 'bluefin-labs.com': state }, async (w) => {
      await w.start();
      await w.verified('b', 'b@bluefin-labs.com');
      await until('the question', () => w.api.questions().length > 0);
      await w.daemon.logs(/comp=status .*http=(429|500)/);
      assert.equal((await w.daemon.stop()).code, 0);
      assert.equal(await w.count('email.>'), 0);
    });
  });
}

test('risk follows from the second factor and other addresses', async () => {
  await inWorld({ 'juniper-mail.com': 'pending_delete' }, async (w) => {
    await w.start();
    const cases = {
      none: [{ mfa: false, other_verified: false }, 'critical'],
      factor: [{ mfa: true, other_verified: false }, 'high'],
      address: [{ mfa: false, other_verified: true }, 'high'],
      both: [{ mfa: true, other_verified: true }, 'moderate'],
      unknown: [{}, 'high'],
    };
    for (const [account, [fields]] of Object.entries(cases)) {
      await w.verified(account, `${account}@juniper-mail.com`, fields);
    }
    const found = await w.messages('email.unverify', 5);
    assert.deepEqual(
      Object.fromEntries(found.map((m) => [m.body.account, m.body.risk])),
      Object.fromEntries(Object.entries(cases).map(([account, [, risk]]) => [account, risk])),
    );
  });
});

test('every form of an event is understood', async () => {
  await inWorld({ 'marlowe-books.com': 'pending_delete', 'xn--mller-kva.de': 'pending_delete' },
    async (w) => {
      await w.start();
      const subject = 'account.email.verified';
      const event = (account) => ({ account, email: `${account}@marlowe-books.com` });
      const ce = {
        'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/accounts', 'ce-type': 'verified',
      };
      await w.publish(subject, event('json'));
      await w.publish(subject, event('json-typed'),
        { header: { 'Content-Type': 'application/json; charset=utf-8' } });
      await w.publish(subject, encode(event('msgpack')));
      await w.publish(subject, encode(event('msgpack-typed')),
        { header: { 'Content-Type': 'application/vnd.msgpack' } });
      await w.publish(subject, event('ce-json'),
        { header: { ...ce, 'Content-Type': 'application/json' } });
      await w.publish(subject, encode(event('ce-msgpack')),
        { header: { ...ce, 'Content-Type': 'application/vnd.msgpack' } });
      await w.publish(subject,
        { specversion: '1.0', id: '2', source: '/a', type: 'verified', data: event('ce-struct') },
        { header: { 'Content-Type': 'application/cloudevents+json' } });
      await w.publish('account.eu.email.verified', event('deeper-subject'));
      await w.publish(subject, { ...event('time-text'), time: '2024-02-29T23:59:59.5+02:00' });
      await w.publish(subject, { ...event('time-number'), time: 1700000000 });
      await w.publish(subject, encode({ ...event('time-msgpack'), time: 1700000000 }));
      await w.publish(subject, { ...event('more'), unknown: { deep: [1, 2, { x: null }] } });
      await w.publish(subject, { account: 'case', email: 'Case@MARLOWE-Books.COM.' });
      await w.publish(subject, { account: 'quoted', email: '"a@b"@marlowe-books.com' });
      await w.publish(subject, { account: 'idn', email: 'info@Müller.de' });
      await w.publish(subject, encode({ account: -5, email: 'minus@marlowe-books.com' }));
      await w.publish(subject, encode({ account: '-5', email: 'text@marlowe-books.com' }));
      const accounts = ['json', 'json-typed', 'msgpack', 'msgpack-typed', 'ce-json', 'ce-msgpack',
        'ce-struct', 'deeper-subject', 'time-text', 'time-number', 'time-msgpack', 'more', 'case',
        'quoted', 'idn', -5, '-5'];
      const found = await w.messages('email.unverify', accounts.length);
      const key = (a) => `${typeof a}:${a}`;
      assert.deepEqual(found.map((m) => key(m.body.account)).sort(), accounts.map(key).sort());
      const by = (a) => found.find((m) => m.body.account === a).body;
      assert.equal(by('idn').domain, 'xn--mller-kva.de');
      assert.equal(by('idn').email, 'info@Müller.de');
      assert.equal(by('case').domain, 'marlowe-books.com');
      assert.equal(by('quoted').email, '"a@b"@marlowe-books.com');
      assert.equal(await w.count('>', 'UNVERIFYD_INVALID'), 0);
    });
});

test("a fleet's own field names", async () => {
  await inWorld({ 'pinecone-dev.com': 'pending_delete' }, async (w) => {
    await w.start({
      'events.field.account': 'data.user.id',
      'events.field.email': 'data.user.contact.email',
      'events.field.mfa': 'data.flags.totp',
      'events.field.other_verified': 'data.flags.backup',
      'events.field.time': 'data.at',
    });
    await w.publish('account.email.verified', {
      account: 'wrong', email: 'wrong@pinecone-dev.com',
      data: {
        user: { id: 77, contact: { email: 'right@pinecone-dev.com' } },
        flags: { totp: true, backup: true }, at: '2025-05-05T05:05:05Z',
      },
    });
    const [message] = await w.messages('email.unverify', 1);
    checkUnverify(message, w, {
      account: 77, email: 'right@pinecone-dev.com', domain: 'pinecone-dev.com',
      state: 'pending_delete', risk: 'moderate',
    });
  });
});

test('publish.format=json', async () => {
  await inWorld({ 'sagebrush.io': 'released' }, async (w) => {
    await w.start({ 'publish.format': 'json' });
    await w.verified('jo', 'jo@sagebrush.io');
    const want = { account: 'jo', email: 'jo@sagebrush.io', domain: 'sagebrush.io',
      state: 'released', format: 'json' };
    checkUnverify((await w.messages('email.unverify', 1))[0], w, want);
    checkUnverify((await w.messages('email.block_reset', 1))[0], w,
      { ...want, name: 'email.block_reset' });
  });
});

test('messages are msgpack that any library reads', async () => {
  await inWorld({ 'tallpines.ca': 'pending_delete' }, async (w) => {
    await w.start();
    const account = 'ünï-✓'.padEnd(60, 'x');
    await w.verified(account, '"söme one"@tallpines.ca');
    const [message] = await w.messages('email.unverify', 1);
    const whole = decode(message.data); // throws on bytes that are left over
    assert.equal(whole.account, account);
    assert.equal(whole.email, '"söme one"@tallpines.ca');
  });
});

test('policy.dry_run decides everything and tells only the dry-run subject', async () => {
  await inWorld({ 'umber-works.com': 'pending_delete', 'vale-and-co.com': 'released' },
    async (w) => {
      await w.start({ 'policy.dry_run': 'on' });
      await w.verified('u', 'u@umber-works.com');
      await w.verified('v', 'v@vale-and-co.com');
      const found = await w.messages('email.unverify.dryrun', 2);
      assert.deepEqual(found.map(accountOf).sort(), ['u', 'v']);
      const stopped = await w.daemon.stop();
      assert.equal(stopped.code, 0);
      assert.equal(await w.count('email.unverify'), 0);
      assert.equal(await w.count('email.unverify.dryrun'), 2);
    });
});

test('webmail is counted and never checked', async () => {
  await inWorld({ 'gmail.com': 'released', 'fence-three.net': 'released' }, async (w) => {
    await w.start();
    await w.verified('many', 'many@gmail.com');
    const fence = await w.fence('fence-three.net');
    assert.deepEqual((await w.all('email.unverify')).map(accountOf), [fence]);
    assert.ok(!w.api.questions().some((q) => q.domain === 'gmail.com'));
  });
});
