import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  type Mode,
  type OpenMode,
  type PathLike,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { localRoles } from '../../../src/roles/local/roles.ts';
import type { Roles } from '../../../src/roles/port.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

/** What somebody else does just before a function of the file system is asked for a path with an ending, once. */
const meanwhile = vi.hoisted(() => {
  const deeds = new Map<string, () => void>();
  const take = (name: string, path: unknown): void => {
    const at = [...deeds.keys()].find((key) => {
      const [asked = '', ending = ''] = key.split(' ');
      return asked === name && String(path).endsWith(ending);
    });
    const deed = at === undefined ? undefined : deeds.get(at);
    if (at !== undefined) deeds.delete(at);
    deed?.();
  };
  return { deeds, take };
});

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>();
  return {
    ...real,
    openSync: (path: PathLike, ...more: [OpenMode, Mode?]) => {
      meanwhile.take('openSync', path);
      return real.openSync(path, ...more);
    },
    lstatSync: (path: PathLike, options?: { throwIfNoEntry?: boolean }) => {
      meanwhile.take('lstatSync', path);
      return real.lstatSync(path, options);
    },
  };
});

afterEach(() => {
  meanwhile.deeds.clear();
});

interface Given {
  readonly roles: Roles;
  readonly lock: string;
  readonly victim: string;
  /** Puts a link to the victim in place of the lock. */
  readonly swap: () => void;
}

function given(text: string): Given {
  const folder = join(temporaryFolder(), 'locks');
  mkdirSync(folder);
  const [lock, victim] = [join(folder, 'clock.lock'), join(folder, 'victim')];
  writeFileSync(lock, text, { mode: 0o600 });
  writeFileSync(victim, 'precious', { mode: 0o644 });
  return {
    ...{ lock, victim },
    roles: localRoles({ folder, holder: () => ({ pid: 1, host: 'h', since: '2026-03-01T12:00:00.000Z' }) }),
    swap: () => {
      renameSync(lock, `${lock}.away`);
      symlinkSync(victim, lock);
    },
  };
}

function looks(path: string): unknown {
  return [readFileSync(path, 'utf8'), statSync(path).mode & 0o777];
}

describe('a lock in whose place somebody puts something else while it is taken', () => {
  it.each([
    ['openSync .lock', 'not empty'],
    ['lstatSync .lock-journal', 'not empty'],
    ['lstatSync .lock-journal', ''],
  ])('as a link (at %s, for a lock with %j), changes nothing that the link leads to', async (at, text) => {
    const { roles, victim, swap } = given(text);
    meanwhile.deeds.set(at, swap);
    await expect(roles.hold('clock')).rejects.toThrow(/cannot be locked|is a link/);
    expect(meanwhile.deeds.size).toBe(0);
    expect(looks(victim)).toEqual(['precious', 0o644]);
  });

  it('as a link to a database, asks nothing of that one: what writes it keeps its log', async () => {
    const { roles, lock, victim, swap } = given('');
    rmSync(victim);
    const other = new DatabaseSync(victim);
    other.exec('PRAGMA journal_mode = WAL; CREATE TABLE one (a)');
    other.close();
    const before = readFileSync(victim);
    for (const ask of [() => roles.hold('clock'), () => roles.states()]) {
      meanwhile.deeds.set('lstatSync .lock-journal', swap);
      await expect(ask()).rejects.toThrow('is a link');
      expect(readFileSync(victim)).toEqual(before);
      renameSync(`${lock}.away`, lock);
    }
  });

  it('as a new file, is not held: another process could hold the other one', async () => {
    const { roles, lock } = given('');
    meanwhile.deeds.set('lstatSync .lock-journal', () => {
      renameSync(lock, `${lock}.away`);
      writeFileSync(lock, '', { mode: 0o600 });
    });
    await expect(roles.hold('clock')).rejects.toThrow('was replaced while it was taken');
    await (await roles.hold('clock')).release();
  });

  it('as a link to nothing, makes no file there', async () => {
    const { roles, lock, victim } = given('');
    const nothing = `${victim}.none`;
    meanwhile.deeds.set('lstatSync .lock-journal', () => {
      renameSync(lock, `${lock}.away`);
      symlinkSync(nothing, lock);
    });
    await expect(roles.hold('clock')).rejects.toThrow('cannot be locked');
    expect(existsSync(nothing)).toBe(false);
  });
});
