import type { Policy } from '../../../events/estate.ts';
import { Addressing } from '../authorised/addressing.ts';
import { Authorisation } from '../authorised/authorisation.ts';
import { boundsOf } from '../authorised/rule-time.ts';
import type { DocumentsBefore } from '../documents/document-maps.ts';
import type { Cause } from '../history/timeline.ts';
import type { Finding } from '../judging/findings.ts';
import { foldedFor, type Lane } from '../judging/lanes.ts';
import type { Gap } from '../hosts/gap.ts';
import type { Passing } from '../judging/passing.ts';
import type { Traffic } from '../header-sets/traffic.ts';
import type { Pair } from '../pair.ts';
import { IsolationState, type FoldedBatch } from '../state.ts';
import { Agenda } from './agenda.ts';
import { AppliedPairs } from './applied-pairs.ts';
import { IntendedPairs } from './intended-pairs.ts';
import { HandedOut, KeptParts, type KeptChange, type EnginePlace, type KeptTexts } from './kept.ts';
import type { PairRecord } from './pair-record.ts';
import type { IsJudged, JudgedPairs, PairsJudge, EngineStep } from './step.ts';

/** A point at which pairs were judged again. */
export interface Stop extends JudgedPairs {
  readonly instant: string;
  readonly cause: Cause;
  /** What a batch changed of documents, as it was before. */
  readonly documents: DocumentsBefore | undefined;
}

/** Where an engine goes on. */
export interface GoOnFrom {
  /** It has folded all batches up to there, by nobody's clock. The engine goes on with it. */
  readonly state: IsolationState;
  /** All that `takeKept` handed out up to there, as it was last. */
  readonly kept: KeptTexts;
  /** As with a new engine: the pairs that were judged so far, or some of them. */
  readonly isJudged?: IsJudged | undefined;
}

/**
 * Follows a ledger, and judges at each batch, time bound and limit that runs out the pairs of ends of which something may have
 * changed, and no others. The findings of all pairs are those that a judgement of everything would come to.
 */
export class Engine {
  readonly state: IsolationState;
  readonly #lane: Lane;
  readonly #judged: EnginePlace['judged'];
  readonly #authorisation: Authorisation;
  readonly #pairs: PairsJudge;
  readonly #look: (stop: Stop) => void;
  readonly #bounds = new Agenda<string>();
  readonly #limits = new Agenda<PairRecord>();
  readonly #handedOut: HandedOut;
  #passed: string;

  /** `isJudged` is true of the pairs that are asked about, and of all others that ever held their ports; of all pairs if left out. */
  constructor(
    lane: Lane,
    look: (stop: Stop) => void,
    isJudged?: IsJudged,
    goOn?: { readonly state: IsolationState; readonly kept: KeptParts },
  ) {
    const { state, kept } = goOn ?? { state: new IsolationState(foldedFor(lane)), kept: undefined };
    this.state = state;
    this.#lane = lane;
    this.#judged = isJudged === undefined ? 'all' : 'some';
    this.#look = look;
    this.#passed = kept?.place.passed ?? '';
    this.#handedOut = kept?.handedOut ?? new HandedOut();
    this.#authorisation = new Authorisation(state.documents, this.#passed);
    this.#pairs = this.#pairsOf(lane, isJudged ?? (() => true));
    for (const tenant of state.documents.policies.keys()) this.#expectBounds(tenant, this.#passed);
    if (kept !== undefined) this.#pairs.goOnFrom(kept);
  }

  /**
   * An engine that goes on where another one was, as that one would. All that follows from the entries is made anew. Throws KeptRefused
   * for what is not whole, and for what is of another lane, format or entry.
   */
  static resumed(lane: Lane, look: (stop: Stop) => void, { state, kept, isJudged }: GoOnFrom): Engine {
    const parts = new KeptParts(kept);
    parts.requireFor({ lane, judged: isJudged === undefined ? 'all' : 'some' }, state);
    return new Engine(lane, look, isJudged, { state, kept: parts });
  }

  #pairsOf(lane: Lane, isJudged: IsJudged): PairsJudge {
    const authorisation = this.#authorisation;
    const live = { authorisation, addressing: new Addressing(authorisation), state: this.state };
    if (lane === 'intended') return new IntendedPairs(live, isJudged);
    return new AppliedPairs(live, isJudged, (instant, record) => {
      this.#limits.put(instant, record);
    });
  }

  /** The pairs that something is known of. */
  get records(): PairsJudge['records'] {
    return this.#pairs.records;
  }

  /** True if the lane lets any packet open a connection from one end to another. */
  reaches(pair: Pair): boolean {
    return this.#pairs.reaches(pair);
  }

  /** What passes from one end to another. To be asked while a stop is looked at, which is when it may be other than before. */
  passing(pair: Pair): Passing[] {
    return this.#pairs.passing(pair);
  }

  /** The traffic that `connections` lists from one end to another. To be asked while a stop is looked at that judged the pair. */
  connected(pair: Pair): Traffic {
    return this.#pairs.connected(pair);
  }

  /** The traffic that documents let from one end to another, whatever the lane. */
  authorised(pair: Pair): Traffic {
    return this.#authorisation.between(pair);
  }

  /** The gaps of the lane's state, whatever instant it is. */
  gaps(): Gap[] {
    return this.#pairs.gaps();
  }

  /** Takes the next batch, after all that comes before it by the clock. */
  follow(batch: FoldedBatch): void {
    this.passTime(batch.recordedAt, { including: false });
    const change = this.state.follow(batch);
    for (const [tenant, before] of change?.documents?.policies ?? []) {
      for (const bound of boundsAfter(batch.recordedAt, before)) this.#bounds.leave(bound, tenant);
      this.#expectBounds(tenant, batch.recordedAt);
    }
    for (const { seq, id, type, recordedAt: time } of batch.entries.slice(-1))
      this.#stop({ instant: time, cause: { seq, id, type, time } }, { entries: batch.entries, change });
  }

  /** Lets the clock run up to an instant, at or after the last batch. */
  passTime(until: string, { including }: { readonly including: boolean }): void {
    for (;;) {
      const next = this.next;
      if (next === undefined || next > until || (next === until && !including)) return;
      this.#stop(
        { instant: next, cause: { seq: null, id: null, type: 'TimeBound', time: next } },
        { entries: [], change: undefined },
      );
    }
  }

  /** The next instant at which something may change by the clock alone. */
  get next(): string | undefined {
    const [bound, limit] = [this.#bounds.next, this.#limits.next];
    return bound === undefined || (limit !== undefined && limit < bound) ? limit : bound;
  }

  /**
   * What has to be kept so that an engine can go on from here, beside the entries: the texts that changed since this was asked last, at
   * first all of them. It costs what changed, and who never asks pays nothing. Nothing is handed out twice: who loses a text begins with
   * a new engine. A text says what this code came to, so whoever keeps it keeps the digest of the code beside it.
   */
  takeKept(): KeptChange[] {
    const { seq, recordedAt } = this.state;
    const place = { lane: this.#lane, judged: this.#judged, seq, recordedAt, passed: this.#passed };
    return this.#handedOut.take(this.#pairs.takeKept(), place);
  }

  #stop(
    { instant, cause }: Pick<Stop, 'instant' | 'cause'>,
    { entries, change }: Pick<EngineStep, 'entries' | 'change'>,
  ): void {
    const [bounds, late] = [this.#bounds.take(instant), this.#limits.take(instant)];
    const after = this.#passed;
    this.#passed = instant;
    const judged = this.#pairs.judge({ after, instant, entries, change, bounds, late });
    this.#look({ instant, cause, documents: change?.documents, ...judged });
  }

  #expectBounds(tenant: string, instant: string): void {
    for (const bound of boundsAfter(instant, this.state.documents.policies.get(tenant)))
      this.#bounds.put(bound, tenant);
  }
}

/** The instants after one at which rules of a policy open or lapse. */
function boundsAfter(instant: string, policy: Policy | undefined): string[] {
  const { egress = [], ingress = [] } = policy ?? {};
  return [...egress, ...ingress].flatMap(boundsOf).filter((bound) => bound > instant);
}

/** The findings among those of a pair that an answer about some pairs has: one of each kind. */
export function findingsFor(
  record: Pick<PairRecord, 'findings'>,
  isWanted: (pair: { readonly from: string; readonly to: string }) => boolean,
): Finding[] {
  const found = new Map<string, Finding>();
  for (const finding of record.findings) {
    if (found.has(finding.kind)) continue;
    if (isWanted(finding) || (finding.former !== undefined && isWanted(finding.former)))
      found.set(finding.kind, finding);
  }
  return [...found.values()];
}
