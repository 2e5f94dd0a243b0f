import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaceFile } from '../../../src/runtime/durable-file.ts';
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
