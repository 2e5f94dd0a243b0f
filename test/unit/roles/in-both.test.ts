import { expect, it } from 'vitest';
import { RoleHeld } from '../../../src/roles/faults.ts';
import { inBoth } from '../../../src/roles/in-both.ts';
import type { RoleHolder, Roles } from '../../../src/roles/port.ts';
import { MemoryRoles } from '../../doubles/memory-roles.ts';

const one: RoleHolder = { pid: 17, host: 'node-1', since: '2026-03-01T12:00:00.000Z' };
const other: RoleHolder = { pid: 18, host: 'node-1', since: '2026-03-01T12:05:00.000Z' };

it('a role that is held in two ways is held in both, and in neither where one refuses', async () => {
  const [machines, machine] = [new MemoryRoles(), new MemoryRoles()];
  const roles = inBoth(machines.as(one), machine.as(one));
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
  const held = await inBoth(losing, new MemoryRoles().as(one)).hold('clock');
  expect(held.lost?.aborted).toBe(false);
  lost.abort();
  expect(held.lost?.aborted).toBe(true);
});

it('a role is not kept by one that let it run out and stands still, but by one that took it since', async () => {
  const machine = new MemoryRoles();
  const held = await machine.as(other).hold('clock');
  const taken = (pid: number, at: string): ReturnType<Roles['hold']> => {
    const lapsed = [{ pid, host: 'node-1', at }];
    const first = { hold: () => Promise.resolve({ release: () => Promise.resolve(), lapsed }) };
    return inBoth(first, machine.as(one)).hold('clock');
  };
  const role = await taken(other.pid, '2026-03-01T12:06:00.000Z');
  await role.release();
  await expect(taken(other.pid, '2026-03-01T12:04:00.000Z')).rejects.toThrow(RoleHeld);
  await expect(taken(19, '2026-03-01T12:06:00.000Z')).rejects.toThrow(RoleHeld);
  await held.release();
});
