import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LedgerForked, StoreUnavailable } from '../../../src/ledger/faults.ts';
import type { Head } from '../../../src/ledger/port.ts';
import { nextTurn } from '../../../src/runtime/next-turn.ts';
import { LedgerPulse } from '../../../src/serve/ledger-pulse.ts';
import { RoleStandings } from '../../../src/serve/states.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';

/** Time in which this process is awake is counted in parts: this is one of them, divided. */
const stepMs = 12.5;
const giveBackMs = 4_000;
const answer: Head = { size: 7, root: '' };

/** A ledger that is asked for its head, and answers as it is told to. */
function watched(head: () => Promise<Head>): {
  clock: ManualClock;
  standings: RoleStandings;
  pulse: LedgerPulse;
  pass: (milliseconds: number) => Promise<void>;
  end: () => Promise<void>;
} {
  const clock = new ManualClock();
  const standings = new RoleStandings(clock);
  standings.tell('clock', { seq: 6 });
  const ledger = Object.assign(new MemoryLedger({ clock, ids: randomIds }), { head });
  const log = pino({ level: 'silent' });
  const pulse = new LedgerPulse({ ledger, clock, standings, log, giveBackMs });
  const ending = new AbortController();
  const watching = pulse.watch(ending.signal);
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= stepMs) {
      clock.pass(stepMs);
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    }
  };
  const end = (): Promise<void> => {
    ending.abort();
    return watching;
  };
  return { clock, standings, pulse, pass, end };
}

describe('a ledger that stands still', () => {
  it('is told of within seconds, and has roles given back after the time of a lease', async () => {
    let isStill = false;
    const still = Promise.withResolvers<Head>();
    const { standings, pulse, pass, end } = watched(() =>
      isStill ? still.promise : Promise.resolve(answer),
    );
    await pass(10_000);
    expect(standings.all().get('clock')).toEqual({ kind: 'following', seq: 6 });
    isStill = true;
    await pass(1_900);
    expect(standings.ledgerFailure).toBeUndefined();
    await pass(1_500);
    expect(standings.ledgerFailure?.code).toBe('LedgerSilent');
    expect(standings.all().get('clock')).toMatchObject({ kind: 'behind', why: { code: 'LedgerSilent' } });
    expect(pulse.silent.aborted).toBe(false);
    await pass(2_500);
    expect(pulse.silent.aborted).toBe(true);
    const before = pulse.silent;
    let isHeard = false;
    void pulse.untilHeard(AbortSignal.any([])).then(() => (isHeard = true));
    await pass(1_000);
    expect(isHeard).toBe(false);
    isStill = false;
    still.resolve(answer);
    await pass(100);
    expect([isHeard, before.aborted, pulse.silent.aborted]).toEqual([true, true, false]);
    expect(standings.ledgerFailure).toBeUndefined();
    await end();
  });

  it('is not silent while somebody hears of it, however long a question takes', async () => {
    const { standings, pulse, pass, end } = watched(() => new Promise(() => undefined));
    for (let second = 0; second < 10; second += 1) {
      await pass(1_000);
      pulse.answered();
    }
    expect(standings.ledgerFailure).toBeUndefined();
    await end();
  });

  it('is told of by what it throws, also where each question fails at once', async () => {
    const { standings, pulse, pass, end } = watched(() =>
      Promise.reject(new StoreUnavailable('the disk is away')),
    );
    await pass(3_000);
    expect(standings.ledgerFailure).toEqual({ code: 'StoreUnavailable', words: 'the disk is away' });
    await pass(3_000);
    expect(pulse.silent.aborted).toBe(true);
    await end();
  });

  it('is another thing than one at which a person has to look', async () => {
    const { standings, pass, end } = watched(() =>
      Promise.reject(new LedgerForked({ after: 9, entries: 3 })),
    );
    await pass(10_000);
    expect(standings.ledgerFailure).toBeUndefined();
    await end();
  });

  it('is not blamed for the time in which this process itself stood still', async () => {
    const still = Promise.withResolvers<Head>();
    const { clock, standings, pass, end } = watched(() => still.promise);
    await pass(500);
    clock.pass(600_000);
    await pass(1_000);
    expect(standings.ledgerFailure).toBeUndefined();
    await end();
  });
});
