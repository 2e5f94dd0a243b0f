import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Conflict, LedgerForked, StoreUnavailable } from '../../../src/ledger/faults.ts';
import type { Condition } from '../../../src/ledger/port.ts';
import type { RoleContext, ServeRole } from '../../../src/serve/role.ts';
import { RoleStandings } from '../../../src/serve/states.ts';
import { supervise } from '../../../src/serve/supervise.ts';
import { MemoryRoles } from '../../doubles/memory-roles.ts';
import { PassingClock } from '../../doubles/passing-clock.ts';

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
    ...{ clock, standings, random: () => 0, onLeftBehind: () => (left += 1) },
    log: pino({ level: 'silent' }),
    holdRole: (name) => roles.as({ pid: 1, host: 'one', since }).hold(name),
    recordTaken: () => Promise.resolve(fence),
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
