import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/runtime/clock.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import type { RoleProgress } from '../../src/serve/role.ts';
import { formatNamed } from '../../src/siem/formats/named.ts';
import { CursorPlace } from '../../src/siem/sinks/cursor.ts';
import { forwarderRole, type Forwarder } from '../../src/siem/sinks/forwarder.ts';
import type { Sink } from '../../src/siem/sinks/port.ts';
import { placed, tester } from '../doubles/facts.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { MemoryLedger } from '../doubles/memory-ledger.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

/** A receiver that tests can upset, and the sink that delivers to it. */
export interface SinkUnderTest extends AsyncDisposable {
  readonly open: (clock: Clock) => Sink;
  /** The seq of each event that it has, in the order in which they came; those that it refused are not among them. */
  readonly received: () => readonly number[];
  /** How many heartbeats came. */
  readonly beats: () => number;
}

/** What can befall deliveries to a kind of sink, each by a name, made to happen for the next few. */
export interface SinkKindUnderTest<Trouble extends string> {
  readonly troubles: readonly Trouble[];
  readonly make: (course: readonly (Trouble | 'well')[]) => Promise<SinkUnderTest>;
}

/** A clock that waits a hundredth of the time: what a receiver asks for is waited for, and tests end. */
export function hastyClock(): Clock {
  return {
    now: () => systemClock.now(),
    elapsedMs: () => systemClock.elapsedMs() * 100,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / 100, signal),
  };
}

export async function ledgerOf(entries: number): Promise<MemoryLedger> {
  const ledger = new MemoryLedger({ clock: new ManualClock(), ids: randomIds });
  for (let at = 0; at < entries; at += 1)
    await ledger.append({ events: [placed(`tenant-${String(at)}`)], actor: tester });
  return ledger;
}

/** A forwarder in the making: the format tells seq in each text, whatever the sink. */
export function forwarderOver(
  ledger: MemoryLedger,
  open: Forwarder['open'],
  clock: Clock,
): Forwarder<CursorPlace> {
  return {
    ...{ name: 'siem', ledger, clock, open, random: () => 0.5 },
    format: formatNamed('cloudevents'),
    context: { ledgerId: ledger.id, version: '1' },
    cursor: new CursorPlace({
      folder: temporaryFolder(),
      ledger: ledger.id,
      sink: 'siem',
      requireOwnFolder: () => undefined,
    }),
  };
}

/** A forwarder that runs until it is told to end. */
export class ForwarderRun {
  readonly told: RoleProgress[] = [];
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;
  #isOver = false;

  constructor(forwarder: Forwarder) {
    this.#over = forwarderRole(forwarder)
      .run({
        signal: this.#stop.signal,
        log: pino({ level: 'silent' }),
        tell: (progress) => void this.told.push(progress),
      })
      .finally(() => (this.#isOver = true));
    this.#over.catch(() => undefined);
  }

  /** Returns once it has told that it is done with an entry; throws what it threw. */
  async done(seq: number): Promise<void> {
    while ((this.told.at(-1)?.seq ?? -1) < seq) {
      if (this.#isOver) {
        await this.#over;
        throw new Error('the forwarder ended before');
      }
      await systemClock.sleep(1);
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#over;
  }

  /** What it ended by. */
  get failure(): Promise<unknown> {
    return this.#over.then(
      () => undefined,
      (error: unknown) => error,
    );
  }
}

/** Everything came, and nothing before what is before it: an entry may come again, with all that follow it. */
export function expectComplete(received: readonly number[], count: number): void {
  let next = 0;
  for (const seq of received) {
    expect(seq).toBeLessThanOrEqual(next);
    if (seq === next) next += 1;
  }
  expect(next).toBe(count);
}

/** What holds of every sink: its kind says what can befall it. */
export function sinkContract<Trouble extends string>(
  name: string,
  { troubles, make }: SinkKindUnderTest<Trouble>,
): void {
  const entries = 60;

  async function deliver(course: readonly (Trouble | 'well')[]): Promise<void> {
    await using sink = await make(course);
    const ledger = await ledgerOf(entries);
    const clock = hastyClock();
    const forwarder = forwarderOver(ledger, () => sink.open(clock), clock);
    const run = new ForwarderRun(forwarder);
    await run.done(entries - 1);
    await ledger.append({ events: [placed('one-more')], actor: tester });
    await run.done(entries);
    await run.end();
    expectComplete(sink.received(), entries + 1);
    expect(forwarder.cursor.read()).toMatchObject({ seq: entries });
  }

  describe(`the sink ${name}`, () => {
    it('gets every entry in order, and those that come', async () => {
      await deliver([]);
    });

    it.each(troubles.map((trouble) => ({ trouble })))(
      'gets every entry in order though it $trouble',
      async ({ trouble }) => {
        await deliver([trouble]);
        await deliver(['well', trouble, trouble, 'well', trouble]);
      },
    );

    it('gets every entry in order whatever comes together', async () => {
      for (let seed = 1; seed <= 2; seed += 1) await deliver(mixed(troubles, seed));
    });

    it('goes on behind its cursor, and gets nothing twice that was acknowledged and noted', async () => {
      await using sink = await make([]);
      const ledger = await ledgerOf(entries);
      const clock = hastyClock();
      const forwarder = forwarderOver(ledger, () => sink.open(clock), clock);
      for (const more of [0, 1, 2]) {
        if (more > 0) await ledger.append({ events: [placed(`more-${String(more)}`)], actor: tester });
        const run = new ForwarderRun(forwarder);
        await run.done(entries - 1 + more);
        await run.end();
      }
      // What is acknowledged may be on its way still, where nothing but the connection acknowledges.
      const all = Array.from({ length: entries + 2 }, (_, seq) => seq);
      await expect.poll(() => sink.received(), { timeout: 10_000 }).toEqual(all);
      await systemClock.sleep(50);
      expect(sink.received()).toEqual(all);
    });

    it('gets a heartbeat', async () => {
      await using sink = await make([]);
      const clock = hastyClock();
      const run = new ForwarderRun(forwarderOver(await ledgerOf(1), () => sink.open(clock), clock));
      await run.done(0);
      while (sink.beats() < 2) await systemClock.sleep(5);
      await run.end();
    });
  });
}

/** Troubles in an order that a seed decides. */
function mixed<Trouble>(troubles: readonly Trouble[], seed: number): (Trouble | 'well')[] {
  let state = seed;
  return Array.from({ length: 12 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return troubles[state % (troubles.length + 1)] ?? 'well';
  });
}
