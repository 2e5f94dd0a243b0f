import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import type { RoleProgress } from '../../../src/serve/role.ts';
import { formatNamed } from '../../../src/siem/formats/named.ts';
import { MirrorUnavailable, StreamForked } from '../../../src/siem/mirror/faults.ts';
import { publisherRole } from '../../../src/siem/mirror/publish.ts';
import { collect, fact, placed, tester } from '../../doubles/facts.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { MemoryMirror, type Fate } from '../../doubles/memory-mirror.ts';

const log = pino({ level: 'silent' });

async function ledgerOf(entries: number): Promise<MemoryLedger> {
  const ledger = new MemoryLedger({ clock: new ManualClock(), ids: randomIds });
  for (let at = 0; at < entries; at += 1) await appendTo(ledger, at);
  return ledger;
}

async function appendTo(ledger: MemoryLedger, at: number): Promise<void> {
  await ledger.append({ events: [placed(`tenant-${String(at)}`)], actor: tester });
}

class Run {
  readonly clock = new ManualClock();
  readonly told: RoleProgress[] = [];
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;
  isOver = false;

  readonly mirror: MemoryMirror;

  constructor(ledger: MemoryLedger, mirror: MemoryMirror) {
    this.mirror = mirror;
    const form = { format: formatNamed('entries'), context: { ledgerId: ledger.id, version: '1' } };
    const tell = (progress: RoleProgress): void => void this.told.push(progress);
    const context = { signal: this.#stop.signal, log, tell };
    this.#over = publisherRole({ ledger, mirror, form, clock: this.clock })
      .run(context)
      .finally(() => (this.isOver = true));
    this.#over.catch(() => undefined);
  }

  /** Lets time pass until the mirror holds so many messages, or the run is over. */
  async until(count: number): Promise<void> {
    for (let turn = 0; turn < 5_000; turn += 1) {
      if (this.isOver || (this.mirror.messages?.length === count && this.told.at(-1)?.seq === count - 1))
        return;
      await new Promise((resolve) => setImmediate(resolve));
      if (turn % 10 === 9) this.clock.pass(100);
    }
    throw new Error(`still ${String(this.mirror.messages?.length)} messages`);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#over;
  }

  get failed(): Promise<void> {
    return this.until(-1).then(() => this.#over);
  }
}

/** Every entry once, in its place. */
async function expectWhole(mirror: MemoryMirror, ledger: MemoryLedger): Promise<void> {
  const entries = await collect(ledger.read());
  expect(mirror.messages?.map(({ sequence, id, leaf }) => [sequence, id, leaf])).toEqual(
    entries.map(({ seq, bytes }) => [seq + 1, `l:${String(seq)}`, leafHash(bytes)]),
  );
}

describe('the publisher', () => {
  it('mirrors what is there and what comes, several at once, and tells how far it is', async () => {
    const [ledger, mirror] = [await ledgerOf(600), new MemoryMirror()];
    const run = new Run(ledger, mirror);
    await run.until(600);
    for (let at = 600; at < 610; at += 1) await appendTo(ledger, at);
    await run.until(610);
    await run.end();
    await expectWhole(mirror, ledger);
    expect(mirror.underWayMax).toBeGreaterThan(1);
    expect(mirror.underWayMax).toBeLessThanOrEqual(256);
    expect(run.told.at(-1)).toEqual({ seq: 609, behind: 0 });
  });

  it('goes on where the mirror ends', async () => {
    const [ledger, mirror] = [await ledgerOf(20), new MemoryMirror()];
    const first = new Run(ledger, mirror);
    await first.until(20);
    await first.end();
    for (let at = 20; at < 30; at += 1) await appendTo(ledger, at);
    const second = new Run(ledger, mirror);
    await second.until(30);
    await second.end();
    await expectWhole(mirror, ledger);
  });

  const courses: readonly Fate[][] = [
    ['not-taken'],
    ['answer-lost'],
    ['taken', 'not-taken', 'answer-lost', 'taken'],
    ['taken', 'answer-lost', 'taken', 'taken', 'not-taken'],
    Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? 'not-taken' : 'answer-lost')),
  ];
  it.each(courses.map((fates) => ({ fates })))(
    'leaves no gap and repeats nothing: $fates',
    async ({ fates }) => {
      for (const known of [0, Infinity]) {
        const [ledger, mirror] = [await ledgerOf(300), new MemoryMirror()];
        Object.assign(mirror, { fates: [...fates], known });
        const run = new Run(ledger, mirror);
        await run.until(300);
        await run.end();
        await expectWhole(mirror, ledger);
      }
    },
  );

  it('waits for a mirror that is away for a while, and tells of it as a fault after half a minute', async () => {
    const [ledger, mirror] = [await ledgerOf(3), new MemoryMirror()];
    const run = new Run(ledger, mirror);
    await run.until(3);
    mirror.isAway = true;
    await appendTo(ledger, 3);
    for (let second = 0; second < 20; second += 1) {
      run.clock.pass(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(run.isOver).toBe(false);
    mirror.isAway = false;
    await run.until(4);
    mirror.isAway = true;
    await appendTo(ledger, 4);
    await expect(run.failed).rejects.toThrow(MirrorUnavailable);
  });

  it('reads again what the mirror lost', async () => {
    const [ledger, mirror] = [await ledgerOf(10), new MemoryMirror()];
    const run = new Run(ledger, mirror);
    await run.until(10);
    mirror.messages = mirror.messages?.slice(0, 4);
    await appendTo(ledger, 10);
    await run.until(11);
    await run.end();
    await expectWhole(mirror, ledger);
  });

  it('makes a mirror anew that was removed', async () => {
    const [ledger, mirror] = [await ledgerOf(3), new MemoryMirror()];
    const run = new Run(ledger, mirror);
    await run.until(3);
    mirror.messages = undefined;
    await appendTo(ledger, 3);
    await run.until(4);
    await run.end();
    await expectWhole(mirror, ledger);
  });

  it('makes a mirror anew that was removed also while nothing comes', async () => {
    const [ledger, mirror] = [await ledgerOf(3), new MemoryMirror()];
    const run = new Run(ledger, mirror);
    await run.until(3);
    mirror.messages = undefined;
    run.clock.pass(60_000);
    await run.until(3);
    await run.end();
    await expectWhole(mirror, ledger);
  });

  it.each([
    ['wrote to it, before it begins', true],
    ['wrote to it while it runs', false],
  ])('stops where somebody else %s, and writes nothing more', async (_, isBefore) => {
    const [ledger, mirror] = [await ledgerOf(3), new MemoryMirror()];
    const others = [1, 2, 3, 4].map((sequence) => ({ sequence, id: undefined, leaf: undefined, body: 'x' }));
    const write = (): void => {
      const there = mirror.messages ?? [];
      mirror.messages = [...there, ...others.slice(there.length, there.length + 1)];
    };
    if (isBefore) write();
    const run = new Run(ledger, mirror);
    if (!isBefore) {
      await run.until(3);
      write();
      await appendTo(ledger, 3);
    }
    await expect(run.failed).rejects.toThrow(StreamForked);
    await expect(run.failed).rejects.toMatchObject({ category: 'integrity' });
    expect(mirror.messages?.length).toBe(isBefore ? 1 : 4);
  });

  it.each([
    ['while it runs', false],
    ['and finds it when it begins anew', true],
  ])("stops where somebody else's message has its own ones upon it, %s", async (_, isAnew) => {
    const [ledger, mirror] = [await ledgerOf(3), new MemoryMirror()];
    const run = new Run(ledger, mirror);
    await run.until(3);
    if (isAnew) await run.end();
    const foreign = { sequence: 4, id: undefined, leaf: undefined, body: 'x' };
    await ledger.append({ events: ['a', 'b', 'c'].map((tenant) => placed(tenant)), actor: tester });
    const upon = (await collect(ledger.read({ after: 3 }))).map(({ seq, bytes }) => ({
      ...{ sequence: seq + 1, id: mirror.idOf(seq), leaf: leafHash(bytes), body: '' },
    }));
    mirror.messages = [...(mirror.messages ?? []), foreign, ...(isAnew ? upon : [])];
    await expect((isAnew ? new Run(ledger, mirror) : run).failed).rejects.toThrow(
      'its message 4 is not entry 3',
    );
  });

  it('stops where the mirror holds more than the ledger, as beside an older copy of it', async () => {
    const [ledger, mirror] = [await ledgerOf(3), new MemoryMirror()];
    const run = new Run(ledger, mirror);
    await run.until(3);
    await run.end();
    await expect(new Run(await ledgerOf(2), mirror).failed).rejects.toThrow(
      'it holds 3 messages, the ledger 2 entries',
    );
  });

  it('stops where the last message is of another ledger, also under the same id', async () => {
    const mirror = new MemoryMirror();
    const run = new Run(await ledgerOf(3), mirror);
    await run.until(3);
    await run.end();
    await expect(new Run(await ledgerOf(4), mirror).failed).rejects.toThrow('its message 1 is not entry 0');
  });

  it('stops at an entry that it cannot read, with all before it mirrored', async () => {
    const [ledger, mirror] = [await ledgerOf(3), new MemoryMirror()];
    await ledger.append({ events: [fact('tenant/x')], actor: tester });
    const form = { format: formatNamed('cloudevents'), context: { ledgerId: ledger.id, version: '1' } };
    const context = { signal: new AbortController().signal, log, tell: () => undefined };
    const run = publisherRole({ ledger, mirror, form, clock: new ManualClock() }).run(context);
    await expect(run).rejects.toMatchObject({ seq: 3 });
    expect(mirror.messages?.length).toBe(3);
  });

  it('says each minute that the ledger is alive, and what it holds', async () => {
    const [ledger, mirror] = [await ledgerOf(3), new MemoryMirror()];
    const run = new Run(ledger, mirror);
    await run.until(3);
    for (let second = 0; second < 61; second += 1) {
      run.clock.pass(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await run.end();
    const { root } = await ledger.head();
    expect(mirror.beats.length).toBeGreaterThanOrEqual(2);
    expect(mirror.beats.at(-1)).toContain(root);
  });
});
