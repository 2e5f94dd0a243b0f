import type { Entry } from '../../../events/entry.ts';
import type { Change } from '../state.ts';
import type { Addressing } from '../authorised/addressing.ts';
import type { Authorisation } from '../authorised/authorisation.ts';
import type { Traffic } from '../header-sets/traffic.ts';
import type { Gap } from '../hosts/gap.ts';
import type { Passing } from '../judging/passing.ts';
import type { Pair } from '../pair.ts';
import type { IsolationState } from '../state.ts';
import type { Concerned } from './concerned.ts';
import type { KeptChange, KeptParts } from './kept.ts';
import type { PairRecord } from './pair-record.ts';
import type { PairRecords } from './records.ts';

/** What a stop is about: what a batch changed, and the tenants with rules that opened or lapsed since the last one. */
export interface EngineStep {
  readonly after: string;
  readonly instant: string;
  readonly entries: readonly Entry[];
  readonly change: Change | undefined;
  readonly bounds: ReadonlySet<string>;
  /** Pairs with a revocation whose limit ran out. */
  readonly late: ReadonlySet<PairRecord>;
}

/** The pairs that a step concerned, and those among them whose findings are others now. */
export interface JudgedPairs {
  readonly judged: Iterable<Pair>;
  readonly changed: readonly PairRecord[];
}

/** Keeps the findings of all pairs of one lane, and judges again those that a step concerns. */
export interface PairsJudge {
  readonly records: PairRecords;
  judge(step: EngineStep): JudgedPairs;
  reaches(pair: Pair): boolean;
  /** What passes at the instant of the last step. */
  passing(pair: Pair): Passing[];
  /** What `connections` lists of a pair at the instant of the last step, if that judged it. */
  connected(pair: Pair): Traffic;
  gaps(): Gap[];
  /** What changed of what it knows beyond what the entries come to, since this was asked last; at first all of it. */
  takeKept(): Iterable<KeptChange>;
  /** Takes all of that as it was kept. Throws KeptRefused. */
  goOnFrom(kept: KeptParts): void;
}

/** What the documents of now authorise, which goes on with them. */
export interface Live {
  readonly authorisation: Authorisation;
  readonly addressing: Addressing;
  readonly state: IsolationState;
}

/** The pairs that are judged at all. */
export type IsJudged = (pair: Pair) => boolean;

/** Goes on to what is authorised after a step. */
export function moveTo({ authorisation, addressing }: Live, { instant, change, bounds }: EngineStep): void {
  if (change?.documents === undefined && bounds.size === 0) return;
  authorisation.moveTo(instant, { before: change?.documents, bounds });
  addressing.moveTo(change?.documents);
}

/** What a step concerns by the documents and by time, once all goes on from there. */
export function concernedByDocuments(
  concerned: Concerned,
  { change, bounds, after, instant }: EngineStep,
): void {
  if (change?.documents !== undefined) concerned.documents(change.documents);
  concerned.bounds(bounds, { after, until: instant });
}
