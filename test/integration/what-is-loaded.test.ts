import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Workplace } from '../support/command-line.ts';

const program = fileURLToPath(new URL('../../src/cli/isoledger.js', import.meta.url));
const hook = new URL('../support/loaded-packages.ts', import.meta.url).href;
const examples = fileURLToPath(new URL('../../infra/examples', import.meta.url));

/** What reads documents and configuration files, speaks to servers, and answers by HTTP: slow to load, and seldom wanted. */
const seldomWanted = [
  'yaml',
  'luxon',
  'ipaddr.js',
  'nats',
  'fastify',
  '@eventstore/db-client',
  '@grpc/grpc-js',
];

describe('what a command loads', () => {
  /** The packages among `seldomWanted` that a command line loads. */
  function loadedBy({ folder, ledgerUrl }: Workplace, ...argv: string[]): string[] {
    const list = join(folder, 'loaded.json');
    const { status, stderr } = spawnSync(process.execPath, ['--import', hook, program, ...argv], {
      cwd: folder,
      env: { HOME: folder, ISOLEDGER_LEDGER: ledgerUrl, LOADED_PACKAGES: list },
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    const loaded = new Set(z.array(z.string()).parse(JSON.parse(readFileSync(list, 'utf8'))));
    return seldomWanted.filter((name) => loaded.has(name));
  }

  it('is only what it needs', async () => {
    using workplace = new Workplace();
    await workplace.succeed('apply', examples);
    for (const argv of [['status'], ['sync'], ['tail']])
      expect([argv, loadedBy(workplace, ...argv)]).toEqual([argv, []]);
    // What takes TIME reads dates with their zones.
    expect(loadedBy(workplace, 'checkpoint')).toEqual(['luxon']);
    expect(loadedBy(workplace, 'plan', examples)).toEqual(['yaml', 'luxon', 'ipaddr.js']);
    const config = join(workplace.folder, 'isoledger.yaml');
    writeFileSync(config, 'logLevel: error\n');
    expect(loadedBy(workplace, 'status', '--config', config)).toContain('yaml');
  });
});
