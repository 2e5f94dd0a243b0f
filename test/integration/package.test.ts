import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildExecutable } from '../../infra/package/executable.ts';
import { installInto } from '../support/installed-package.ts';

const root = new URL('../../', import.meta.url).pathname;
const manifest = z.object({ version: z.string() });
const { version } = manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

/** The answers of a program in a folder that holds nothing of it; no command of the machine can be found by name. */
type Run = (...argv: string[]) => string;

/** From documents to a proof, with what comes with the program: it needs nothing else. */
function walksToProof(run: Run): void {
  expect(run('--version')).toBe(`${version}\n`);
  expect(run('--help')).toMatch(/quarantine/);
  expect(run('init', 'policies')).toMatch(/wrote to policies/);
  expect(run('apply', 'policies')).toMatch(/recorded \d+ events/);
  expect(run('sync')).toMatch(/shard-1/);
  expect(run('verify')).toMatch(/^proven/);
  expect(run('schema', 'Tenant')).toMatch(/segments/);
  expect(run('tail', '--format', 'cloudevents')).toMatch(/"specversion":"1.0"/);
  expect(run('doctor')).toMatch(/0 failures/);
  expect(run('walk')).toMatch(/apply \.?\/?\.isoledger\/walk\/infra\/examples[^]*The ledger of this walk is/);
}

/** What answers by HTTP is read when a service listens: it has to come with the program as well. */
async function answersByHttp(file: string, before: readonly string[], cwd: string): Promise<void> {
  const config = join(cwd, 'isoledger.yaml');
  writeFileSync(config, 'logLevel: info\nhttp: { listen: 127.0.0.1:0 }\n');
  const service = spawn(file, [...before, 'serve', '--config', config, '--roles', 'http'], {
    ...{ cwd, env: { PATH: '', HOME: cwd } },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    let port: string | undefined;
    for await (const text of service.stderr) {
      port = /"port":(\d+)/.exec(String(text))?.[1];
      if (port !== undefined) break;
    }
    const page = await fetch(`http://127.0.0.1:${String(port)}/v1/events?limit=1`);
    expect(await page.json()).toMatchObject({ format: 'cloudevents', next: 0 });
  } finally {
    service.kill('SIGKILL');
  }
}

/** The libraries of the system beyond those of the C library that the README says the executable needs. */
const named = ['libatomic.so.1', 'libgcc_s.so.1', 'libstdc++.so.6'];

/** The libraries that a program needs, but for those of the GNU C library, which every program needs. */
function librariesOf(file: string): string[] {
  const needed = execFileSync('ldd', [file], { encoding: 'utf8' });
  const names = Array.from(needed.matchAll(/^\s*([^\s/]+\.so[.\d]*) =>/gm), ([, name = '']) => name);
  return names.filter((name) => !/^lib(c|m|dl|pthread|rt)\.so/.test(name)).sort();
}

it('the README names the libraries that the executable needs', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  for (const name of named) expect(readme).toContain(`\`${name}\``);
});

describe('the program away from its sources', () => {
  const folder = mkdtempSync(join(tmpdir(), 'isoledger-package-'));
  const empty = (name: string): string => {
    const place = join(folder, name);
    mkdirSync(place);
    return place;
  };
  const runOf = (file: string, before: readonly string[], cwd: string): Run => {
    return (...argv) =>
      execFileSync(file, [...before, ...argv], {
        cwd,
        encoding: 'utf8',
        env: { PATH: '', HOME: cwd },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
  };

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('runs from its package, without any other package', async () => {
    const project = empty('project');
    const installed = installInto(project);
    walksToProof(runOf(process.execPath, [installed], project));
    await answersByHttp(process.execPath, [installed], project);
  });

  it('runs as one executable file, in an empty folder and without Node', async () => {
    const place = empty('bin');
    await buildExecutable(join(place, 'isoledger'));
    if (process.platform === 'linux') expect(librariesOf(join(place, 'isoledger'))).toEqual(named);
    const work = empty('work');
    walksToProof(runOf(join(place, 'isoledger'), [], work));
    await answersByHttp(join(place, 'isoledger'), [], work);
  });
});
