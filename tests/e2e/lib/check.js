'use strict';
// What a message must look like, field by field: its shape is a promise to other services.

const assert = require('node:assert/strict');
const { STATES } = require('./world');

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

const REASON = {
  redemption: 'domain_expiring', pending_delete: 'domain_deleting', released: 'domain_available',
};

function keysAre(map, keys, what) {
  assert.deepEqual(Object.keys(map).sort(), [...keys].sort(), `keys of ${what}`);
}

function isRecent(text, what) {
  assert.match(text, TIME, what);
  const age = Date.now() - Date.parse(text);
  assert.ok(age > -2000 && age < 600000, `${what} is now: ${text}`);
}

function checkHeaders(message, name, format = 'msgpack') {
  const h = message.header;
  assert.ok(h['Nats-Msg-Id'], 'Nats-Msg-Id');
  assert.equal(h['Content-Type'],
    format === 'json' ? 'application/json' : 'application/vnd.msgpack');
  assert.equal(h['ce-specversion'], '1.0');
  assert.ok(h['ce-id'], 'ce-id');
  assert.equal(h['ce-type'], `unverifyd.${name}.v1`);
  assert.ok(h['ce-source'], 'ce-source');
  assert.match(h['ce-time'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
}

/** `state`: what was set up for the domain, a key of STATES. */
function checkEvidence(evidence, world, domain, state) {
  keysAre(evidence, ['dns', 'status', 'rdap', 'policy', 'confirmed_since'], 'evidence');
  keysAre(evidence.dns, ['outcome', 'soa', 'resolver', 'at'], 'evidence.dns');
  const { dns } = STATES[state];
  const outcome = { no_data: 'not_delegated', parked: 'parked' }[dns] || 'absent';
  assert.equal(evidence.dns.outcome, outcome);
  if (outcome === 'parked') assert.equal(evidence.dns.soa, null);
  else assert.equal(evidence.dns.soa.replace(/\.$/, ''), domain.slice(domain.indexOf('.') + 1));
  assert.equal(evidence.dns.resolver, world.dns.address);
  isRecent(evidence.dns.at, 'evidence.dns.at');
  keysAre(evidence.status, ['provider', 'tokens', 'http', 'elapsed_ms', 'at'], 'evidence.status');
  assert.equal(evidence.status.provider, 'domainr');
  assert.deepEqual(evidence.status.tokens, STATES[state].words.split(' '));
  assert.equal(evidence.status.http, 200);
  assert.ok(Number.isInteger(evidence.status.elapsed_ms) && evidence.status.elapsed_ms >= 0);
  isRecent(evidence.status.at, 'evidence.status.at');
  assert.equal(evidence.rdap, null);
  assert.equal(evidence.policy, 'strict');
  if (evidence.confirmed_since !== null) {
    isRecent(evidence.confirmed_since, 'evidence.confirmed_since');
  }
}

/**
 * An email.unverify or email.block_reset.
 * `want`: { account, email, domain, state, risk, name, format }
 */
function checkUnverify(message, world, want) {
  const { phase } = STATES[want.state];
  const m = message.body;
  keysAre(m, ['v', 'id', 'account', 'email', 'domain', 'phase', 'reason', 'block_password_reset',
    'risk', 'evidence', 'decided_at'], 'the message');
  assert.equal(m.v, 1);
  assert.equal(typeof m.id, 'string');
  assert.ok(m.id.length > 0);
  assert.deepEqual(m.account, want.account);
  assert.equal(m.email, want.email);
  assert.equal(m.domain, want.domain);
  assert.equal(m.phase, phase);
  assert.equal(m.reason, REASON[phase]);
  assert.equal(m.block_password_reset, phase === 'released');
  if (want.risk) assert.equal(m.risk, want.risk);
  else assert.ok(['critical', 'high', 'moderate'].includes(m.risk), m.risk);
  isRecent(m.decided_at, 'decided_at');
  checkEvidence(m.evidence, world, want.domain, want.state);
  checkHeaders(message, want.name || 'email.unverify', want.format);
}

/** An email.domain.phase or email.domain.recovered. */
function checkDomain(message, want) {
  const m = message.body;
  keysAre(m, ['v', 'domain', 'from', 'to', 'accounts', 'evidence', 'at'], 'the message');
  assert.equal(m.v, 1);
  assert.equal(m.domain, want.domain);
  if (want.from) assert.equal(m.from, want.from);
  else assert.equal(typeof m.from, 'string');
  assert.equal(m.to, want.to);
  assert.equal(m.accounts, want.accounts);
  isRecent(m.at, 'at');
  keysAre(m.evidence, ['dns', 'status', 'rdap', 'policy', 'confirmed_since'], 'evidence');
  checkHeaders(message, want.name || 'email.domain.phase');
}

/** No id twice, whatever else. */
function checkIdsAreUnique(messages) {
  const seen = new Map();
  for (const m of messages) {
    const id = m.header['Nats-Msg-Id'];
    assert.ok(!seen.has(id), `Nats-Msg-Id ${id} at ${seen.get(id)} and ${m.seq}`);
    seen.set(id, m.seq);
  }
}

module.exports = { checkUnverify, checkDomain, checkHeaders, checkIdsAreUnique, TIME };
