import files from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { localRoles } from '../../src/roles/local/roles.ts';
import { MemoryRoles } from '../doubles/memory-roles.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { describeRolesContract } from './roles-contract.ts';

describeRolesContract('in memory', () => {
  const roles = new MemoryRoles();
  return (holder) => roles.as(holder);
});

describeRolesContract('on this machine', () => {
  const folder = join(temporaryFolder(), 'locks');
  return (holder) => localRoles({ folder, holder: () => holder });
});

describe('a role on this machine', () => {
  it('is taken and given back without waiting for the disk: nothing of it outlives the process', async () => {
    const flushes = vi.spyOn(files, 'fsyncSync');
    syncBuiltinESMExports();
    onTestFinished(() => {
      flushes.mockRestore();
      syncBuiltinESMExports();
    });
    const folder = join(temporaryFolder(), 'locks');
    const holder = { pid: 1, host: 'here', since: '2026-03-01T12:00:00.000Z' };
    const held = await localRoles({ folder, holder: () => holder }).hold('applier/shard-1');
    await held.release();
    expect(flushes).not.toHaveBeenCalled();
  });
});
