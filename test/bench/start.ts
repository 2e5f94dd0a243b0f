import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildExecutable } from '../../infra/package/executable.ts';
import { installInto } from '../support/installed-package.ts';
import { medians, secondsOf } from './harness/measure.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';

const root = new URL('../../', import.meta.url).pathname;
const starts = { rounds: 15, warmUps: 2 };
const floorName = 'node -e 0';

/** What is typed, and how long it may take: beside Node's own start, or in seconds. */
const lines = [
  { line: ['--version'], target: { of: 'ratio', atMost: 2 } },
  { line: ['complete', '--', 'st'], target: { of: 'value', atMost: 0.2 } },
  { line: ['complete', '--', 'explain', 'acme'], target: { of: 'value', atMost: 0.2 } },
  { line: ['explain', 'acme-corp', 'globex', 'tcp/5432'], target: { of: 'value', atMost: 0.35 } },
  { line: ['connections', '--from', 'acme-corp'], target: { of: 'value', atMost: 0.35 } },
  { line: ['status'], target: { of: 'value', atMost: 0.35 } },
  { line: ['checkpoint'], target: { of: 'value', atMost: 0.35 } },
] as const;

/**
 * How long commands take from their start to their end, on the ledger of the example estate: the package's bundle, and
 * the executable. The floor is Node itself that does nothing.
 */
export async function startBench(): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => {
    const executable = join(folder, 'isoledger');
    await buildExecutable(executable);
    const bundle = [process.execPath, installInto(folder)];
    const env = { HOME: folder, ISOLEDGER_LEDGER: `sqlite:${join(folder, 'ledger.db')}` };
    const seconds =
      ([file = '', ...before]: readonly string[], argv: readonly string[]) =>
      () =>
        secondsOf(() => execFileSync(file, [...before, ...argv], { env, cwd: folder, stdio: 'pipe' }));
    for (const argv of [['apply', join(root, 'infra/examples')], ['sync']]) await seconds(bundle, argv)();
    const contenders = lines.flatMap(({ line }) => [
      [`bundle: ${line.join(' ')}`, seconds(bundle, line)] as const,
      [`executable: ${line.join(' ')}`, seconds([executable], line)] as const,
    ]);
    const floor = seconds([process.execPath], ['-e', '0']);
    const figures = await medians({ [floorName]: floor, ...Object.fromEntries(contenders) }, starts);
    return ['bundle', 'executable'].flatMap((kind) =>
      lines.map(({ line, target }) =>
        rowOf({
          case: `${kind}: ${line.join(' ')}`,
          value: figures.of(`${kind}: ${line.join(' ')}`),
          unit: 's',
          floor: { is: floorName, value: figures.of(floorName) },
          target,
        }),
      ),
    );
  });
}
