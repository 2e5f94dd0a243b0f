import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RoleHeld, RolesUnavailable } from '../../../src/roles/faults.ts';
import { localRoles } from '../../../src/roles/local/roles.ts';
import type { RoleHolder, Roles } from '../../../src/roles/port.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { isRoot, nobody } from '../../support/other-user.ts';
import { RoleHolderProcess } from '../../support/role-holder.ts';

const holder: RoleHolder = { pid: 17, host: 'node-1', since: '2026-03-01T12:00:00.000Z' };

const roleHolder = fileURLToPath(new URL('../../support/role-holder-process.ts', import.meta.url));

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

  it.each(['/nowhere', '/etc/passwd'])(
    'given a link to %s in place of a lock, says so to whoever takes it and to who only looks',
    async (target) => {
      const folder = givenFolder();
      mkdirSync(folder);
      symlinkSync(target, join(folder, 'clock.lock'));
      const link = `${join(folder, 'clock.lock')} is a link`;
      await expect(rolesIn(folder).hold('clock')).rejects.toThrow(link);
      await expect(rolesIn(folder).states()).rejects.toThrow(link);
    },
  );

  it('given a lock that somebody wrote to, is taken by one all the same, and is told by who only looks', async () => {
    const folder = givenFolder();
    mkdirSync(folder);
    const lock = join(folder, 'clock.lock');
    for (const text of ['x', 'SQLite format 3\0', 'no database '.repeat(100)]) {
      writeFileSync(lock, text);
      // SQLite takes a file that is too short for a header for an empty one.
      const told = text.length > 100 ? `${lock} is no lock, since it is not empty` : '';
      const [looked] = await Promise.allSettled([rolesIn(folder).states()]);
      expect(looked.status === 'rejected' ? String(looked.reason) : '').toContain(told);
      expect(readFileSync(lock, 'utf8')).toBe(text);
      const held = await rolesIn(folder).hold('clock');
      await expect(rolesIn(folder).hold('clock')).rejects.toThrow(RoleHeld);
      await held.release();
      expect(await rolesIn(folder).states()).toMatchObject([{ held: false }]);
    }
  });

  it.each(['another process', 'this process'])(
    'given a lock that somebody wrote to while %s holds it, is still held',
    async (who) => {
      const folder = givenFolder();
      mkdirSync(folder);
      await using others = new AsyncDisposableStack();
      if (who === 'this process') await rolesIn(folder).hold('clock');
      else others.use(await RoleHolderProcess.of(folder, 'clock'));
      const lock = join(folder, 'clock.lock');
      // Opened by another process: in this one, closing the file would end the lock.
      spawnSync('sh', ['-c', `echo x > ${lock}`]);
      for (let time = 0; time < 2; time += 1)
        await expect(rolesIn(folder).hold('clock')).rejects.toThrow(RoleHeld);
      const other = spawnSync(process.execPath, [roleHolder, folder, 'clock'], { encoding: 'utf8' });
      expect([other.status, other.stderr]).toEqual([1, expect.stringContaining('RoleHeld')]);
    },
  );

  it.each(['precious', ''])(
    'given a lock that is another file of somebody too (%j), leaves that one as it is',
    async (text) => {
      const folder = givenFolder();
      mkdirSync(folder);
      const precious = join(folder, 'precious');
      writeFileSync(precious, text);
      chmodSync(precious, 0o644);
      linkSync(precious, join(folder, 'clock.lock'));
      await expect(rolesIn(folder).hold('clock')).rejects.toThrow('it has another name (a hard link)');
      await expect(rolesIn(folder).states()).rejects.toThrow('it has another name (a hard link)');
      expect([readFileSync(precious, 'utf8'), statSync(precious).mode & 0o777]).toEqual([text, 0o644]);
    },
  );

  it.runIf(isRoot)('given root, puts right only a lock of the account that owns its folder', async () => {
    const folder = givenFolder();
    mkdirSync(folder);
    const lock = join(folder, 'clock.lock');
    const theirs = (): void => {
      writeFileSync(lock, 'theirs', { mode: 0o644 });
      chownSync(lock, nobody, nobody);
    };
    theirs();
    await expect(rolesIn(folder).hold('clock')).rejects.toThrow('belongs to another account');
    expect([readFileSync(lock, 'utf8'), statSync(lock).mode & 0o777]).toEqual(['theirs', 0o644]);
    chownSync(lock, 0, 0);
    chownSync(folder, nobody, nobody);
    await expect(rolesIn(folder).hold('clock')).rejects.toThrow('belongs to another account');
    theirs();
    await (await rolesIn(folder).hold('clock')).release();
    expect([readFileSync(lock, 'utf8'), statSync(lock).mode & 0o777]).toEqual(['', 0o600]);
  });

  it('given a folder in place of the name of its holder, is given back all the same', async () => {
    const folder = givenFolder();
    const held = await rolesIn(folder).hold('clock');
    rmSync(join(folder, 'clock.json'));
    mkdirSync(join(folder, 'clock.json', 'full'), { recursive: true });
    await held.release();
    expect(await rolesIn(folder).states()).toMatchObject([{ held: false }]);
  });

  it('given somebody who only looks, is left as it was', async () => {
    const folder = givenFolder();
    expect(await rolesIn(folder).states()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });
});
