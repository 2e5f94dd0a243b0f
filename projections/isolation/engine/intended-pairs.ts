import { segmentOf } from '../../../events/names.ts';
import { everything, isNothing, nothing, sameTraffic, type Traffic } from '../header-sets/traffic.ts';
import type { Gap } from '../hosts/gap.ts';
import { addressGap, intendedFindingsOf } from '../judging/judge-intended.ts';
import { intendedPassingOf, type Passing } from '../judging/passing.ts';
import type { Pair } from '../pair.ts';
import { Concerned } from './concerned.ts';
import type { KeptChange, KeptParts } from './kept.ts';
import type { PairRecord } from './pair-record.ts';
import { PairRecords } from './records.ts';
import {
  concernedByDocuments,
  moveTo,
  type IsJudged,
  type JudgedPairs,
  type Live,
  type PairsJudge,
  type EngineStep,
} from './step.ts';

/** The intended lane: what the documents ask for. */
export class IntendedPairs implements PairsJudge {
  readonly records = new PairRecords();
  readonly #live: Live;
  readonly #isJudged: IsJudged;
  /** By end. */
  readonly #gaps = new Map<string, Gap>();

  constructor(live: Live, isJudged: IsJudged) {
    this.#live = live;
    this.#isJudged = isJudged;
    this.#lookAt(live.authorisation.ends());
  }

  judge(step: EngineStep): JudgedPairs {
    const { authorisation, addressing } = this.#live;
    moveTo(this.#live, step);
    const concerned = new Concerned(authorisation, this.records);
    concernedByDocuments(concerned, step);
    const judged = Array.from(concerned.pairs).filter(this.#isJudged);
    const changed: PairRecord[] = [];
    for (const pair of judged) {
      if (pair.from === pair.to) continue;
      const findings = intendedFindingsOf(pair, { authorisation, addressing }, []);
      const traffic = authorisation.consented(pair);
      if (this.records.get(pair) === undefined && isNothing(traffic)) continue;
      const record = this.records.of(pair);
      this.#consent(record, traffic);
      if (this.records.setFindings(record, findings)) changed.push(record);
      this.records.drop(record);
    }
    this.#lookForGaps(concerned.pairs);
    return { judged, changed };
  }

  reaches({ from, to }: Pair): boolean {
    const { authorisation } = this.#live;
    return from === to ? this.#isSegment(from) : !isNothing(authorisation.between({ from, to }));
  }

  passing({ from, to }: Pair): Passing[] {
    const { authorisation } = this.#live;
    const inside = this.#isSegment(from) ? everything : nothing;
    const traffic = from === to ? inside : authorisation.between({ from, to });
    const { findings = [] } = this.records.get({ from, to }) ?? {};
    return intendedPassingOf({ allowed: [{ from, to, traffic }], findings }, [authorisation]);
  }

  connected(pair: Pair): Traffic {
    return this.#live.authorisation.between(pair);
  }

  gaps(): Gap[] {
    if (this.#gaps.size === 0) return [];
    const ends = this.#live.authorisation.ends();
    return ends.map((end) => this.#gaps.get(end)).filter((gap) => gap !== undefined);
  }

  takeKept(): Iterable<KeptChange> {
    return this.records.takeKept();
  }

  goOnFrom(kept: KeptParts): void {
    this.records.goOnFrom(kept);
  }

  #consent(record: PairRecord, traffic: Traffic): void {
    const [before] = record.authorised;
    if (before !== undefined && sameTraffic(before.traffic, traffic)) return;
    record.authorised.splice(0, 1, { since: 0, traffic, src: undefined, dst: undefined });
    this.records.note(record);
  }

  /**
   * Whose addresses an end sees depends on those with whom it may exchange packets, also while quarantine cuts them from it. With whom it
   * could before is not known any more, so that the few ends with a gap are looked at again whatever changed.
   */
  #lookForGaps(pairs: Iterable<Pair>): void {
    const concerned = Array.from(pairs, ({ from, to }) => [from, to]).flat();
    this.#lookAt(new Set([...this.#gaps.keys(), ...concerned]));
  }

  #lookAt(ends: Iterable<string>): void {
    for (const end of ends) {
      const gap = addressGap(end, this.#live.addressing);
      if (gap === undefined) this.#gaps.delete(end);
      else this.#gaps.set(end, gap);
    }
  }

  #isSegment(end: string): boolean {
    const [tenant = '', segment = ''] = end.split('/');
    const document = this.#live.state.documents.tenants.get(tenant);
    return (
      document !== undefined &&
      document.segments.some((name) => segmentOf(tenant, name) === segmentOf(tenant, segment))
    );
  }
}
