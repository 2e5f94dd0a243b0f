import { rmSync } from 'node:fs';
import type { EstateOnDisk } from './estate-on-disk.ts';
import type { Program, ProgramRun } from './program.ts';

/** A command whose runs are measured. */
export interface MeasuredCommand {
  readonly name: string;
  /** How many seconds were asked for at 2,000 tenants. */
  readonly atMost?: number;
  /** Runs it once, prepared and tidied up outside of what is measured. */
  readonly run: () => Promise<ProgramRun>;
}

/** A verdict may be unknown, and something may be found: these are answers. */
const exits = [0, 1, 7];

/** What is cut off and released in an emergency, and what is asked every day. Each run cuts off, or releases, another tenant. */
export function dailyCommands(program: Program, estate: EstateOnDisk): readonly MeasuredCommand[] {
  const { ledger, documents } = estate;
  const run = (argv: readonly string[]) => (): Promise<ProgramRun> => program.run(argv, { ledger, exits });
  return [
    { name: 'quarantine', atMost: 1, run: () => run(['quarantine', estate.toCut()])() },
    { name: 'status', atMost: 1.5, run: run(['status']) },
    {
      name: 'sync with nothing to do',
      atMost: 3,
      run: async () => {
        await run(['sync'])();
        return run(['sync'])();
      },
    },
    {
      name: 'plan with one file changed',
      atMost: 1.5,
      run: () => estate.withOneFileEdited(run(['plan', documents])),
    },
  ];
}

/** The others. */
export function otherCommands(program: Program, estate: EstateOnDisk): readonly MeasuredCommand[] {
  const { ledger, documents, empty } = estate;
  const run = (argv: readonly string[]) => (): Promise<ProgramRun> => program.run(argv, { ledger, exits });
  return [
    { name: 'release', run: () => run(['release', estate.toRelease()])() },
    {
      name: 'apply of everything to a new ledger',
      atMost: 8,
      run: async () => {
        for (const place of [empty, `${empty}.d`]) rmSync(place, { recursive: true, force: true });
        return program.run(['apply', documents], { ledger: empty });
      },
    },
    ...['verify', 'doctor', 'checkpoint', 'tail'].map((name) => ({ name, run: run([name]) })),
    { name: 'log of a tenant', run: run(['log', '--tenant', estate.aTenant]) },
  ];
}
