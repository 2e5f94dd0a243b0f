import { z } from 'zod';

/** How fast policies are changed, and for how long. */
export interface Span {
  /** Changes a second. */
  readonly rate: number;
  /** How long it is measured. */
  readonly seconds: number;
  /** How long policies are changed before that. */
  readonly warmUpSeconds: number;
}

const positive = z.coerce.number().positive();

/** What the environment asks for: ISOLEDGER_BENCH_SECONDS (600), ISOLEDGER_BENCH_RATE (100). Throws a ZodError for what is no number above 0. */
export function spanAsked({
  ISOLEDGER_BENCH_SECONDS: seconds = '600',
  ISOLEDGER_BENCH_RATE: rate = '100',
}: NodeJS.ProcessEnv): Span {
  const asked = { rate: positive.parse(rate), seconds: positive.parse(seconds) };
  return { ...asked, warmUpSeconds: Math.min(30, asked.seconds / 4) };
}
