import { decodeEntry } from '../../events/codec/decode.ts';
import type { Entry } from '../../events/entry.ts';
import { isViolation } from '../../projections/isolation/judging/findings.ts';
import type { LedgerReader } from '../../src/ledger/port.ts';
import type { WallClock } from '../../src/runtime/clock.ts';
import { verifyInterval } from '../../src/verify/verify-interval.ts';

export async function entriesOf(ledger: LedgerReader): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const stored of ledger.read()) entries.push(decodeEntry(stored));
  return entries;
}

/** What is recorded of violations: each with what opened it and what ended it, in no order. */
export async function recordedViolations(ledger: LedgerReader): Promise<string[]> {
  const rows: string[] = [];
  const ends = new Map<number, string>();
  const entries = await entriesOf(ledger);
  for (const entry of entries)
    if (entry.type === 'IsolationRestored') {
      const { violation, closedBy } = entry.data;
      if (ends.has(violation)) rows.push(`${String(violation)} ended twice`);
      ends.set(violation, closedBy === null ? 'withdrawn' : causeText(closedBy));
    }
  for (const { seq, ...entry } of entries)
    if (entry.type === 'IsolationViolated') {
      const { kind, from, to, openedBy } = entry.data;
      rows.push(`${kind} ${from} ${to} ${causeText(openedBy)} ${ends.get(seq) ?? causeText(null)}`);
    }
  return rows.sort();
}

/** What verify says of all the time up to an instant, in the same words. */
export async function violationsUntil(
  ledger: LedgerReader,
  until: string,
  clock: WallClock,
): Promise<string[]> {
  const to = { kind: 'time', instant: until } as const;
  const { findings } = await verifyInterval(ledger, { lane: 'applied', to, clock });
  return findings
    .filter(({ kind }) => isViolation(kind))
    .map(
      ({ kind, from, to: end, window: { openedBy, closedBy } }) =>
        `${kind} ${from} ${end} ${causeText(openedBy)} ${causeText(closedBy)}`,
    )
    .sort();
}

function causeText(cause: { readonly seq: number | null; readonly time: string } | null): string {
  return cause === null ? 'lasts' : `${String(cause.seq)}@${cause.time}`;
}
