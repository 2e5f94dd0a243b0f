import { join } from 'node:path';
import { buildExecutable } from '../../infra/package/executable.ts';
import { EstateOnDisk } from './commands/estate-on-disk.ts';
import { dailyCommands, otherCommands, type MeasuredCommand } from './commands/lines.ts';
import { Program, type ProgramRun } from './commands/program.ts';
import { medians, type Figures } from './harness/measure.ts';
import { rowOf, type Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';

const [usual, large] = [2000, 10_000];
const rounds = 3;

/**
 * Whole commands of the executable, from their start to their end, on an estate of 2,000 tenants with 10 rules each and 16
 * hosts; and the most memory that any run of each had.
 */
export async function commandsBench(): Promise<readonly Row[]> {
  return withExecutable(async (program, folder) => {
    const estate = new EstateOnDisk(folder, { tenants: usual });
    await estate.set(program, { cut: rounds });
    const commands = [...dailyCommands(program, estate), ...otherCommands(program, estate)];
    const runs = new Runs();
    runs.add(commands, { tenants: usual });
    const figures = await runs.medians(rounds);
    return commands.flatMap(({ name, atMost }) => [
      rowOf({
        case: nameAt(name, usual),
        ...{ value: figures.of(nameAt(name, usual)), unit: 's' },
        ...(atMost === undefined ? {} : { target: { of: 'value', atMost } }),
      }),
      runs.memoryRow(nameAt(name, usual)),
    ]);
  });
}

/** An emergency and the commands of every day at 10,000 tenants, held against the same at 2,000. */
export async function largeCommandsBench(): Promise<readonly Row[]> {
  return withExecutable(async (program, folder) => {
    const runs = new Runs();
    const names = new Set<string>();
    for (const tenants of [usual, large]) {
      const estate = new EstateOnDisk(folder, { tenants });
      await estate.set(program, { cut: 0 });
      const commands = dailyCommands(program, estate);
      runs.add(commands, { tenants });
      for (const { name } of commands) names.add(name);
    }
    const figures = await runs.medians(1);
    return [...names].flatMap((name) => [
      rowOf({
        case: nameAt(name, large),
        ...{ value: figures.of(nameAt(name, large)), unit: 's' },
        floor: { is: nameAt(name, usual), value: figures.of(nameAt(name, usual)) },
        target: { of: 'ratio', atMost: 6 },
      }),
      runs.memoryRow(nameAt(name, large)),
    ]);
  });
}

function withExecutable(
  work: (program: Program, folder: string) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'isoledger');
    await buildExecutable(file);
    return work(new Program({ file, folder }), folder);
  });
}

function nameAt(name: string, tenants: number): string {
  return `${name}, ${tenants.toLocaleString('en')} tenants`;
}

/** Commands that are measured against each other, by their names and the tenants of their estates. */
class Runs {
  readonly #runs = new Map<string, () => Promise<number>>();
  readonly #peaks = new Map<string, number>();

  add(commands: readonly MeasuredCommand[], { tenants }: { tenants: number }): void {
    for (const { name, run } of commands) {
      const at = nameAt(name, tenants);
      this.#runs.set(at, async () => this.#noted(at, await run()));
    }
  }

  /** Seconds, by the name. The first round counts: a command begins anew each time. */
  medians(rounds: number): Promise<Figures> {
    return medians(Object.fromEntries(this.#runs), { rounds, warmUps: 0 });
  }

  memoryRow(name: string): Row {
    return rowOf({ case: `${name}: most memory`, value: this.#peaks.get(name) ?? 0, unit: 'MiB' });
  }

  #noted(name: string, { seconds, peakMiB }: ProgramRun): number {
    this.#peaks.set(name, Math.max(peakMiB, this.#peaks.get(name) ?? 0));
    return seconds;
  }
}
