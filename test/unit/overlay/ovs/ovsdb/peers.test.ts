import { once } from 'node:events';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OvsdbClient } from '../../../../../src/overlay/ovs/ovsdb/client.ts';
import { parseOvsdbEndpoints } from '../../../../../src/overlay/ovs/ovsdb/endpoint.ts';
import { RequestRefused, UnreadableServer } from '../../../../../src/overlay/ovs/ovsdb/fault.ts';
import { monitorSwitch, type MonitorUpdate } from '../../../../../src/overlay/ovs/ovsdb/monitor.ts';
import { commentOn } from '../../../../../src/overlay/ovs/ovsdb/operations.ts';
import { bridgeTable } from '../../../../../src/overlay/ovs/ovsdb/tables.ts';
import { OverlayUnavailable } from '../../../../../src/overlay/faults.ts';
import { systemClock, type Clock } from '../../../../../src/runtime/clock.ts';
import { nextTurn } from '../../../../../src/runtime/next-turn.ts';
import { ManualClock } from '../../../../doubles/manual-clock.ts';
import { peerThat } from '../../../../doubles/ovsdb-peer.ts';
import { temporaryFolder } from '../../../../doubles/temporary-folder.ts';
import { Authority, openssl } from '../../../../support/certificates.ts';
import { describeNeeding } from '../../../../support/needs.ts';

function clientOf(endpoint: string, clock: Clock = systemClock): OvsdbClient {
  const client = new OvsdbClient({ endpoints: parseOvsdbEndpoints(endpoint), clock });
  onTestFinished(() => {
    client[Symbol.dispose]();
  });
  return client;
}

function monitorOf(endpoint: string, clock: Clock = systemClock): AsyncGenerator<MonitorUpdate, void, void> {
  const stop = new AbortController();
  const monitor = monitorSwitch({ endpoints: parseOvsdbEndpoints(endpoint), clock, signal: stop.signal });
  onTestFinished(async () => {
    stop.abort();
    await monitor.return().catch(() => undefined);
  });
  return monitor;
}

/** Lets time pass until something came about. */
async function passUntil(clock: ManualClock, isDone: () => boolean, stepMs: number): Promise<number> {
  let passedMs = 0;
  for (; !isDone(); passedMs += stepMs) {
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    if (!isDone()) clock.pass(stepMs);
  }
  return passedMs;
}

const zero = '00000000-0000-0000-0000-000000000000';
const uuid = '11111111-1111-4111-8111-111111111111';

describe('a peer that is no good OVSDB server', () => {
  it.each<[what: string, sent: string, fault: typeof OverlayUnavailable, words: string]>([
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', UnreadableServer, 'no JSON object'],
    ['sends half a message and leaves', '{"id":1,"resu', OverlayUnavailable, 'was lost'],
    ['leaves', '', OverlayUnavailable, 'was lost'],
    [
      'nests without an end',
      '{"id":1,"result":' + '['.repeat(100_000),
      UnreadableServer,
      'more than 64 levels',
    ],
    ['answers something else', '{"id":7,"result":[],"error":null}', UnreadableServer, 'that was not asked'],
    ['sends no message', '{"hello":1}', UnreadableServer, 'no message of JSON-RPC'],
    ['answers a transaction with a text', '{"id":1,"result":"x","error":null}', UnreadableServer, 'no list'],
    ['answers with too little', '{"id":1,"result":[],"error":null}', UnreadableServer, 'something else'],
    [
      'gives rows of another kind',
      '{"id":1,"result":[{"rows":[{"_uuid":1}]}],"error":null}',
      UnreadableServer,
      'cannot be read',
    ],
    [
      'has no such database',
      '{"id":1,"error":{"error":"unknown database"}}',
      OverlayUnavailable,
      'has no database of a switch',
    ],
    [
      'has no room',
      '{"id":1,"result":[{"error":"I/O error","details":"full"}]}',
      OverlayUnavailable,
      'I/O error: full',
    ],
  ])('is told as a host that cannot be used: it %s', async (_, sent, fault, words) => {
    using peer = await peerThat((_message, send, socket) => {
      send(sent);
      socket.end();
    });
    const asked = clientOf(peer.endpoint).select(bridgeTable);
    await expect(asked).rejects.toBeInstanceOf(fault);
    await expect(asked).rejects.toThrow(words);
    await expect(asked).rejects.toThrow(peer.endpoint);
  });

  it('never makes anything else of what it sends than an answer or a fault', async () => {
    const piece = fc.constantFrom(
      '{"id":1,"result":',
      '[{"rows":[]}]',
      ',"error":null}',
      '{',
      '}',
      '[null]',
      '"',
      '{"method":"echo","id":"e"}',
      '\0',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        using peer = await peerThat((message, send, socket) => {
          if (message.kind === 'question') send(pieces.join(''));
          socket.end();
        });
        using client = new OvsdbClient({ endpoints: parseOvsdbEndpoints(peer.endpoint), clock: systemClock });
        const [outcome] = await Promise.allSettled([client.select(bridgeTable)]);
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(OverlayUnavailable);
      }),
      { numRuns: 50 },
    );
  });

  it('is given up when it does not answer in time, and what waits with it', async () => {
    using peer = await peerThat(() => undefined);
    const clock = new ManualClock();
    const client = clientOf(peer.endpoint, clock);
    let outcomes: PromiseSettledResult<unknown>[] | undefined;
    void Promise.allSettled([client.select(bridgeTable), client.transact([commentOn('x')])]).then(
      (settled) => (outcomes = settled),
    );
    expect(await passUntil(clock, () => outcomes !== undefined, 1000)).toBeGreaterThanOrEqual(10_000);
    for (const outcome of outcomes ?? [])
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'OverlayUnavailable' } });
  });

  it('refuses a request in its own words', async () => {
    using peer = await peerThat((message, send) => {
      if (message.kind === 'question')
        send({ id: message.id, result: null, error: { error: 'syntax error', details: 'at 1' } });
    });
    const asked = clientOf(peer.endpoint).transact([commentOn('x')]);
    await expect(asked).rejects.toBeInstanceOf(RequestRefused);
    await expect(asked).rejects.toThrow('refuses transact: syntax error: at 1');
  });
});

describeNeeding([openssl], 'a peer with which TLS does not come about', () => {
  it('is given up in time', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const clock = new ManualClock();
    using client = new OvsdbClient({
      endpoints: parseOvsdbEndpoints(`ssl:127.0.0.1:${String(port)}`),
      clock,
      certificates: new Authority(temporaryFolder(), 'authority').sign('client', 'DNS:client'),
    });
    let fault: unknown;
    client.select(bridgeTable).catch((error: unknown) => (fault = error));
    await passUntil(clock, () => fault !== undefined, 1000);
    expect(fault).toBeInstanceOf(OverlayUnavailable);
    expect(String(fault)).toContain('does not answer within 5000 ms');
  });
});

describe('signs of life', () => {
  it('are answered, and nothing else that a peer asks', async () => {
    const answers: unknown[] = [];
    let asked: unknown;
    using peer = await peerThat((message, send) => {
      if (message.kind === 'question') {
        asked = message.id;
        send({ id: 'e', method: 'echo', params: ['x', 1] });
        send({ id: 'f', method: 'steal', params: [] });
      } else if (answers.push(message) === 2) send({ id: asked, result: [{}], error: null });
    });
    await clientOf(peer.endpoint).transact([commentOn('x')]);
    expect(answers).toEqual([
      { kind: 'answer', id: 'e', result: ['x', 1] },
      { kind: 'refusal', id: 'f', refusal: { error: 'unknown method', details: '' } },
    ]);
  });

  it('are asked for in a long silence, and a peer that gives none is lost', async () => {
    const asked: string[] = [];
    let isAlive = true;
    using peer = await peerThat((message, send) => {
      if (message.kind !== 'question') return;
      asked.push(message.method);
      if (message.method !== 'echo') send({ id: message.id, result: [false, zero, {}], error: null });
      else if (isAlive) send({ id: message.id, result: message.params, error: null });
    });
    const clock = new ManualClock();
    const monitor = monitorOf(peer.endpoint, clock);
    await monitor.next();
    let update: IteratorResult<MonitorUpdate, void> | undefined;
    void monitor.next().then((next) => (update = next));
    await passUntil(clock, () => asked.filter((method) => method === 'echo').length >= 3, 1000);
    expect(update).toBeUndefined();
    isAlive = false;
    await passUntil(clock, () => update !== undefined, 1000);
    const value = update?.value;
    expect(value?.kind === 'lost' ? value.fault.message : value).toContain(
      'did not answer echo within 10000 ms',
    );
  });
});

describe('a monitor ends, and says why, where it cannot read', () => {
  const row = { name: 'br0' };
  it.each<[what: string, news: unknown, words: string]>([
    ['another table', { Queue: {} }, 'a table that was not asked for'],
    ['a change to a row that it never told of', { Bridge: { [uuid]: { modify: row } } }, 'never told of'],
    ['the end of a row that it never told of', { Bridge: { [uuid]: { delete: null } } }, 'never told of'],
    [
      'a value of another kind',
      { Bridge: { [uuid]: { insert: { name: 7 } } } },
      'a row of Bridge that cannot be read',
    ],
    [
      'a column that was not asked for',
      { Bridge: { [uuid]: { insert: { color: 'red' } } } },
      'a row of Bridge that cannot be read',
    ],
    ['a change of another kind', { Bridge: { [uuid]: { replace: row } } }, 'in a way that cannot be read'],
    ['no changes', 'x', 'in a way that cannot be read'],
  ])('%s', async (_, news, words) => {
    using peer = await peerThat((message, send) => {
      if (message.kind !== 'question') return;
      send({ id: message.id, result: [false, zero, {}], error: null });
      send({ id: null, method: 'update3', params: ['isoledger', zero, news] });
    });
    const monitor = monitorOf(peer.endpoint);
    expect((await monitor.next()).value).toMatchObject({ kind: 'whole', because: 'first' });
    const next = monitor.next();
    await expect(next).rejects.toBeInstanceOf(UnreadableServer);
    await expect(next).rejects.toThrow(words);
    expect(await monitor.next()).toEqual({ done: true, value: undefined });
  });

  it('nor does it go on after a refusal', async () => {
    using peer = await peerThat((message, send) => {
      if (message.kind === 'question')
        send({ id: message.id, error: { error: 'syntax error', details: 'x' } });
    });
    await expect(monitorOf(peer.endpoint).next()).rejects.toBeInstanceOf(RequestRefused);
  });
});

it('a monitor that nobody reads is given up before it takes much memory, and begins anew when somebody does', async () => {
  const text = 'x'.repeat(4 * 1024 * 1024);
  let connections = 0;
  using peer = await peerThat((message, send) => {
    if (message.kind !== 'question') return;
    send({ id: message.id, result: [false, zero, {}], error: null });
    if (++connections > 1) return;
    send({
      method: 'update3',
      params: ['isoledger', zero, { Bridge: { [uuid]: { insert: { name: text } } } }],
    });
    for (let time = 0; time < 40; time++)
      send({
        method: 'update3',
        params: ['isoledger', zero, { Bridge: { [uuid]: { modify: { name: text } } } }],
      });
  });
  const monitor = monitorOf(peer.endpoint);
  expect((await monitor.next()).value).toMatchObject({ kind: 'whole', because: 'first' });
  await vi.waitUntil(() => connections === 1 && peer.connections === 0, { timeout: 240_000 });
  const told = [];
  for (let update = await monitor.next(); told.length < 50; update = await monitor.next()) {
    const value = update.value;
    told.push(value?.kind);
    if (value?.kind !== 'changes') break;
  }
  expect(told.length).toBeLessThan(40);
  expect(told.at(-1)).toBe('lost');
  expect((await monitor.next()).value).toMatchObject({ kind: 'whole', because: 'resync' });
});

it('a monitor tries again after growing pauses, and tells once that nobody answers', async () => {
  const clock = new ManualClock();
  const sleeps: number[] = [];
  const noted: Clock = {
    now: () => clock.now(),
    elapsedMs: () => clock.elapsedMs(),
    sleep: (milliseconds, signal) => {
      if (signal?.aborted !== true) sleeps.push(milliseconds);
      return clock.sleep(milliseconds, signal);
    },
  };
  const monitor = monitorOf('unix:/nowhere/at-all.sock', noted);
  expect((await monitor.next()).value).toMatchObject({ kind: 'lost' });
  let isTold = false;
  void monitor.next().then(() => (isTold = true));
  await passUntil(clock, () => sleeps.length > 40, 5000);
  expect(isTold).toBe(false);
  const pauses = sleeps.filter((milliseconds) => milliseconds !== 5000);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(7500);
  expect(Math.max(...pauses)).toBeGreaterThan(2000);
});
