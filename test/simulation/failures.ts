/** The process ended here, as under kill -9: all that it had in memory is gone. Nothing of the product catches it. */
export class Crash extends Error {
  constructor(where: string) {
    super(`the process ended ${where}`);
  }
}

/** What must hold does not. */
export class Broken extends Error {}

/** A run that came to something that must not be, with all that it takes to see it again. */
export class SimulationFailure extends Error {
  readonly seed: number;
  readonly step: number;
  /** What was found, without what happened before. */
  readonly problem: string;

  /** `file`: the test that lives through it once more. */
  constructor(at: { seed: number; step: number; trace: readonly string[]; file?: string }, cause: unknown) {
    const problem = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const words = [
      `seed ${String(at.seed)}, step ${String(at.step)}: ${problem}`,
      'what happened before:',
      ...at.trace.map((line) => `  ${line}`),
      `once more: ISOLEDGER_TEST_SEED=${String(at.seed)} ISOLEDGER_TEST_STEPS=${String(at.step)} npx vitest run test/simulation/${at.file ?? 'simulation'}.test.ts`,
    ];
    super(words.join('\n'), { cause });
    this.seed = at.seed;
    this.step = at.step;
    this.problem = String(cause);
  }
}
