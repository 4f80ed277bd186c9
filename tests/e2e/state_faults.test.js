'use strict';
// The streams of the state are full, sealed, deleted or damaged: it is said clearly, nothing
// is taken in meanwhile and nothing is lost, and it goes on by itself when the cause is gone.

const test = require('node:test');
const assert = require('node:assert/strict');
const { inWorld } = require('./lib/world');
const { until } = require('./lib/until');
const { checkIdsAreUnique } = require('./lib/check');
const state = require('./lib/state');

const { LOG, SNAP } = state;

const time = (k) => new Date(Date.parse('2024-01-01T00:00:00Z') + k * 1000).toISOString();

/** A world with twenty addresses taken in, five of them lapsed, and twenty domains more. */
async function inSettledWorld(stem, run) {
  const domains = {};
  for (let i = 0; i < 40; i += 1) domains[`${stem}-${i}.com`] = i % 4 ? 'delegated' : 'released';
  await inWorld(domains, async (w) => {
    w.more = async (from, to) => {
      for (let k = from; k < to; k += 1) {
        await w.verified(k, `u${k}@${stem}-${k}.com`, { time: time(k) });
      }
    };
    await w.start();
    await w.more(0, 20);
    await w.messages('email.unverify', 5);
    await state.acknowledged(w);
    await run(w);
  });
}

/** All forty addresses are there, each lapsed one with its message, and stay so. */
async function allIsWell(w) {
  await state.digest(w.daemon, 'loaded');
  await w.messages('email.unverify', 10, { limitMs: 60000 });
  await state.acknowledged(w);
  const digest = await state.stop(w);
  const all = await w.all('email.>');
  checkIdsAreUnique(all);
  assert.deepEqual(all.filter((m) => m.subject === 'email.unverify')
    .map((m) => m.body.account).sort((a, b) => a - b), [0, 4, 8, 12, 16, 20, 24, 28, 32, 36]);
  assert.equal(await state.restart(w), digest);
  assert.match(w.daemon.log, /event=loaded domains=40 addresses=40 /);
  assert.equal(await state.stop(w), digest);
  assert.equal(await w.count('email.>'), all.length);
}

/** What stands still while the log can't be written. */
async function standing(w) {
  return { acknowledged: await state.ackFloor(w), messages: await w.count('email.>'),
    log: (await state.info(w, LOG)).state.last_seq };
}

const complaint = (subject, why) => new RegExp(
  `level=error comp=wal event=not_written subject=${subject.replace(/\./g, '\\.')} why="?${why}`);

// Full, sealed ---------------------------------------------------------------------------

for (const [what, limits, why] of [
  ['messages', (s) => ({ max_msgs: s.messages }), 'maximum messages exceeded'],
  ['bytes', (s) => ({ max_bytes: s.bytes }), 'maximum bytes exceeded']]) {
  test(`the log is full (${what}), then is not`, async () => {
    await inSettledWorld('newel', async (w) => {
      const { state: now } = await state.info(w, LOG);
      await state.configure(w, LOG, { discard: 'new', ...limits(now) });
      const before = await standing(w);
      let tries = 0;
      const listener = w.nc.subscribe('unverifyd.log.0', { callback: () => { tries += 1; } });
      await w.more(20, 30);
      await w.daemon.logs(complaint('unverifyd.log.0', why));
      await w.more(30, 40);
      // Several more tries are refused; by then a mistake would have shown.
      await until('more appends were tried', () => tries > 2);
      listener.unsubscribe();
      assert.deepEqual(await standing(w), before);
      assert.ok(w.daemon.isRunning);
      await state.lift(w, LOG);
      await allIsWell(w);
    });
  });
}

test('the log is full, unverifyd is killed: what was not written comes in again', async () => {
  await inSettledWorld('ogee', async (w) => {
    await state.fill(w, LOG);
    const before = await standing(w);
    await w.more(20, 40);
    await w.daemon.logs(complaint('unverifyd.log.0', 'maximum messages exceeded'));
    await w.daemon.kill();
    assert.deepEqual(await standing(w), before);
    w.launch();
    await w.daemon.logs(complaint('unverifyd.log.0', 'maximum messages exceeded'));
    assert.deepEqual(await standing(w), before);
    await state.lift(w, LOG);
    await allIsWell(w);
  });
});

test('a stop while the log is full ends in time, and loses nothing', async () => {
  await inSettledWorld('pintle', async (w) => {
    await state.fill(w, LOG);
    await w.more(20, 40);
    await w.daemon.logs(complaint('unverifyd.log.0', 'maximum messages exceeded'));
    const before = await standing(w);
    const status = await w.daemon.child.stop('SIGTERM', 45000);
    assert.deepEqual(status, { code: 0, signal: null });
    assert.match(w.daemon.log,
      /event=not_drained after_ms=\d+ waits_for="the log, which refuses what is written/);
    const waited = Number(/event=not_drained after_ms=(\d+)/.exec(w.daemon.log)[1]);
    assert.ok(waited < 30000, `not the whole limit: ${waited} ms`);
    assert.deepEqual(await standing(w), before);
    await state.lift(w, LOG);
    w.launch();
    await allIsWell(w);
  });
});

test('the log is sealed; it is deleted, and the state is written down anew', async () => {
  await inSettledWorld('quoin', async (w) => {
    await state.configure(w, LOG, { sealed: true });
    assert.equal((await state.info(w, LOG)).config.sealed, true);
    const before = await standing(w);
    await w.more(20, 40);
    await w.daemon.logs(complaint('unverifyd.log.0', 'invalid operation on sealed stream'));
    assert.deepEqual(await standing(w), before);
    await (await w.manager()).streams.delete(LOG);
    await w.daemon.logs(/comp=wal event=log_is_empty/, 40000);
    await w.daemon.logs(/comp=snapshot event=written/, 40000);
    await allIsWell(w);
  });
});

// Deleted --------------------------------------------------------------------------------

test('the log is deleted while unverifyd runs: it is made again, nothing is lost', async () => {
  await inSettledWorld('rabbet', async (w) => {
    await (await w.manager()).streams.delete(LOG);
    await w.more(20, 40);
    await w.daemon.logs(/comp=wal event=not_written/, 40000);
    await w.daemon.logs(/comp=wal event=log_is_empty/, 40000);
    await w.daemon.logs(/comp=snapshot event=written/, 40000);
    await w.messages('email.unverify', 10, { limitMs: 60000 });
    await state.acknowledged(w);
    await w.daemon.kill(); // the new log and its snapshot alone
    w.launch();
    await allIsWell(w);
  });
});

test('a deleted log is noticed when nobody takes what is written, not by a time limit', async () => {
  await inSettledWorld('saddle', async (w) => {
    await (await w.manager()).streams.delete(LOG);
    await w.more(20, 21);
    await w.daemon.logs(complaint('unverifyd.log.0', 'no stream takes it; was it deleted\\?'));
    await w.daemon.logs(/comp=wal event=log_is_empty/);
    assert.ok(!/no acknowledgement/.test(w.daemon.log));
    await w.more(21, 40);
    await allIsWell(w);
    assert.equal(w.daemons[0].log.match(/event=not_written/g).length, 1, 'said once');
  });
});

test('the stream of events is deleted while unverifyd runs: said, made again and read', async () => {
  await inSettledWorld('tallow', async (w) => {
    await (await w.manager()).streams.delete('ACCOUNTS');
    await w.daemon.logs(/level=warn comp=bus event=disconnected why="[^"]*Consumer Deleted"/);
    await w.daemon.logs(/level=warn comp=consumer event=stream_is_new stream=ACCOUNTS position=20 /);
    await w.more(20, 40);
    await allIsWell(w);
  });
});

for (const [what, how] of [['after a clean stop', 'stop'], ['after kill -9', 'kill']]) {
  test(`the stream of events is made anew while unverifyd is stopped, ${what}`, async () => {
    await inSettledWorld('umber', async (w) => {
      if (how === 'stop') await state.stop(w);
      else await w.daemon.kill();
      await (await w.manager()).streams.delete('ACCOUNTS');
      await (await w.manager()).streams.add({ name: 'ACCOUNTS', subjects: ['account.>'] });
      // The same number again, and of the same content: nothing shows but who tells it.
      await w.more(0, 20);
      w.launch();
      await w.daemon.logs(/comp=consumer event=stream_is_new stream=ACCOUNTS position=20 /);
      await state.acknowledged(w);
      await w.daemon.kill();
      await state.restart(w);
      assert.equal(state.said(w.daemon, 'restore', 'read', 'position'), 20);
      await w.more(20, 40);
      await w.messages('email.unverify', 10);
      await state.acknowledged(w);
      assert.ok(!w.daemon.log.includes('stream_is_new'), 'it knows the new one by now');
      assert.equal(await w.count('>', 'ACCOUNTS'), 40);
      await allIsWell(w);
    });
  });
}

test('no position of the old stream of events is kept for the new one', async () => {
  await inSettledWorld('valance', async (w) => {
    w.api.freeze();
    await w.more(20, 21); // released: its question hangs
    await w.daemon.logs(/event=totals .*paid_questions=6 /);
    await state.acknowledged(w);
    await w.daemon.kill();
    await (await w.manager()).streams.delete('ACCOUNTS');
    // It finds an empty stream, and has something to write all the same.
    w.launch();
    await w.daemon.logs(/comp=consumer event=stream_is_new stream=ACCOUNTS position=21 /);
    w.api.thaw();
    await w.messages('email.unverify', 6);
    await w.daemon.kill();
    await w.more(21, 40);
    await w.more(0, 10); // as many as the old one had, and more
    w.launch();
    await allIsWell(w);
  });
});

test('the log is deleted while unverifyd is stopped, behind a snapshot', async () => {
  await inSettledWorld('sash', async (w) => {
    const digest = await state.stop(w);
    await (await w.manager()).streams.delete(LOG);
    assert.equal(await state.restart(w), digest);
    await w.daemon.logs(/comp=restore event=log_begun_anew last=0 /);
    await w.daemon.logs(/comp=snapshot event=written/);
    await w.more(20, 40);
    await w.messages('email.unverify', 10);
    await state.acknowledged(w);
    await w.daemon.kill();
    w.launch();
    await allIsWell(w);
  });
});

test('the log is deleted after kill -9: what it knew is read from the events again', async () => {
  await inSettledWorld('tenon', async (w) => {
    await state.stop(w);
    await state.restart(w);
    await w.more(20, 30);
    await w.messages('email.unverify', 8);
    await state.acknowledged(w);
    await w.daemon.kill();
    await (await w.manager()).streams.delete(LOG);
    w.launch();
    await w.more(30, 40);
    await allIsWell(w);
  });
});

test('a log begun anew whose owner died before its snapshot is read right', async () => {
  await inSettledWorld('upright', async (w) => {
    await state.stop(w);
    await state.restart(w);
    await w.more(20, 30);
    await w.messages('email.unverify', 8);
    await state.acknowledged(w);
    await state.fill(w, SNAP); // so that the snapshot can't be written
    await (await w.manager()).streams.delete(LOG);
    await w.more(30, 35);
    await w.daemon.logs(/comp=wal event=log_is_empty/, 40000);
    await state.acknowledged(w);
    await w.daemon.kill();
    assert.ok(!/comp=snapshot event=written/.test(w.daemon.log));
    await state.lift(w, SNAP);
    w.launch();
    await w.more(35, 40);
    await w.daemon.logs(/comp=restore event=log_begun_anew last=[1-9]/);
    await allIsWell(w);
  });
});

test('a log begun anew whose owner dies before its first snapshot is no state', async () => {
  await inSettledWorld('jackstay', async (w) => {
    await w.more(20, 30);
    await w.messages('email.unverify', 8);
    await state.acknowledged(w);
    // There is no snapshot yet (a stray chunk is none), and there can't be one.
    await w.js.publish('unverifyd.snap.0.1.0', Buffer.from('stray'));
    await state.fill(w, SNAP);
    await (await w.manager()).streams.delete(LOG);
    await w.more(30, 35);
    await w.daemon.logs(/comp=wal event=log_is_empty/, 40000);
    await until('the new log holds something',
      async () => (await state.info(w, LOG)).state.messages > 1, 20000);
    await w.daemon.kill();
    assert.ok(!/comp=snapshot event=written/.test(w.daemon.log));
    await state.lift(w, SNAP);
    w.launch();
    await w.more(35, 40);
    await allIsWell(w); // taken in again from the account stream's beginning
  });
});

test('without its snapshot the rest of the log is not taken for the whole', async () => {
  await inSettledWorld('voussoir', async (w) => {
    await state.stop(w);
    const copies = await w.all('>', SNAP);
    await (await w.manager()).streams.delete(SNAP);
    const before = await standing(w);
    w.launch();
    await w.more(20, 40);
    await w.daemon.logs(new RegExp('level=error comp=bus event=jetstream why="state: the log has '
      + 'lost its beginning: UNVERIFYD_LOG begins at \\d+ and is needed from 1; is its snapshot'));
    assert.ok(!w.daemon.log.includes('event=loaded'));
    assert.deepEqual(await standing(w), before);
    for (const m of copies) await w.publish(m.subject, m.data);
    await allIsWell(w);
  });
});

// Damaged --------------------------------------------------------------------------------

test('a damaged message in the log: said with its sequence; taken away, it goes on', async () => {
  await inSettledWorld('wainscot', async (w) => {
    await w.daemon.kill();
    const { state: now } = await state.info(w, LOG);
    const { seq } = await w.js.publish('unverifyd.log.0', Buffer.from('no batch of facts'),
      { expect: { lastSubjectSequence: now.last_seq } });
    const before = { acknowledged: await state.ackFloor(w), messages: await w.count('email.>') };
    w.launch();
    await w.more(20, 40);
    await w.daemon.logs(new RegExp('level=error comp=bus event=jetstream why="state: a damaged '
      + `batch: UNVERIFYD_LOG, sequence ${seq}"`));
    assert.ok(!w.daemon.log.includes('event=loaded'));
    assert.deepEqual(
      { acknowledged: await state.ackFloor(w), messages: await w.count('email.>') }, before);
    await (await w.manager()).streams.deleteMessage(LOG, seq);
    await state.digest(w.daemon, 'loaded');
    await allIsWell(w);
  });
});

test('a chunk of the snapshot is gone: said, and nothing is taken in', async () => {
  await inSettledWorld('xyst', async (w) => {
    await state.stop(w);
    const chunks = (await w.all('>', SNAP)).filter((m) => !m.subject.endsWith('manifest'));
    assert.equal(chunks.length, 1);
    await (await w.manager()).streams.deleteMessage(SNAP, chunks[0].seq);
    const before = await standing(w);
    w.launch();
    await w.more(20, 40);
    await w.daemon.logs(
      /level=error comp=bus event=jetstream why="state: the snapshot is not complete: 0 of 1 /);
    assert.ok(!w.daemon.log.includes('event=loaded'));
    assert.deepEqual(await standing(w), before);
    // Brought back from a copy, it is a snapshot again.
    await w.publish(chunks[0].subject, chunks[0].data);
    await state.digest(w.daemon, 'loaded');
    await allIsWell(w);
  });
});

test('a damaged chunk, a damaged manifest: said, and nothing is taken in', async () => {
  await inSettledWorld('yoke', async (w) => {
    await state.stop(w);
    const messages = await w.all('>', SNAP);
    const chunk = messages.find((m) => !m.subject.endsWith('manifest'));
    const manifest = messages.find((m) => m.subject.endsWith('manifest'));
    const bad = Buffer.from(chunk.data);
    bad[bad.length >> 1] ^= 1;
    await (await w.manager()).streams.deleteMessage(SNAP, chunk.seq);
    const { seq } = await w.publish(chunk.subject, bad);
    w.launch();
    await w.daemon.logs(new RegExp('why="state: a damaged batch: UNVERIFYD_SNAP, '
      + `sequence ${seq}"`));
    await (await w.manager()).streams.deleteMessage(SNAP, seq);
    await w.publish(chunk.subject, chunk.data);
    const garbage = await w.publish(manifest.subject, Buffer.from('no manifest'));
    await w.daemon.kill();
    w.launch();
    await w.daemon.logs(/why="state: the snapshot's manifest can't be read: UNVERIFYD_SNAP"/);
    assert.ok(!w.daemon.log.includes('event=loaded'));
    await (await w.manager()).streams.deleteMessage(SNAP, garbage.seq);
    // nats-server 2.9 forgets older messages of a subject with its last one: a copy is put
    // there. Newer ones find the good manifest by themselves.
    await w.daemon.logs(/event=loaded|why="state: the log has lost its beginning: /);
    if (!w.daemon.log.includes('event=loaded')) {
      await w.publish(manifest.subject, manifest.data);
    }
    await state.digest(w.daemon, 'loaded');
    await w.more(20, 40);
    await allIsWell(w);
  });
});

test('a snapshot that cannot be written delays nothing but itself', async () => {
  await inSettledWorld('zax', async (w) => {
    await state.stop(w);
    await state.fill(w, SNAP);
    await state.restart(w);
    await w.more(20, 30);
    await w.messages('email.unverify', 8);
    w.daemon.expectEnd();
    w.daemon.child.signal('SIGTERM');
    await w.daemon.logs(/comp=publisher event=refused subject=unverifyd\.snap\.0/);
    assert.ok(w.daemon.isRunning);
    await state.lift(w, SNAP);
    assert.deepEqual(await w.daemon.child.exited, { code: 0, signal: null });
    assert.match(w.daemon.log, /comp=snapshot event=written/);
    w.launch();
    await w.more(30, 40);
    await allIsWell(w);
  });
});

// Other shards ---------------------------------------------------------------------------
// They share the stream of the log: their messages, and the purges of them, are none of ours.

/** Another shard writes `n` messages to the log. */
async function otherShard(w, n) {
  for (let i = 0; i < n; i += 1) await w.publish('unverifyd.log.1', new Uint8Array([i]));
}

test('messages of another shard, before, between and gone, change nothing', async () => {
  await inSettledWorld('zinc', async (w) => {
    await state.stop(w);
    for (const stream of [LOG, SNAP, 'ACCOUNTS', 'UNVERIFY']) {
      await (await w.manager()).streams.delete(stream);
    }
    await (await w.manager()).streams.add({ name: LOG, subjects: ['unverifyd.log.*'] });
    await otherShard(w, 30); // so our first message is not the stream's
    await w.start();
    await w.more(0, 10);
    await w.messages('email.unverify', 3);
    await otherShard(w, 5);
    await w.more(10, 20);
    await w.messages('email.unverify', 5);
    await state.acknowledged(w);
    await w.daemon.kill();
    await (await w.manager()).streams.purge(LOG, { filter: 'unverifyd.log.1' });
    await otherShard(w, 3);
    await state.restart(w);
    assert.match(w.daemon.log, /event=loaded domains=20 addresses=20 /);
    const digest = await state.stop(w); // a snapshot, and a purge of our own
    await otherShard(w, 20);
    assert.equal(await state.restart(w), digest);
    assert.ok(!w.daemon.log.includes('log_begun_anew'));
    assert.equal(await w.count('unverifyd.log.1', LOG), 23, 'we purge nothing of theirs');
    await w.more(20, 40);
    await allIsWell(w);
  });
});

test('a log begun anew is known for that, however long it and others make the stream', async () => {
  await inSettledWorld('alder', async (w) => {
    await state.stop(w);
    const known = (await state.info(w, LOG)).state.last_seq;
    await (await w.manager()).streams.delete(LOG);
    await state.fill(w, SNAP); // so that no new snapshot can be written
    await state.restart(w);
    await w.more(20, 30);
    await w.messages('email.unverify', 8);
    await state.acknowledged(w);
    for (let n = 0; (await state.info(w, LOG)).state.last_seq < known + 5; n += 1) {
      await w.publish('account.deleted', { account: `nobody-${n}` });
      await state.acknowledged(w);
    }
    await w.daemon.kill();
    assert.ok(!/comp=snapshot event=written/.test(w.daemon.log));
    await otherShard(w, known + 10);
    await state.lift(w, SNAP);
    w.launch();
    await w.daemon.logs(/comp=restore event=log_begun_anew last=[1-9]/);
    await w.more(30, 40);
    await allIsWell(w);
  });
});
