import { describe, expect, it } from 'vitest';
import { RoleHeld, RolesUnavailable } from '../../../src/roles/faults.ts';
import { leasedRoles } from '../../../src/roles/nats/roles.ts';
import type { RoleHolder, Roles } from '../../../src/roles/port.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryLeases } from '../../doubles/memory-leases.ts';

const ttlMs = 20_000;
const one: RoleHolder = { pid: 17, host: 'node-1', since: '2026-03-01T12:00:00.000Z' };
const other: RoleHolder = { pid: 18, host: 'node-2', since: '2026-03-01T12:05:00.000Z' };

/** Processes that share where leases are kept, each with a clock of its own. */
function processes(): { store: MemoryLeases; process: (holder: RoleHolder) => Process } {
  const store = new MemoryLeases();
  let tokens = 0;
  return {
    store,
    process: (holder) => {
      const clock = new ManualClock();
      const newToken = (): string => `token ${String((tokens += 1))}`;
      return { clock, roles: leasedRoles({ store, clock, holder: () => holder, ttlMs, newToken }) };
    },
  };
}

interface Process {
  readonly clock: ManualClock;
  readonly roles: Roles;
}

/** Lets time pass as it does, in steps, with what is done between. */
async function pass(milliseconds: number, ...clocks: readonly ManualClock[]): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 500) {
    for (const clock of clocks) clock.pass(500);
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('a lease', () => {
  it('stays with a holder that lives, however long', async () => {
    const { process } = processes();
    const [a, b] = [process(one), process(other)];
    const held = await a.roles.hold('publisher');
    for (let minute = 0; minute < 10; minute += 1) {
      await pass(60_000, a.clock, b.clock);
      await expect(b.roles.hold('publisher')).rejects.toMatchObject({ holder: one });
    }
    expect(held.lost?.aborted).toBe(false);
    await held.release();
    await (await b.roles.hold('publisher')).release();
  });

  it('is taken from a holder that is gone once it was seen unchanged for as long as it lasts, and no sooner', async () => {
    const { process } = processes();
    const [a, b] = [process(one), process(other)];
    await a.roles.hold('publisher');
    await pass(3 * ttlMs, b.clock);
    // Nobody looked before: how old it is nobody can tell.
    await expect(b.roles.hold('publisher')).rejects.toThrow(RoleHeld);
    await pass(ttlMs - 500, b.clock);
    await expect(b.roles.hold('publisher')).rejects.toThrow(RoleHeld);
    await pass(500, b.clock);
    await (await b.roles.hold('publisher')).release();
  });

  it('is given up by a holder that was paused before anybody else has it', async () => {
    const { process } = processes();
    const [a, b] = [process(one), process(other)];
    const held = await a.roles.hold('publisher');
    await expect(b.roles.hold('publisher')).rejects.toThrow(RoleHeld);
    b.clock.pass(ttlMs);
    await b.roles.hold('publisher');
    a.clock.pass(ttlMs);
    expect(held.lost?.aborted).toBe(false);
    await settled();
    expect(held.lost?.aborted).toBe(true);
  });

  it('is given up at the next renewal where time stood still for its holder as well', async () => {
    const { process } = processes();
    const [a, b] = [process(one), process(other)];
    const held = await a.roles.hold('publisher');
    await expect(b.roles.hold('publisher')).rejects.toThrow(RoleHeld);
    b.clock.pass(ttlMs);
    const next = await b.roles.hold('publisher');
    await pass(ttlMs / 5, a.clock);
    expect(held.lost?.aborted).toBe(true);
    await held.release();
    expect(next.lost?.aborted).toBe(false);
  });

  it('outlives servers that are away for half of it, and is lost before it runs out where they stay away', async () => {
    const { store, process } = processes();
    const a = process(one);
    const held = await a.roles.hold('publisher');
    await pass(ttlMs, a.clock);
    store.isAway = true;
    await pass(ttlMs / 2, a.clock);
    store.isAway = false;
    await pass(ttlMs, a.clock);
    expect(held.lost?.aborted).toBe(false);
    store.isAway = true;
    // The last renewal was a fifth of the time ago at most.
    await pass(ttlMs * 0.7 - 500, a.clock);
    const before = held.lost?.aborted;
    await pass(ttlMs * 0.2 + 500, a.clock);
    expect([before, held.lost?.aborted]).toEqual([false, true]);
    await held.release();
  });

  it('is known as its own by a holder that lost the answer to its writes', async () => {
    const { store, process } = processes();
    const [a, b] = [process(one), process(other)];
    store.mishaps.push('answer-lost');
    const held = await a.roles.hold('publisher');
    store.mishaps.push('answer-lost', 'answer-lost', 'not-done');
    await pass(2 * ttlMs, a.clock);
    expect(held.lost?.aborted).toBe(false);
    store.mishaps.push('answer-lost');
    await pass(ttlMs / 5, a.clock);
    await held.release();
    await (await b.roles.hold('publisher')).release();
  });

  it('is not taken where the write was not done, and says so', async () => {
    const { store, process } = processes();
    const [a, b] = [process(one), process(other)];
    store.mishaps.push('not-done');
    await expect(a.roles.hold('publisher')).rejects.toThrow(RolesUnavailable);
    await (await b.roles.hold('publisher')).release();
  });

  it('goes to one of those that want it at once', async () => {
    const { process } = processes();
    const taken = await Promise.allSettled([one, other].map((holder) => process(holder).roles.hold('clock')));
    expect(taken.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('of which nothing can be read is waited for like any other, without a name', async () => {
    const { store, process } = processes();
    const a = process(one);
    await store.put('clock', 'what?', 0);
    await expect(a.roles.hold('clock')).rejects.toMatchObject({ holder: undefined });
    await pass(ttlMs, a.clock);
    await (await a.roles.hold('clock')).release();
  });

  it('runs out by itself where it cannot be given back', async () => {
    const { store, process } = processes();
    const a = process(one);
    const held = await a.roles.hold('clock');
    store.isAway = true;
    await held.release();
    store.isAway = false;
    expect(await a.roles.states()).toEqual([{ role: 'clock', held: true, holder: one }]);
    await pass(2 * ttlMs, a.clock);
    expect(await a.roles.states()).toEqual([{ role: 'clock', held: false, holder: one }]);
  });
});
