import { describe, expect, it } from 'vitest';
import { RoleHeld, RolesUnavailable } from '../../../src/roles/faults.ts';
import { inBoth } from '../../../src/roles/in-both.ts';
import type { HeldRole, RoleHolder } from '../../../src/roles/port.ts';
import { nextTurn } from '../../../src/runtime/next-turn.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { MemoryRoles } from '../../doubles/memory-roles.ts';

const one: RoleHolder = { pid: 17, host: 'node-1', since: '2026-03-01T12:00:00.000Z' };
const other: RoleHolder = { pid: 18, host: 'node-1', since: '2026-03-01T12:05:00.000Z' };

it('a role that is held in two ways is held in both, and in neither where one refuses', async () => {
  const [machines, machine] = [new MemoryRoles(), new MemoryRoles()];
  const roles = inBoth(machines.as(one), machine.as(one), new ManualClock());
  const held = await roles.hold('clock');
  for (const way of [machines, machine])
    await expect(way.as(other).hold('clock')).rejects.toMatchObject({ holder: one });
  expect(held.lost).toBeUndefined();
  await held.release();
  for (const [way, free] of [
    [machines, machine],
    [machine, machines],
  ] as const) {
    const others = await way.as(other).hold('clock');
    await expect(roles.hold('clock')).rejects.toThrow(RoleHeld);
    await (await free.as(other).hold('clock')).release();
    await others.release();
  }
});

it('a role that is held in two ways is lost with either', async () => {
  const lost = new AbortController();
  const losing = { hold: () => Promise.resolve({ release: () => Promise.resolve(), lost: lost.signal }) };
  const held = await inBoth(losing, new MemoryRoles().as(one), new ManualClock()).hold('clock');
  expect(held.lost?.aborted).toBe(false);
  lost.abort();
  expect(held.lost?.aborted).toBe(true);
});

describe('one that let a role run out among machines, and still has it on this one', () => {
  const command: RoleHolder = { pid: 30, host: 'node-1', since: '2026-03-01T12:07:00.000Z' };
  const takenAt = '2026-03-01T12:06:00.000Z';

  /** A machine on which `other` has the role, and its successor, which has it among machines. */
  async function succeeded({ pid = other.pid, at = takenAt, troubles = 0 } = {}): Promise<{
    clock: ManualClock;
    machine: MemoryRoles;
    sleeper: HeldRole;
    role: HeldRole;
    loseFirst: () => void;
    asked: string[];
  }> {
    const [clock, machine, first] = [new ManualClock(), new MemoryRoles(), new AbortController()];
    const sleeper = await machine.as(other).hold('clock');
    const lapsed = [{ pid, host: 'node-1', at }];
    const among = { release: () => Promise.resolve(), lost: first.signal, lapsed };
    const own = machine.as(one);
    const asked: string[] = [];
    const second: typeof own = {
      ...own,
      hold: (role) => {
        asked.push(role);
        return own.hold(role);
      },
      stateOf: (role) => {
        troubles -= 1;
        return troubles < 0 ? own.stateOf(role) : Promise.reject(new RolesUnavailable('no files left'));
      },
    };
    const role = await inBoth({ hold: () => Promise.resolve(among) }, second, clock).hold('clock');
    const loseFirst = (): void => {
      first.abort();
    };
    return { clock, machine, sleeper, role, loseFirst, asked };
  }

  async function pass(clock: ManualClock, milliseconds: number): Promise<void> {
    clock.pass(milliseconds);
    await nextTurn();
  }

  it('does not keep it, unlike one that took it since, or another one', async () => {
    await (await succeeded()).role.release();
    await expect(succeeded({ at: '2026-03-01T12:04:00.000Z' })).rejects.toThrow(RoleHeld);
    await expect(succeeded({ pid: 19 })).rejects.toThrow(RoleHeld);
  });

  it('leaves it to its successor once it lets go, and no command has it for free', async () => {
    const { clock, machine, sleeper, role, asked } = await succeeded();
    for (let times = 0; times < 8; times += 1) await pass(clock, 250);
    expect(asked).toHaveLength(1);
    await sleeper.release();
    await pass(clock, 250);
    await expect(machine.as(command).hold('clock')).rejects.toMatchObject({ holder: one });
    expect(role.lost?.aborted).toBe(false);
    await role.release();
    await (await machine.as(command).hold('clock')).release();
    expect(clock.wakeNext()).toBe(false);
  });

  it('costs its successor the role where a command was faster, which is waited for', async () => {
    const { clock, machine, sleeper, role } = await succeeded();
    await sleeper.release();
    const held = await machine.as(command).hold('clock');
    await pass(clock, 250);
    expect(role.lost?.aborted).toBe(true);
    await role.release();
    await expect(machine.as(one).hold('clock')).rejects.toMatchObject({ holder: command });
    await held.release();
    expect(clock.wakeNext()).toBe(false);
  });

  it('is followed also where it cannot be seen for a while', async () => {
    const { clock, machine, sleeper, role } = await succeeded({ troubles: 2 });
    await sleeper.release();
    await pass(clock, 250);
    await pass(clock, 250);
    expect((await machine.as(command).stateOf('clock')).held).toBe(false);
    await pass(clock, 250);
    expect((await machine.as(command).stateOf('clock')).holder).toEqual(one);
    await role.release();
  });

  it('is not followed any more once the role is released, or lost among machines', async () => {
    for (const end of ['released', 'lost'] as const) {
      const { clock, machine, sleeper, role, loseFirst } = await succeeded();
      if (end === 'lost') loseFirst();
      else await role.release();
      await nextTurn();
      expect(clock.wakeNext()).toBe(false);
      await sleeper.release();
      await pass(clock, 250);
      expect((await machine.as(command).stateOf('clock')).held).toBe(false);
      expect(role.lost?.aborted).toBe(end === 'lost');
      await role.release();
    }
  });

  it('leaves nothing taken where its successor releases the role at that moment', async () => {
    const { clock, machine, sleeper, role } = await succeeded();
    await sleeper.release();
    clock.pass(250);
    await role.release();
    expect((await machine.as(command).stateOf('clock')).held).toBe(false);
  });
});
