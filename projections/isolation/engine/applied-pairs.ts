import type { AddressSet } from '../header-sets/addresses.ts';
import { Delivery } from '../delivered/delivery.ts';
import { isNothing, nothing, sameTraffic, type Traffic } from '../header-sets/traffic.ts';
import * as intervals from '../header-sets/intervals.ts';
import type { Gap } from '../hosts/gap.ts';
import type { Finding } from '../judging/findings.ts';
import { AppliedPassing, authorisedPassing, type Passing } from '../judging/passing.ts';
import { unknownPorts } from '../judging/seats.ts';
import { PairMap, type Pair } from '../pair.ts';
import { Concerned } from './concerned.ts';
import { HeldConcerns, TouchedSteps, wiredTo } from './held.ts';
import { judgeByPast } from './exposures.ts';
import { contactsOf, judgePair, type OpenNow, type PairsAt } from './judge-pair.ts';
import { Past } from './past.ts';
import type { KeptChange, KeptParts } from './kept.ts';
import type { Authorised, PairRecord } from './pair-record.ts';
import { PairRecords } from './records.ts';
import { SeatsByEnd } from './seats-by-end.ts';
import {
  concernedByDocuments,
  moveTo,
  type IsJudged,
  type JudgedPairs,
  type Live,
  type PairsJudge,
  type EngineStep,
} from './step.ts';
import { goOn } from './tick.ts';
import { UnnamedPorts } from './unnamed-ports.ts';

/** The lanes of hosts: what they may hold by their acknowledgements, and on the observed one also what they were found to hold. */
export class AppliedPairs implements PairsJudge {
  readonly records = new PairRecords();
  readonly #live: Live;
  readonly #isJudged: IsJudged;
  readonly #onLimit: (instant: string, record: PairRecord) => void;
  readonly #seats: SeatsByEnd;
  readonly #unnamedPorts: UnnamedPorts;
  readonly #touched = new TouchedSteps();
  readonly #past: Past;
  /** Pairs with packets that are not authorised. */
  readonly #exposed = new Set<PairRecord>();
  /** What acls and routes allow of the pairs of the last step, where that is more than may get through. */
  readonly #allowed = new PairMap<Traffic>();
  #delivery: Delivery;
  /** Where the pairs of the last step were judged. */
  #at: PairsAt;

  constructor(live: Live, isJudged: IsJudged, onLimit: (instant: string, record: PairRecord) => void) {
    const { documents, hosts } = live.state;
    this.#live = live;
    this.#isJudged = isJudged;
    this.#onLimit = onLimit;
    this.#seats = new SeatsByEnd(documents);
    this.#unnamedPorts = new UnnamedPorts(documents, hosts.plans.neighbours(documents).ports());
    this.#past = new Past(this.records, live.addressing);
    this.#delivery = new Delivery(documents, hosts);
    this.#at = this.#pairsAt('');
  }

  judge(step: EngineStep): JudgedPairs {
    this.#move(step);
    this.#allowed.clear();
    const pairs = Array.from(this.#concernedBy(step)).filter(this.#isJudged);
    for (const record of step.late) this.records.passLimits(record, step.instant);
    const changed: PairRecord[] = [];
    const at = this.#pairsAt(step.instant);
    this.#at = at;
    for (const pair of pairs) {
      const onOpen = ({ open, allowed }: OpenNow): void => {
        this.#remember(pair, open);
        if (!sameTraffic(open, allowed)) this.#allowed.set(pair, allowed);
      };
      const { findings, limits } = judgePair(pair, { ...at, onOpen });
      const record = findings.length > 0 ? this.records.of(pair) : this.records.get(pair);
      if (record === undefined) continue;
      for (const limit of limits) if (this.records.expectLimit(record, limit)) this.#onLimit(limit, record);
      if (this.records.setFindings(record, findings)) changed.push(record);
      this.#noteExposed(record);
      this.records.drop(record);
    }
    return { judged: pairs, changed };
  }

  reaches(pair: Pair): boolean {
    return !isNothing(this.#openOf(pair));
  }

  passing(pair: Pair): Passing[] {
    const record = this.records.get(pair);
    const { scene, past } = this.#at;
    if (record === undefined || !this.#exposed.has(record))
      return authorisedPassing(pair, this.#openOf(pair), scene.authorisation);
    const passing = new AppliedPassing(scene, {
      possible: [scene],
      judgeExposures: (exposures) => judgeByPast(exposures, { ...scene, past }),
    });
    for (const contact of contactsOf(pair, this.#at)) passing.take(contact);
    return passing.all();
  }

  connected(pair: Pair): Traffic {
    return this.#allowed.get(pair) ?? this.#openOf(pair);
  }

  gaps(): Gap[] {
    const { documents, hosts } = this.#live.state;
    const ports = this.#unnamedPorts.any ? unknownPorts(documents, this.#delivery) : [];
    return [...hosts.gaps(), ...ports];
  }

  *takeKept(): Generator<KeptChange> {
    yield* this.records.takeKept();
    yield* this.#past.takeKept();
  }

  goOnFrom(kept: KeptParts): void {
    this.records.goOnFrom(kept);
    for (const record of this.records) {
      this.#noteExposed(record);
      for (const limit of record.limits) this.#onLimit(limit, record);
    }
    this.#past.goOnFrom(kept, this.#live.state.documents);
    this.#at = this.#pairsAt(kept.place.passed);
  }

  #openOf(pair: Pair): Traffic {
    return this.records.get(pair)?.open.at(-1)?.traffic ?? nothing;
  }

  #noteExposed(record: PairRecord): void {
    if (record.findings.some(isExposure)) this.#exposed.add(record);
    else this.#exposed.delete(record);
  }

  #pairsAt(instant: string): PairsAt {
    const scene = { ...this.#live, delivery: this.#delivery, instant };
    return { scene, seats: this.#seats, past: this.#past, sources: new Map() };
  }

  #move(step: EngineStep): void {
    const { instant: at, change, entries } = step;
    const { documents, hosts, horizon } = this.#live.state;
    const { ticks } = this.#past;
    const before = change?.documents;
    ticks.push({
      at,
      changed: before !== undefined ? 'documents' : change === undefined ? 'nothing' : 'held',
    });
    ticks.forget(horizon);
    moveTo(this.#live, step);
    this.#unnamedPorts.follow(entries);
    this.#touched.follow({ entries, before });
    if (before !== undefined) {
      this.#seats.change(before);
      this.#past.change(before, documents);
    }
    if (change !== undefined) this.#delivery = new Delivery(documents, hosts);
  }

  #concernedBy(step: EngineStep): Iterable<Pair> {
    const { authorisation, state } = this.#live;
    const around = {
      documents: state.documents,
      delivery: this.#delivery,
      seats: this.#seats,
      plans: state.hosts.plans,
      neighbours: state.hosts.plans.neighbours(state.documents),
      touched: this.#touched,
    };
    const wired = (end: string): Iterable<string> =>
      wiredTo(
        this.#seats.of(end).map(({ key }) => key),
        around,
      );
    const concerned = new Concerned(authorisation, this.records, wired);
    concernedByDocuments(concerned, step);
    const { change, entries, late } = step;
    if (change !== undefined)
      new HeldConcerns(around, concerned).take({ entries, before: change.documents, held: change.held });
    for (const record of late) concerned.pairs.add(record.from, record.to);
    const isLimit = (change?.documents?.shards.size ?? 0) > 0;
    for (const record of this.#exposed)
      if (isLimit || this.#hasHeirs(record)) concerned.pairs.add(record.from, record.to);
    return concerned.pairs;
  }

  /** Whether ports of a pair had other holders: whom their hosts hold them for is told by objects that change nothing of delivery. */
  #hasHeirs({ from, to }: PairRecord): boolean {
    const { formerEnds } = this.#live.state.documents;
    return [...this.#seats.of(from), ...this.#seats.of(to)].some(({ key }) => formerEnds.has(key));
  }

  #authorisedOf(pair: Pair): Authorised {
    const { authorisation, addressing, state } = this.#live;
    const { externals } = state.documents;
    return {
      since: this.#past.ticks.now,
      traffic: authorisation.between(pair),
      src: externals.has(pair.from) ? addressing.external({ from: pair.to, to: pair.from }) : undefined,
      dst: externals.has(pair.to) ? addressing.external(pair) : undefined,
    };
  }

  /** Notes what is open and authorised between two ends from now on. */
  #remember(pair: Pair, open: Traffic): void {
    const { now: since, oldest } = this.#past.ticks;
    const authorised = this.#authorisedOf(pair);
    const isNothingSo = isNothing(open) && isNothing(authorised.traffic);
    if (isNothingSo && this.records.get(pair) === undefined) return;
    const record = this.records.of(pair);
    const before = { authorised: record.authorised.at(-1), open: record.open.at(-1) };
    const isOther = before.authorised === undefined || !sameAuthorised(before.authorised, authorised);
    const isOpenOtherwise = before.open === undefined || !sameTraffic(before.open.traffic, open);
    if (isOther) goOn(record.authorised, authorised, oldest);
    if (isOpenOtherwise) goOn(record.open, { since, traffic: open }, oldest);
    if (isOther || isOpenOtherwise) this.records.note(record);
  }
}

/** True of a finding that a revocation may be the reason of. */
function isExposure({ kind }: Finding): boolean {
  return kind !== 'missing' && kind !== 'classification';
}

function sameAuthorised(one: Authorised, other: Authorised): boolean {
  return (
    sameTraffic(one.traffic, other.traffic) && sameSet(one.src, other.src) && sameSet(one.dst, other.dst)
  );
}

function sameSet(one: AddressSet | undefined, other: AddressSet | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && intervals.sameSet(one, other));
}
