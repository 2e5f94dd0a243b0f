import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRoot, nobody } from '../support/other-user.ts';

const program = fileURLToPath(new URL('../../src/cli/isoledger.js', import.meta.url));
/** An account that no machine has a name for. */
const nameless = 65_432;

interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

describe('the cache of compiled code', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'isoledger-cache-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Starts the program in an empty folder. Nothing of it may be left there. */
  function starts(env: NodeJS.ProcessEnv, account: Account = {}): void {
    const cwd = join(folder, 'work');
    mkdirSync(cwd, { recursive: true });
    const { status, stderr } = spawnSync(process.execPath, [program, '--version'], {
      ...{ cwd, env, ...account },
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(cwd)).toEqual([]);
  }

  function filesBelow(part: string): string[] {
    return readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' });
  }

  it('is kept below the home of the account, for that account alone', () => {
    starts({ HOME: folder });
    const code = join(folder, '.cache', 'isoledger', 'code');
    expect(readdirSync(code)).not.toEqual([]);
    expect(statSync(code).mode & 0o077).toBe(0);
  });

  it.each<[what: string, variables: (home: string) => NodeJS.ProcessEnv]>([
    ['an empty XDG_CACHE_HOME', (home) => ({ HOME: home, XDG_CACHE_HOME: '' })],
    ['a relative XDG_CACHE_HOME', (home) => ({ HOME: home, XDG_CACHE_HOME: 'caches' })],
  ])('is not below the current folder, given %s', (_what, variables) => {
    starts(variables(folder));
    expect(filesBelow('.cache/isoledger/code')).not.toEqual([]);
  });

  it.each(['', '.', 'home'])('is not below the current folder, given the home "%s"', (HOME) => {
    starts({ HOME });
  });

  it.runIf(isRoot).each<[what: string, env: NodeJS.ProcessEnv]>([
    ['without any variable', {}],
    ['with an empty home', { HOME: '' }],
    ['with a home that is not there', { HOME: '/nowhere' }],
  ])('is not needed by an account that has no name, %s', (_what, env) => {
    chmodSync(folder, 0o755);
    starts(env, { uid: nameless, gid: nameless });
  });

  it.runIf(isRoot).each<[what: string, make: (caches: string, code: string) => void]>([
    [
      'is of another account',
      (_, code) => {
        chownSync(code, nobody, nobody);
      },
    ],
    [
      'is writable for its group',
      (_, code) => {
        chmodSync(code, 0o770);
      },
    ],
    [
      'can be read by others',
      (_, code) => {
        chmodSync(code, 0o755);
      },
    ],
    [
      'is in a folder of another account',
      (caches) => {
        chownSync(caches, nobody, nobody);
      },
    ],
    [
      'is in a folder that others can write to',
      (caches) => {
        chmodSync(caches, 0o777);
      },
    ],
  ])('is not used where it %s', (_what, make) => {
    const caches = join(folder, 'caches');
    const code = join(caches, 'isoledger', 'code');
    mkdirSync(code, { recursive: true, mode: 0o700 });
    make(caches, code);
    starts({ HOME: folder, XDG_CACHE_HOME: caches });
    expect(filesBelow('caches/isoledger')).toEqual(['code']);
  });

  it.runIf(isRoot)('is not used where a link leads to the folder of another account', () => {
    const theirs = join(folder, 'theirs');
    mkdirSync(join(theirs, 'isoledger', 'code'), { recursive: true, mode: 0o700 });
    for (const part of ['', 'isoledger', 'isoledger/code']) chownSync(join(theirs, part), nobody, nobody);
    symlinkSync(theirs, join(folder, 'caches'));
    starts({ XDG_CACHE_HOME: join(folder, 'caches') });
    expect(filesBelow('theirs/isoledger')).toEqual(['code']);
  });
});
