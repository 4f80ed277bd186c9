'use strict';
// The safety rails: what is above a limit waits for a person, over restarts; and a resolver
// that denies everything costs nobody an address.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { until } = require('./lib/until');
const { checkDomain, checkIdsAreUnique, TIME } = require('./lib/check');
const state = require('./lib/state');

/** A request; `body` as it is. Gives { body, code }. */
async function ask(w, subject, body = '', timeout = 20000) {
  const m = await w.nc.request(subject, Buffer.from(body), { timeout });
  const code = m.headers ? m.headers.get('Nats-Service-Error-Code') : '';
  return { body: JSON.parse(Buffer.from(m.data).toString()), code };
}

const accountsOf = (messages) => messages.map((m) => m.body.account).sort();

/** Wait until so many decisions are held. */
async function held(w, n) {
  let reply;
  await until(() => `${n} are held: ${JSON.stringify(reply)}`, async () => {
    reply = await ask(w, 'unverifyd.held');
    return reply.body.total === n;
  });
  return reply.body;
}

/** Three addresses at each, and one at a domain that is within the limit. */
const LAPSED = {
  'kiln.com': 'released', 'lathe.com': 'pending_delete', 'mill.com': 'released',
  'alone.com': 'pending_delete', 'there.com': 'delegated',
};

async function lapse(w) {
  await w.verified('alone', 'x@alone.com');
  await w.messages('email.unverify', 1);
  await w.publish('account.snapshot', {
    emails: ['kiln', 'lathe', 'mill'].flatMap((name) => [1, 2, 3].map((i) => (
      { account: `${name}-${i}`, email: `x${i}@${name}.com` }))),
  });
  return held(w, 3);
}

const limits = { 'policy.max_unverify_per_hour': 2, 'publish.format': 'msgpack' };

test('above the hour: held over kill -9, approved, rejected', async () => {
  await inWorld(LAPSED, async (w) => {
    await w.start(limits);
    const list = await lapse(w);
    assert.deepEqual(list.rails, {
      max_unverify_per_hour: 3, max_unverify_share: 0, max_accounts_per_domain: 0, suffix_dark: 0,
    });
    assert.equal(list.more, 0);
    const kiln = list.held.find((h) => h.domain === 'kiln.com');
    assert.match(kiln.since, TIME);
    assert.deepEqual({ ...kiln, since: 0 }, {
      domain: 'kiln.com', phase: 'released', rail: 'max_unverify_per_hour', since: 0, accounts: 3,
    });

    // told, once each, with the phase told as ever
    const told = await w.messages('email.domain.held', 3);
    checkIdsAreUnique(told);
    const one = told.find((m) => m.body.domain === 'lathe.com');
    assert.equal(one.body.rail, 'max_unverify_per_hour');
    const { rail, ...rest } = one.body;
    checkDomain({ ...one, body: rest }, {
      domain: 'lathe.com', from: 'new', to: 'pending_delete', accounts: 3,
      name: 'email.domain.held', rail,
    });
    await w.messages('email.domain.phase', 4);
    await w.daemon.logs(/level=warn comp=rails event=held domain=mill\.com phase=released rail=max_unverify_per_hour would_be=4 limit=2 addresses=3 concerned=3/);

    await w.daemon.kill();
    w.launch(limits);
    await state.digest(w.daemon, 'loaded');
    await held(w, 3);

    const fine = await ask(w, 'unverifyd.approve', 'kiln.com');
    assert.deepEqual(fine.body, { domain: 'kiln.com', approved: 1 });
    await w.daemon.kill(); // it is in the log: a crash takes nothing back
    w.launch(limits);
    await state.digest(w.daemon, 'loaded');
    const unverified = await w.messages('email.unverify', 4);
    assert.deepEqual(accountsOf(unverified), ['alone', 'kiln-1', 'kiln-2', 'kiln-3']);
    assert.equal((await w.messages('email.block_reset', 3)).length, 3);

    await ask(w, 'unverifyd.reject', '{"domain":"LATHE.com."}');
    await w.daemon.kill();
    w.launch(limits);
    await state.digest(w.daemon, 'loaded');
    const left = await held(w, 1);
    assert.deepEqual(left.held.map((h) => h.domain), ['mill.com']);

    // what is known of each
    const known = await ask(w, 'unverifyd.domain', 'mail.lathe.com');
    assert.equal(known.body.domain, 'lathe.com');
    assert.equal(known.body.phase, 'pending_delete');
    assert.equal(known.body.accounts, 3);
    assert.equal(known.body.unverify, true);
    assert.equal(known.body.held.state, 'rejected');
    assert.equal(known.body.evidence.status.provider, 'domainr');
    for (const time of ['since', 'checked', 'next_check']) assert.match(known.body[time], TIME);
    await w.verified('there', 'x@there.com');
    await until('it is active', async () => (
      (await ask(w, 'unverifyd.domain', '"there.com"')).body.phase === 'active'));
    assert.equal((await ask(w, 'unverifyd.domain', 'there.com')).body.held, null);

    // all the rest
    assert.deepEqual((await ask(w, 'unverifyd.reject', '*')).body, { rejected: 1 });
    assert.deepEqual((await ask(w, 'unverifyd.approve', '{"domain":"*"}')).body, { approved: 0 });
    await held(w, 0);
    const digest = await state.stop(w);
    assert.equal(await state.restart(w, limits), digest);
    await state.stop(w);
    const all = await w.all('email.unverify');
    checkIdsAreUnique(all);
    assert.equal(all.length, 4);
    assert.equal((await w.all('email.domain.held')).length, 3, 'told once, in all lives');
  });
});

test('all are approved at once', async () => {
  await inWorld(LAPSED, async (w) => {
    await w.start(limits);
    await lapse(w);
    assert.deepEqual((await ask(w, 'unverifyd.approve', '*\n')).body, { approved: 3 });
    const found = await w.messages('email.unverify', 10);
    checkIdsAreUnique(found);
    assert.equal((await ask(w, 'unverifyd.stats')).body.held_max_unverify_per_hour, 0);
    await state.stop(w);
  });
});

test('a limit of 0 holds everything; of many not each is logged', async () => {
  const n = 40;
  const domains = Object.fromEntries(Array.from({ length: n },
    (_, i) => [`barn-${i}.com`, 'pending_delete']));
  await inWorld(domains, async (w) => {
    await w.start({ 'policy.max_unverify_per_hour': 0 });
    await w.publish('account.snapshot', {
      emails: Object.keys(domains).map((name, i) => ({ account: i, email: `x@${name}` })),
    });
    await held(w, n);
    const logged = () => (w.daemon.log.match(/event=held /g) || []).length;
    const more = () => [...w.daemon.log.matchAll(/event=more_held domains=(\d+)/g)]
      .reduce((sum, match) => sum + Number(match[1]), 0);
    await until(() => `${logged()} + ${more()} are told`, () => logged() + more() === n);
    assert.ok(logged() >= 10);
    assert.equal(await w.count('email.unverify'), 0);
    assert.deepEqual((await ask(w, 'unverifyd.approve', '*')).body, { approved: n });
    checkIdsAreUnique(await w.messages('email.unverify', n));
    await state.stop(w);
  });
});

test('store.mode = memory holds and approves, too', async () => {
  await inWorld({ 'kiln.com': 'pending_delete' }, async (w) => {
    const daemon = w.launch({ 'store.mode': 'memory', 'policy.max_unverify_per_hour': 0 });
    await daemon.logs(/comp=core event=loaded /);
    const seen = [];
    w.nc.subscribe('email.unverify', { callback: (e, m) => seen.push(m) });
    await w.nc.publish('account.email.verified',
      JSON.stringify({ account: 'ann', email: 'ann@kiln.com' }));
    await held(w, 1);
    assert.equal(seen.length, 0);
    assert.deepEqual((await ask(w, 'unverifyd.approve', 'kiln.com')).body,
      { domain: 'kiln.com', approved: 1 });
    await until('it is said', () => seen.length === 1);
    await daemon.stop();
  });
});

test('what is no domain, or not held, is an error', async () => {
  await inWorld({ 'there.com': 'delegated' }, async (w) => {
    await w.start();
    for (const subject of ['approve', 'reject', 'domain']) {
      for (const [request, code] of [['', '400'], ['{}', '400'], ['com', '400'], ['a b', '400'],
        ['192.0.2.1', '400'], ['nobody.com', '404'], ['{"domain":"nobody.com"}', '404']]) {
        const reply = await ask(w, `unverifyd.${subject}`, request);
        assert.equal(reply.code, code, `${subject} ${request}`);
        assert.equal(reply.body.error.code, Number(code));
      }
    }
    assert.equal((await ask(w, 'unverifyd.domain', '*')).code, '400');
    assert.deepEqual((await ask(w, 'unverifyd.held')).body.held, []);
    await state.stop(w);
  });
});

test('a share of all domains, and a domain with many accounts', async () => {
  const domains = Object.fromEntries(Array.from({ length: 30 },
    (_, i) => [`there-${i}.com`, 'delegated']));
  for (const name of ['one.com', 'two.com', 'many.com']) domains[name] = 'pending_delete';
  await inWorld(domains, async (w) => {
    await w.start({ 'policy.max_unverify_share': 0.01, 'policy.max_accounts_per_domain': 2 });
    await w.publish('account.snapshot', {
      emails: Array.from({ length: 30 }, (_, i) => (
        { account: i, email: `x@there-${i}.com` })),
    });
    await w.verified('one', 'x@one.com');
    await w.messages('email.unverify', 1); // one of 31 may always be
    await w.verified('two', 'x@two.com');
    await w.publish('account.snapshot', {
      emails: [1, 2, 3].map((i) => ({ account: `many-${i}`, email: `x${i}@many.com` })),
    });
    const list = await held(w, 2);
    assert.equal(list.rails.max_unverify_share, 1);
    assert.equal(list.rails.max_accounts_per_domain, 1);
    assert.equal(await w.count('email.unverify'), 1);
    await state.stop(w);
  });
});

test('a dry run holds as well', async () => {
  await inWorld(LAPSED, async (w) => {
    const dry = { ...limits, 'policy.dry_run': 'on' };
    await w.start(dry);
    await w.verified('kiln', 'x@kiln.com');
    await w.messages('email.unverify.dryrun', 1);
    await w.publish('account.snapshot', {
      emails: [1, 2, 3].map((i) => ({ account: `mill-${i}`, email: `x${i}@mill.com` })),
    });
    await held(w, 1);
    await w.messages('email.domain.held', 1);
    await ask(w, 'unverifyd.approve', 'mill.com');
    await w.messages('email.unverify.dryrun', 4);
    assert.equal(await w.count('email.unverify'), 0);
    await state.stop(w);
  });
});

test('a resolver that denies everything, with many domains watched', async (t) => {
  const n = Number(process.env.UVD_TEST_WATCHED || 100000);
  const domains = Object.fromEntries(Array.from({ length: n },
    (_, i) => [`meadow-${i}.com`, 'delegated']));
  domains['fence.com'] = 'released';
  await inWorld(domains, async (w) => {
    await w.start({ 'dns.interval_hours': 1 });
    for (let at = 0; at < n; at += 1000) {
      await w.publish('account.snapshot', {
        emails: Array.from({ length: Math.min(1000, n - at) }, (_, i) => (
          { account: at + i, email: `x@meadow-${at + i}.com` })),
      });
    }
    const stats = async () => (await ask(w, 'unverifyd.stats')).body;
    await until('all have been seen', async () => (await stats()).phase_active === n, 180000);
    assert.deepEqual(w.api.questions(), []);

    // from one moment to the next; some are asked about because somebody verifies again
    w.dns.deniesAll();
    for (let i = 0; i < 500; i += 1) await w.verified(i, `x@meadow-${i}.com`);
    await w.daemon.logs(/level=error comp=dns event=surge_of_denials names=known/);
    await w.daemon.logs(/level=error comp=dns event=resolver_set_aside .*why=denies_what_exists/);
    await w.handedOver();
    const before = (await stats()).dns_questions;
    await until('it goes on for a while', async () => (await stats()).dns_questions > before + 100);
    const paid = w.api.questions().length;
    assert.ok(paid <= 8, `${paid} paid questions`);
    t.diagnostic(`${n} domains, ${paid} paid questions`);

    w.dns.deniesAll(false);
    await w.daemon.logs(/event=resolver_is_back/, 180000);
    await w.daemon.logs(/event=surge_is_over names=known/, 180000);
    // everything is as before: what is really gone is found
    await w.fence('fence.com');
    assert.deepEqual(accountsOf(await w.all('email.unverify')), ['fence-fence.com']);
    assert.ok(w.api.questions().length <= paid + 1);
    const end = await stats();
    assert.equal(end.phase_active, n);
    assert.equal(end.surges, 1);
    assert.equal((w.daemon.log.match(/surge_of_denials/g) || []).length, 1, 'said once');
    await state.stop(w);
  });
});
