import { execFileSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  clearPlace,
  giveToOwnerOfFolder,
  makeFolders,
  readOwnFile,
  replaceFile,
} from '../../../src/runtime/durable-file.ts';
import { replaceInBackground } from '../../../src/runtime/replace-in-background.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { describeNeeding, root } from '../../support/needs.ts';
import { nobody } from '../../support/other-user.ts';

describe('replacing a file', () => {
  it('makes its folder, and leaves nothing but the file', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'state', 'estate.json');
    replaceFile(path, 'first');
    replaceFile(path, 'second', { beside: `${path}.77` });
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(readdirSync(join(folder, 'state'))).toEqual(['estate.json']);
  });

  it('that cannot be done leaves the former file, and nothing beside it', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'estate.json');
    replaceFile(path, 'first');
    mkdirSync(`${path}.new`);
    expect(() => {
      replaceFile(path, 'second');
    }).toThrow(/EISDIR/);
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(readdirSync(folder)).toEqual(['estate.json']);
  });

  it('that is a folder leaves the folder', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'taken');
    mkdirSync(path);
    expect(() => {
      replaceFile(path, 'text');
    }).toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});

describe('clearing a place', () => {
  it('removes what has no content of its own, and sets aside what has', () => {
    const folder = temporaryFolder();
    const place = join(folder, 'place');
    const precious = join(folder, 'precious');
    writeFileSync(precious, 'precious');
    const puts: (() => void)[] = [
      () => {
        writeFileSync(place, '');
      },
      () => {
        mkdirSync(place);
      },
      () => {
        symlinkSync(precious, place);
      },
      () => undefined,
    ];
    for (const put of puts) {
      put();
      clearPlace(place);
      expect(readdirSync(folder)).toEqual(['precious']);
    }
    mkdirSync(join(place, 'full'), { recursive: true });
    clearPlace(place);
    expect(readdirSync(join(folder, `place.set-aside-${String(process.pid)}`))).toEqual(['full']);
    expect(readFileSync(precious, 'utf8')).toBe('precious');
  });

  it('by a write that cannot be done, follows no path into a folder', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'hv-1.jsonl');
    const writes = [
      (): Promise<void> =>
        Promise.try(() => {
          replaceFile(path, 'x');
        }),
      (): Promise<void> => replaceInBackground(path, Buffer.from('x'), { within: folder }),
    ];
    for (const write of writes) {
      mkdirSync(join(`${path}.new`, 'full'), { recursive: true });
      await expect(write()).rejects.toThrow(/EISDIR/);
      const aside = `${path}.new.set-aside-${String(process.pid)}`;
      expect(readdirSync(aside)).toEqual(['full']);
      rmSync(aside, { recursive: true });
      await write();
      expect(readFileSync(path, 'utf8')).toBe('x');
    }
  });
});

describeNeeding([root], 'giving to the owner of a folder', () => {
  it('goes by the folder in which the file is, and not by what has taken its place', () => {
    const folder = temporaryFolder();
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    for (const made of [ours, theirs]) mkdirSync(made);
    chownSync(theirs, nobody, nobody);
    const descriptor = openSync(join(ours, 'file'), 'w');
    giveToOwnerOfFolder(theirs, descriptor);
    expect(fstatSync(descriptor).uid).toBe(0);
    renameSync(ours, join(folder, 'moved'));
    chownSync(join(folder, 'moved'), nobody, nobody);
    mkdirSync(ours);
    giveToOwnerOfFolder(ours, descriptor);
    expect(fstatSync(descriptor).uid).toBe(nobody);
    closeSync(descriptor);
  });
});

describe('making folders', () => {
  it('makes those that are missing, and names the topmost of them', () => {
    const folder = temporaryFolder();
    const made = join(folder, 'a', 'b', 'c');
    expect(makeFolders(made, { isOwn: true })).toBe(join(folder, 'a'));
    expect(statSync(made).mode & 0o7777).toBe(0o750);
    expect(makeFolders(made)).toBeUndefined();
  });

  it('fails below a file, and leaves nothing', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a'), '');
    expect(() => makeFolders(join(folder, 'a', 'b', 'c'))).toThrow(/ENOTDIR|EEXIST/);
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it.runIf(existsSync('/proc/self'))('ends where a file system takes no folders', () => {
    expect(() => makeFolders('/proc/isoledger/a')).toThrow(/ENOENT/);
  });
});

describe('reading a file that is kept', () => {
  it('gives its text, and waits for nothing else that stands there', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'text');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(readOwnFile(join(folder, 'file'))).toBe('text');
    expect(() => readOwnFile(join(folder, 'pipe'))).toThrow(/pipe is no file/);
    expect(() => readOwnFile(folder)).toThrow(/is no file/);
    expect(() => readOwnFile(join(folder, 'none'))).toThrow(/ENOENT/);
  });
});
