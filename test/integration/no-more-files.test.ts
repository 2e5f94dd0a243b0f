import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { town } from '../support/documents.ts';

const source = new URL('../../src/', import.meta.url).href;

/** What a process says of a deed in which no further file can be opened. */
function answerWithoutFiles(imports: string, deed: string): string {
  const script = `import { openSync, closeSync } from 'node:fs';
    import { exitCodeOf } from '${source}cli/exit.ts';
    ${imports}
    const open = [];
    try { for (;;) open.push(openSync('/', 'r')); } catch {}
    let said;
    try { said = JSON.stringify(${deed}); } catch (error) { said = exitCodeOf(error) + ' ' + error.message; }
    for (const one of open) closeSync(one);
    process.stdout.write(said);`;
  const argv = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync('sh', argv, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

describe('a process that can open no further file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'isoledger-files-'));
    writeFileSync(join(folder, 'town.yaml'), town);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('acts in no other name than it has, and says that it cannot tell', () => {
    const said = answerWithoutFiles(
      `import { actorOf } from '${source}cli/session.ts';`,
      'actorOf(undefined)',
    );
    expect(said).toMatch(
      /^5 the account of this process cannot be looked up: too many files are open: raise the limit/,
    );
  });

  it.each(['', 'town.yaml'])('blames no document for that (%s)', (part) => {
    const said = answerWithoutFiles(
      `import { readFolder } from '${source}policy/read-folder.ts';`,
      `await readFolder(${JSON.stringify(join(folder, part))}, { drivers: [] })`,
    );
    expect(said).toMatch(/^5 .* cannot be read: too many files are open: raise the limit/);
  });
});
