import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { secondsOf } from '../harness/measure.ts';

/** How often the memory of a running program is looked at. */
const lookEveryMs = 20;
const kibPerMiB = 1024;

/** A run of a program, from its start to its end. */
export interface ProgramRun {
  readonly seconds: number;
  /** The most memory that it had resident at once, in MiB; 0 where the system does not tell. */
  readonly peakMiB: number;
}

/** A program and the folder that it runs in. */
export class Program {
  readonly #file: string;
  readonly #folder: string;

  constructor({ file, folder }: { file: string; folder: string }) {
    this.#file = file;
    this.#folder = folder;
  }

  /** Runs a command line to its end. Throws an Error unless its exit code is 0, or one of `exits`. */
  async run(
    argv: readonly string[],
    { ledger, exits = [0] }: { ledger: string; exits?: readonly number[] },
  ): Promise<ProgramRun> {
    const env = { HOME: this.#folder, ISOLEDGER_LEDGER: `sqlite:${ledger}` };
    let peakMiB = 0;
    const seconds = await secondsOf(async () => {
      const child = spawn(this.#file, argv, {
        env,
        cwd: this.#folder,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const looks = setInterval(() => (peakMiB = Math.max(peakMiB, peakOf(child.pid))), lookEveryMs);
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject).once('close', resolve);
      });
      clearInterval(looks);
      if (code === null || !exits.includes(code))
        throw new Error(`isoledger ${argv.join(' ')} ended with ${String(code)}`);
    });
    return { seconds, peakMiB };
  }
}

/** The most resident memory of a process so far, as Linux tells it (VmHWM). */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) / kibPerMiB;
  } catch {
    return 0;
  }
}
