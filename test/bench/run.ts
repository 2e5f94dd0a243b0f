import { parseArgs } from 'node:util';
import { LabUnavailable } from '../../infra/lab/faults.ts';
import { exitCodeOf } from '../../src/cli/exit.ts';
import { jsonOf, tableOf } from './harness/print.ts';
import type { Row } from './harness/row.ts';

/**
 * The benchmarks by name: a new one is a line here, and a file that exports a function from nothing to rows. Each ends
 * within 4 minutes on 2 cores, but for service-long, which is asked how long it lasts, verifier-large and soak. Imported only when asked for, so that none weighs on another.
 */
const benches: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  start: async () => (await import('./start.ts')).startBench(),
  ledger: async () => (await import('./ledger.ts')).ledgerBench(),
  commands: async () => (await import('./commands.ts')).commandsBench(),
  'commands-10000': async () => (await import('./commands.ts')).largeCommandsBench(),
  long: async () => (await import('./long.ts')).longBench(),
  mixed: async () => (await import('./mixed.ts')).mixedBench(),
  drive: async () => (await import('./drive.ts')).driveBench(),
  ovs: async () => (await import('./ovs.ts')).ovsBench(),
  walk: async () => (await import('./walk.ts')).walkBench(),
  service: async () => (await import('./service.ts')).serviceBench(),
  'service-long': async () => (await import('./service-long.ts')).serviceLongBench(),
  formats: async () => (await import('./formats.ts')).formatsBench(),
  verifier: async () => (await import('./verifier.ts')).verifierBench(),
  'verifier-large': async () => (await import('./verifier.ts')).largeVerifierBench(),
  soak: async () => (await import('./soak.ts')).soakBench(),
  history: async () => (await import('./history.ts')).historyBench(),
};

/**
 * `npm run bench -- NAME [--json]`. A row that misses its target is printed as such and is no failure: exit code 0.
 * Exit code 2 for a call that names no benchmark, 5 where the machine lacks what it needs, which is then said.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  });
  const [name = '', ...more] = positionals;
  const bench = Object.hasOwn(benches, name) && more.length === 0 ? benches[name] : undefined;
  if (bench === undefined) {
    process.stderr.write(
      `there is no benchmark «${positionals.join(' ')}»: npm run bench -- NAME [--json], NAME one of ${Object.keys(benches).join(', ')}\n`,
    );
    return 2;
  }
  try {
    const rows = await bench();
    process.stdout.write(values.json === true ? jsonOf(rows) : tableOf(rows));
    return 0;
  } catch (fault) {
    if (!(fault instanceof LabUnavailable)) throw fault;
    process.stderr.write(`nothing is measured: ${fault.message}\n`);
    return exitCodeOf(fault);
  }
}

process.exitCode = await main();
