import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Conflict, LedgerForked, StoreUnavailable } from '../../../src/ledger/faults.ts';
import type { Condition } from '../../../src/ledger/port.ts';
import type { RoleContext, ServeRole } from '../../../src/serve/role.ts';
import { RoleHeld, RolesUnavailable } from '../../../src/roles/faults.ts';
import type { HeldRole } from '../../../src/roles/port.ts';
import { aborted } from '../../../src/runtime/aborted.ts';
import { nextTurn } from '../../../src/runtime/next-turn.ts';
import { RoleStandings, type RoleStanding } from '../../../src/serve/states.ts';
import { supervise } from '../../../src/serve/supervise.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryRoles } from '../../doubles/memory-roles.ts';
import { PassingClock } from '../../doubles/passing-clock.ts';

const logLine = z.looseObject({ level: z.number(), msg: z.string(), do: z.string().exactOptional() });
/** The process whose service it is. */
const holder = { pid: 1, host: 'one' };
const since = '2026-03-01T12:00:00.000Z';
const fence: Condition = { subjects: ['role/clock'], unchangedSince: 7 };

/** A service with one role, which does at each start what is next in the list, and ends the service after the last. */
async function served(
  { needsLease, roles }: { needsLease: boolean; roles: MemoryRoles },
  starts: readonly ((context: RoleContext) => void | Promise<void>)[],
): Promise<{ standings: RoleStandings; waitedMs: number; begun: number; left: number; isEnded: boolean }> {
  const clock = new PassingClock();
  const standings = new RoleStandings(clock);
  const ending = new AbortController();
  let begun = 0;
  let left = 0;
  const role: ServeRole = {
    name: 'clock',
    needsLease,
    run: (context) =>
      Promise.try(() => {
        const start = starts[begun];
        begun += 1;
        if (begun === starts.length) ending.abort();
        return start?.(context);
      }),
  };
  await supervise(role, ending.signal, {
    ...{ clock, standings, random: () => 0, onLeftBehind: () => (left += 1), holder },
    log: pino({ level: 'silent' }),
    holdRole: (name) => roles.as({ ...holder, since }).hold(name),
    recordTaken: () => Promise.resolve(fence),
    heard: { silent: AbortSignal.any([]), untilHeard: () => Promise.resolve() },
  });
  return { standings, waitedMs: clock.elapsedMs(), begun, left, isEnded: ending.signal.aborted };
}

const fail = (): void => {
  throw new StoreUnavailable('the disk is away');
};
const work = (): void => undefined;

describe('a role of a service', () => {
  it('is started again after a failure, each time after a longer wait', async () => {
    const { begun, waitedMs, isEnded } = await served({ needsLease: false, roles: new MemoryRoles() }, [
      fail,
      fail,
      fail,
      work,
    ]);
    expect({ begun, isEnded }).toEqual({ begun: 4, isEnded: true });
    expect(waitedMs).toBe(125 + 250 + 500);
  });

  it('is started again after a fault of ours', async () => {
    const bug = (): void => {
      throw new TypeError('no such thing');
    };
    expect((await served({ needsLease: false, roles: new MemoryRoles() }, [bug, work])).begun).toBe(2);
  });

  it('stops for good where a person has to look', async () => {
    const fork = (): void => {
      throw new LedgerForked({ after: 9, entries: 3 });
    };
    const { standings, begun, isEnded } = await served({ needsLease: false, roles: new MemoryRoles() }, [
      fork,
      work,
    ]);
    expect({ begun, isEnded }).toEqual({ begun: 1, isEnded: false });
    expect(standings.all().get('clock')).toMatchObject({ kind: 'stopped', why: { code: 'LedgerForked' } });
  });

  it('gives its lease back when it failed, and takes it anew', async () => {
    const roles = new MemoryRoles();
    const fences: unknown[] = [];
    const note = (context: RoleContext): void => void fences.push(context.fence);
    const { begun } = await served({ needsLease: true, roles }, [fail, note]);
    expect({ begun, fences }).toEqual({ begun: 2, fences: [fence] });
    const [state] = await roles.as({ pid: 2, host: 'two', since }).states();
    expect(state?.held).toBe(false);
  });

  it('leaves nothing running that it began, however it ended', async () => {
    const signals: AbortSignal[] = [];
    const begin = ({ signal }: RoleContext): void => void signals.push(signal);
    const beginAndFail = (context: RoleContext): void => {
      begin(context);
      fail();
    };
    await served({ needsLease: true, roles: new MemoryRoles() }, [beginAndFail, begin]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('is left behind where it does not end what it has in hand', async () => {
    const roles = new MemoryRoles();
    const never = (): Promise<void> => new Promise(() => undefined);
    const { left, waitedMs, isEnded } = await served({ needsLease: true, roles }, [never]);
    expect({ left, waitedMs, isEnded }).toEqual({ left: 1, waitedMs: 8_000, isEnded: true });
    const [state] = await roles.as({ pid: 2, host: 'two', since }).states();
    expect(state?.held).toBe(false);
  });

  it('that another process took waits for it, and has not failed', async () => {
    const lost = (): void => {
      throw new Conflict({ subject: 'role/clock', since: 7, found: 9 });
    };
    const { waitedMs, begun } = await served({ needsLease: true, roles: new MemoryRoles() }, [lost, work]);
    expect({ waitedMs, begun }).toEqual({ waitedMs: 125, begun: 2 });
  });
});

describe('a role whose leases cannot be looked at', () => {
  /** A role with leases that are had as the list says: each time a lease, who has it, or nothing where they cannot be looked at. */
  async function supervised(
    leases: readonly (HeldRole | RoleHeld | undefined)[],
    runs: readonly (() => Promise<void> | undefined)[],
  ): Promise<readonly { readonly ms: number; readonly standing: RoleStanding | undefined }[]> {
    const clock = new PassingClock();
    const standings = new RoleStandings(clock);
    const ending = new AbortController();
    const waits: { ms: number; standing: RoleStanding | undefined }[] = [];
    const asked = leases.values();
    const toRun = runs.values();
    const sleep = (milliseconds: number, signal: AbortSignal): Promise<void> => {
      waits.push({ ms: milliseconds, standing: standings.all().get('clock') });
      return clock.sleep(milliseconds, signal);
    };
    const run = (): Promise<void> => {
      const { value, done = false } = toRun.next();
      if (done) ending.abort();
      return value?.() ?? Promise.resolve();
    };
    await supervise({ name: 'clock', needsLease: true, run }, ending.signal, {
      clock: { now: () => clock.now(), elapsedMs: () => clock.elapsedMs(), sleep },
      ...{
        standings,
        log: pino({ level: 'silent' }),
        random: () => 0,
        onLeftBehind: () => undefined,
        holder,
      },
      holdRole: () => {
        const { value } = asked.next();
        if (value instanceof RoleHeld) return Promise.reject(value);
        return value === undefined
          ? Promise.reject(new RolesUnavailable('leases cannot be looked at'))
          : Promise.resolve(value);
      },
      recordTaken: () => Promise.resolve(fence),
      heard: { silent: AbortSignal.any([]), untilHeard: () => Promise.resolve() },
    });
    // What is left over is how long the end of the role was waited for.
    return waits.filter(({ ms }) => ms < 8_000);
  }
  const kept: HeldRole = { release: () => Promise.resolve() };

  it('is had soon after they can be, however long they could not, and has not failed by that', async () => {
    const away = Array.from({ length: 6 }, () => undefined);
    const waits = await supervised(
      [...away, kept, kept],
      [
        () => {
          throw new StoreUnavailable('the disk is away');
        },
      ],
    );
    expect(waits.map(({ ms }) => ms)).toEqual([125, 250, 500, 1_000, 1_000, 1_000, 125]);
  });

  it('says so as soon as it lost the one that it had', async () => {
    const lost = new AbortController();
    const lose = (): undefined => {
      lost.abort();
    };
    const waits = await supervised([{ ...kept, lost: lost.signal }, undefined, kept], [lose]);
    expect(waits.map(({ standing }) => standing)).toMatchObject([
      { kind: 'restarting', why: { code: 'LeaseLost' } },
      { kind: 'restarting', why: { code: 'RolesUnavailable' } },
    ]);
  });

  it('is not had by another process while it waits for the one that itself lost', async () => {
    const own = new RoleHeld('clock', { ...holder, since });
    const other = new RoleHeld('clock', { ...holder, host: 'two', since });
    const waits = await supervised([own, other, kept], []);
    expect(waits.map(({ standing }) => standing)).toEqual([
      {
        ...{ kind: 'restarting', times: 1 },
        why: { code: 'LeaseLost', words: 'the lease that this process lost has not run out yet' },
      },
      { kind: 'waiting', holder: `process 1 on two since ${since}` },
    ]);
  });
});

describe('a role that stops', () => {
  const fork = new LedgerForked({ after: 9, entries: 3 });
  type Place = 'at work' | 'waiting for another process' | 'waiting after a failure' | 'while it ends';
  const places: readonly (Place | 'by itself' | 'waiting for the ledger')[] = [
    ...(['by itself', 'at work', 'while it ends'] as const),
    ...(['waiting for another process', 'waiting after a failure', 'waiting for the ledger'] as const),
  ];

  it.each(places)('says so once at error, and what a person is to do: %s', async (place) => {
    const clock = new ManualClock();
    const standings = new RoleStandings(clock);
    const lines: z.infer<typeof logLine>[] = [];
    const log = pino(
      { level: 'info' },
      { write: (line) => void lines.push(logLine.parse(JSON.parse(line))) },
    );
    const ending = new AbortController();
    const roles = new MemoryRoles();
    if (place === 'waiting for another process') await roles.as({ pid: 2, host: 'two', since }).hold('clock');
    const role: ServeRole = {
      ...{ name: 'clock', needsLease: true },
      run: async ({ signal }) => {
        if (place === 'by itself') throw fork;
        if (place === 'waiting after a failure') throw new StoreUnavailable('away');
        await clock.sleep(Infinity, signal);
        if (place === 'while it ends') throw new StoreUnavailable('away');
      },
    };
    const supervised = supervise(role, ending.signal, {
      ...{ clock, standings, log, random: () => 0, onLeftBehind: () => undefined, holder },
      holdRole: (name) => roles.as({ ...holder, since }).hold(name),
      recordTaken: () => Promise.resolve(fence),
      heard: {
        silent: AbortSignal.any([]),
        untilHeard: (signal) =>
          place === 'waiting for the ledger' ? clock.sleep(Infinity, signal) : Promise.resolve(),
      },
    });
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    // As a service stops all that act on a ledger that is not what was followed.
    ending.abort(fork);
    await supervised;
    expect(standings.all().get('clock')).toMatchObject({ kind: 'stopped', why: { code: 'LedgerForked' } });
    const errors = lines.filter(({ level }) => level >= 50);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.msg).toBe('the role stopped, and stays so until a person has looked');
    expect(errors[0]?.do).toMatch(/isoledger doctor .* SIGHUP/);
  });
});

describe('a role whose ledger does not answer', () => {
  it('is given back at once, whatever it has in hand, and taken anew when the ledger answers', async () => {
    const clock = new PassingClock();
    const standings = new RoleStandings(clock);
    const roles = new MemoryRoles();
    const silence = new AbortController();
    const heard = Promise.withResolvers<undefined>();
    const ending = new AbortController();
    const other = roles.as({ pid: 2, host: 'two', since });
    let begun = 0;
    const run = (): Promise<void> => {
      begun += 1;
      if (begun === 1) silence.abort();
      else ending.abort();
      // The first is left behind.
      return begun === 1 ? new Promise(() => undefined) : Promise.resolve();
    };
    const supervised = supervise({ name: 'clock', needsLease: true, run }, ending.signal, {
      ...{
        clock,
        standings,
        log: pino({ level: 'silent' }),
        random: () => 0,
        onLeftBehind: () => undefined,
        holder,
      },
      holdRole: (name) => roles.as({ ...holder, since }).hold(name),
      recordTaken: () => Promise.resolve(fence),
      heard: {
        get silent() {
          return begun === 0 ? silence.signal : AbortSignal.any([]);
        },
        untilHeard: () => (begun === 0 ? Promise.resolve() : heard.promise),
      },
    });
    while (begun === 0) await nextTurn();
    await (await other.hold('clock')).release();
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(begun).toBe(1);
    expect(standings.all().get('clock')).toMatchObject({ kind: 'restarting', why: { code: 'LedgerSilent' } });
    heard.resolve(undefined);
    await supervised;
    expect(begun).toBe(2);
  });

  it('is given back too while it is being recorded that it was taken', async () => {
    const clock = new PassingClock();
    const standings = new RoleStandings(clock);
    const roles = new MemoryRoles();
    const silence = new AbortController();
    const ending = new AbortController();
    const supervised = supervise(
      { name: 'clock', needsLease: true, run: () => Promise.resolve() },
      ending.signal,
      {
        ...{
          clock,
          standings,
          log: pino({ level: 'silent' }),
          random: () => 0,
          onLeftBehind: () => undefined,
          holder,
        },
        holdRole: (name) => roles.as({ ...holder, since }).hold(name),
        recordTaken: () => {
          silence.abort();
          return new Promise(() => undefined);
        },
        heard: {
          silent: silence.signal,
          untilHeard: (signal) => (silence.signal.aborted ? aborted(signal) : Promise.resolve()),
        },
      },
    );
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    await roles.as({ pid: 2, host: 'two', since }).hold('clock');
    ending.abort();
    await supervised;
  });
});

describe('how a role stands', () => {
  it('says for how long it is behind', () => {
    const clock = new PassingClock();
    const standings = new RoleStandings(clock);
    standings.tell('clock', { seq: 3, behind: 2 });
    clock.pass(1_500);
    standings.tell('clock', { seq: 4, behind: 1 });
    expect(standings.all().get('clock')).toEqual({ kind: 'behind', seq: 4, entries: 1, seconds: 1.5 });
    standings.tell('clock', { seq: 5, behind: 0 });
    expect(standings.all().get('clock')).toEqual({ kind: 'following', seq: 5 });
    standings.forget('clock');
    expect([...standings.all()]).toEqual([]);
  });
});
