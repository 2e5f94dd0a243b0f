import { z } from 'zod';
import type { Finding, FindingKind } from '../../../projections/isolation/judging/findings.ts';
import type { Cause } from '../../../projections/isolation/history/timeline.ts';
import type { FoundDrift } from '../../../projections/isolation/hosts/sights.ts';
import type { TakenBack, Vouched } from '../../../projections/isolation/hosts/vouches.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';

/** A stop at which something changed. `seq` is the last entry by then. */
export interface RecordedStop {
  readonly instant: string;
  readonly seq: number;
  readonly cause: Cause;
}

/** All findings of a pair, and by kind the stop since which it has some of that kind without a break. */
export interface RecordedFindings {
  readonly findings: readonly Finding[];
  readonly opened: Readonly<Partial<Record<FindingKind, number>>>;
}

/** Its number is that of the batches up to it. */
export type RecordedBatch = readonly [first: number, recordedAt: string, number: number];

/** A tenant whose policy is another one from an entry on, and the time bounds of its rules; none where it has none. */
export type RecordedBounds = readonly [tenant: string, bounds: readonly string[]];

// The forms are what the index itself wrote, which its digests say: nothing checks them once more.
export const recordedStop = z.custom<RecordedStop>();
export const recordedFindings = z.custom<RecordedFindings>();
export const recordedBatch = z.custom<RecordedBatch>();
export const recordedBounds = z.custom<RecordedBounds>();
export const recordedPair = z.custom<Pair>();
export const recordedDrift = z.custom<FoundDrift>();
export const recordedTakenBack = z.custom<TakenBack>();
/** Of the word alone: whether it was taken back stands in the other list. */
export type RecordedWord = Omit<Vouched, 'until'>;
export const recordedWord = z.custom<RecordedWord>();
