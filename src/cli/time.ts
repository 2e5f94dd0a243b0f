import type { Instant } from '../ledger/instants.ts';
import { Flaw } from '../policy/flaw.ts';
import { readTimeBound } from '../policy/time-bound.ts';
import { UsageError } from '../runtime/errors.ts';

const allowed =
  'now, seq:N, or ISO 8601 with an offset or zone such as 2026-03-01T12:00:00Z or 2026-03-01T13:00[Europe/Berlin]';

/** Reads TIME: `now`, `seq:N`, or ISO 8601 with a zone or an offset; no text means now. Throws UsageError. */
export function parseTime(text: string | undefined): Instant {
  if (text === undefined || text === 'now') return { kind: 'now' };
  const seq = /^seq:(0|[1-9]\d{0,14})$/.exec(text)?.[1];
  if (seq !== undefined) return { kind: 'seq', seq: Number(seq) };
  // Read as the bounds of rules are: what a document may not say, nobody may ask.
  const read = readTimeBound(text);
  if (!(read instanceof Flaw)) return { kind: 'time', instant: read.instant };
  const isTime = /^\d{4}-\d\d-\d\dT/.test(text);
  throw new UsageError(
    isTime
      ? `${text}: ${read.message}; allowed: ${read.allowed}`
      : `${text} is no point in time; allowed: ${allowed}`,
  );
}
