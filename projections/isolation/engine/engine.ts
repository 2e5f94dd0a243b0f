import { Addressing } from '../authorised/addressing.ts';
import { Authorisation } from '../authorised/authorisation.ts';
import { boundsOf } from '../authorised/rule-time.ts';
import type { Cause } from '../history/timeline.ts';
import type { Finding } from '../judging/findings.ts';
import type { Lane } from '../judging/lanes.ts';
import type { Gap } from '../hosts/gap.ts';
import type { Passing } from '../judging/passing.ts';
import type { Pair } from '../pair.ts';
import { IsolationState, type FoldedBatch } from '../state.ts';
import { Agenda } from './agenda.ts';
import { AppliedPairs } from './applied-pairs.ts';
import { IntendedPairs } from './intended-pairs.ts';
import type { PairRecord } from './records.ts';
import type { IsJudged, JudgedPairs, PairsJudge, EngineStep } from './step.ts';

/** A point at which pairs were judged again. */
export interface Stop extends JudgedPairs {
  readonly instant: string;
  readonly cause: Cause;
}

/**
 * Follows a ledger, and judges at each batch, time bound and limit that runs out the pairs of ends of which something may have
 * changed, and no others. The findings of all pairs are those that a judgement of everything would come to.
 */
export class Engine {
  readonly state = new IsolationState();
  readonly #pairs: PairsJudge;
  readonly #look: (stop: Stop) => void;
  readonly #bounds = new Agenda<string>();
  readonly #limits = new Agenda<PairRecord>();
  #passed = '';

  /** `isJudged` is true of the pairs that are asked about, and of all others that ever held their ports; of all pairs if left out. */
  constructor(lane: Lane, look: (stop: Stop) => void, isJudged: IsJudged = () => true) {
    this.#look = look;
    const { documents } = this.state;
    const authorisation = new Authorisation(documents, '');
    const live = { authorisation, addressing: new Addressing(authorisation), state: this.state };
    this.#pairs =
      lane === 'intended'
        ? new IntendedPairs(live, isJudged)
        : new AppliedPairs(live, isJudged, (instant, record) => {
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

  /** The gaps of the lane's state, whatever instant it is. */
  gaps(): Gap[] {
    return this.#pairs.gaps();
  }

  /** Takes the next batch, after all that comes before it by the clock. */
  follow(batch: FoldedBatch): void {
    this.passTime(batch.recordedAt, { including: false });
    const change = this.state.follow(batch);
    for (const tenant of change?.documents?.policies.keys() ?? [])
      this.#expectBounds(tenant, batch.recordedAt);
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

  #stop(
    { instant, cause }: Pick<Stop, 'instant' | 'cause'>,
    { entries, change }: Pick<EngineStep, 'entries' | 'change'>,
  ): void {
    const [bounds, late] = [this.#bounds.take(instant), this.#limits.take(instant)];
    const after = this.#passed;
    this.#passed = instant;
    const judged = this.#pairs.judge({ after, instant, entries, change, bounds, late });
    this.#look({ instant, cause, ...judged });
  }

  #expectBounds(tenant: string, instant: string): void {
    const { egress = [], ingress = [] } = this.state.documents.policies.get(tenant) ?? {};
    for (const bound of [...egress, ...ingress].flatMap(boundsOf))
      if (bound > instant) this.#bounds.put(bound, tenant);
  }
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
