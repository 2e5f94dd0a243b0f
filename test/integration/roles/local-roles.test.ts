import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RolesUnavailable } from '../../../src/roles/faults.ts';
import { localRoles } from '../../../src/roles/local/roles.ts';
import type { RoleHolder, Roles } from '../../../src/roles/port.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { RoleHolderProcess } from '../../support/role-holder.ts';

const holder: RoleHolder = { pid: 17, host: 'node-1', since: '2026-03-01T12:00:00.000Z' };

function givenFolder(): string {
  return join(temporaryFolder(), 'locks');
}

function rolesIn(folder: string): Roles {
  return localRoles({ folder, holder: () => holder });
}

describe('a role on this machine', () => {
  it('given a holder without a readable name, still refuses', async () => {
    const folder = givenFolder();
    const held = await rolesIn(folder).hold('clock');
    writeFileSync(join(folder, 'clock.json'), 'torn');
    await expect(rolesIn(folder).hold('clock')).rejects.toThrow('the role clock is held by another process');
    await held.release();
  });

  it('given kill -9 of the process that holds it, is free at once, and tells who held it', async () => {
    const folder = givenFolder();
    await using other = await RoleHolderProcess.of(folder, 'verifier');
    await expect(rolesIn(folder).hold('verifier')).rejects.toThrow(`held by process ${other.pid} on`);
    await other.kill();
    expect(await rolesIn(folder).states()).toMatchObject([
      { held: false, holder: { pid: Number(other.pid) } },
    ]);
    await (await rolesIn(folder).hold('verifier')).release();
  });

  it('given a place that cannot be written, says so', async () => {
    const folder = givenFolder();
    writeFileSync(folder, 'a file in place of the folder');
    await expect(rolesIn(folder).hold('verifier')).rejects.toThrow(RolesUnavailable);
    await expect(rolesIn(folder).states()).rejects.toThrow(RolesUnavailable);
  });

  it('given a name of the holder that cannot be written, is not kept', async () => {
    const folder = givenFolder();
    mkdirSync(join(folder, 'clock.json.new'), { recursive: true });
    await expect(rolesIn(folder).hold('clock')).rejects.toThrow(RolesUnavailable);
    expect(await rolesIn(folder).states()).toEqual([{ role: 'clock', held: false, holder: undefined }]);
  });

  it('given a lock that is no database, says that it cannot be seen who holds the role', async () => {
    const folder = givenFolder();
    mkdirSync(join(folder, 'clock.lock'), { recursive: true });
    await expect(rolesIn(folder).states()).rejects.toThrow(/whether the role clock is held cannot be seen/);
  });

  it('given somebody who only looks, is left as it was', async () => {
    const folder = givenFolder();
    expect(await rolesIn(folder).states()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });
});
