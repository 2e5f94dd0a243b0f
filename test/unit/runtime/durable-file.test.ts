import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolders, readOwnFile, replaceFile } from '../../../src/runtime/durable-file.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

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

describe('making folders', () => {
  it('makes those that are missing, and names the topmost of them', () => {
    const folder = temporaryFolder();
    const made = join(folder, 'a', 'b', 'c');
    expect(makeFolders(made, { isOwn: true })).toBe(join(folder, 'a'));
    expect(statSync(made).mode & 0o777).toBe(0o750);
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
