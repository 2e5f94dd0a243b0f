import type { LabPlace } from './plan.ts';
import { run, type OnBehalf } from './run-program.ts';

/** A variable of the environment with the program to run in place of that of this checkout. */
export const programVariable = 'ISOLEDGER_PROGRAM';

const ownProgram = new URL('../../src/cli/isoledger.js', import.meta.url).pathname;

/** The file that Node starts to run the product. */
export function entrance(): string {
  return process.env[programVariable] ?? ownProgram;
}

/** A command line of the product on the lab's ledger. */
export function productLine({ ledger }: LabPlace, words: readonly string[]): string[] {
  return [process.execPath, entrance(), '--ledger', ledger, ...words];
}

/** Runs a command of the product; its words go to stderr. The exit code. */
export async function driveProduct(of: OnBehalf, place: LabPlace, words: readonly string[]): Promise<number> {
  return (await run(of, productLine(place, words), { isHeard: true })).code;
}
