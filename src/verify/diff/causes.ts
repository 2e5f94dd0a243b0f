import { defined } from '../../../events/codec/defined.ts';
import type { Kinds } from '../../../events/catalogue.ts';
import type { Actor, Entry } from '../../../events/entry.ts';
import type { Policy } from '../../../events/estate.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { boundsOf } from '../../../projections/isolation/authorised/rule-time.ts';
import { Engine, type Stop } from '../../../projections/isolation/engine/engine.ts';
import type { Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import type { FoldedBatch } from '../../../projections/isolation/state.ts';
import type { Moment } from '../fold.ts';
import { ruleWords } from '../../words/rule-words.ts';
import { gainedIn, type ChangedRow, type Connected, type PairTraffic } from './lane-traffic.ts';

/** The traffic that came and went on one lane, at one moment between the two instants. */
export interface Effect {
  readonly lane: Lane;
  readonly gained: readonly ChangedRow[];
  readonly lost: readonly ChangedRow[];
}

/** A batch of events that changed the traffic in question: who recorded it, when and why. */
export interface BatchCause extends Effect {
  readonly kind: 'batch';
  readonly first: number;
  readonly last: number;
  readonly time: string;
  readonly by: string;
  readonly authenticated: Actor['authenticated'];
  readonly account?: string;
  readonly reason?: string;
  readonly source?: string;
  /** Its events in short: `PolicyEnacted of globex`. */
  readonly events: readonly string[];
}

/** A change by the clock alone, with the rules whose time bound passed. */
export interface TimeBoundCause extends Effect {
  readonly kind: 'TimeBound';
  readonly time: string;
  readonly rules: readonly string[];
}

export type ChangeCause = BatchCause | TimeBoundCause;

/**
 * Follows some pairs from one instant to a later one. Notes every batch and every time bound that changed the traffic
 * between them, on the lane asked about, and on the intended lane, where the change was asked for. An engine tells which of them a
 * step concerns, so that a batch costs what it changes.
 */
export class CauseSearch {
  readonly #engine: Engine;
  readonly #from: Moment;
  readonly #lanes: readonly Lane[];
  readonly #pairs = new Set<string>();
  readonly #known = new Map<Lane, Map<string, Connected>>();
  readonly #causes: ChangeCause[] = [];
  /** The batch that the engine takes now. */
  #batch: FoldedBatch | undefined;
  #isInside = false;

  constructor(of: { from: Moment; pairs: readonly Pair[]; lane: Lane }) {
    this.#from = of.from;
    this.#lanes = of.lane === 'intended' ? ['intended'] : ['intended', of.lane];
    for (const pair of of.pairs) this.#pairs.add(pairKey(pair));
    this.#engine = new Engine(
      of.lane,
      (stop) => {
        this.#look(stop);
      },
      (pair) => this.#pairs.has(pairKey(pair)),
    );
  }

  /** Takes the next batch, from the first one of the ledger on. */
  follow(batch: FoldedBatch): void {
    if (batch.last > this.#from.seq) this.#begin();
    this.#batch = batch;
    this.#engine.follow(batch);
  }

  /** All causes up to the later instant, in the order in which they happened. */
  causesUntil(instant: string): readonly ChangeCause[] {
    this.#begin();
    this.#engine.passTime(instant, { including: true });
    return this.#causes;
  }

  /** What changes up to the earlier instant has no cause between the two. */
  #begin(): void {
    if (this.#isInside) return;
    this.#engine.passTime(this.#from.time, { including: true });
    this.#isInside = true;
  }

  #look({ instant, cause, judged }: Stop): void {
    const batch = cause.seq === null ? undefined : this.#batch;
    for (const effect of this.#effects([...judged])) {
      if (!this.#isInside) continue;
      this.#causes.push(
        batch === undefined
          ? { kind: 'TimeBound', ...effect, time: instant, rules: this.#rulesBoundAt(instant) }
          : { kind: 'batch', ...effect, ...recordOf(batch) },
      );
    }
  }

  /** What is other than before between the pairs that were judged. */
  #effects(judged: readonly Pair[]): Effect[] {
    const asked = judged.filter((pair) => this.#pairs.has(pairKey(pair)));
    return this.#lanes.flatMap((lane) => {
      const known = this.#known.get(lane) ?? new Map<string, Connected>();
      this.#known.set(lane, known);
      const before = new Map<string, Connected>();
      const after = new Map<string, Connected>();
      for (const pair of asked) {
        const key = pairKey(pair);
        const [had, has] = [known.get(key), { ...pair, traffic: this.#trafficOf(lane, pair) }];
        if (had !== undefined) before.set(key, had);
        known.set(key, has);
        after.set(key, has);
      }
      return effectOf(lane, { before, after }) ?? [];
    });
  }

  #trafficOf(lane: Lane, pair: Pair): Traffic {
    return lane === 'intended' ? this.#engine.authorised(pair) : this.#engine.connected(pair);
  }

  #rulesBoundAt(time: string): string[] {
    return rulesBoundAt(time, this.#engine.state.documents.policies.values());
  }
}

/** What came and went of some pairs; undefined where nothing did. */
export function effectOf(
  lane: Lane,
  { before, after }: { readonly before: PairTraffic; readonly after: PairTraffic },
): Effect | undefined {
  const effect = { lane, gained: gainedIn(after, before), lost: gainedIn(before, after) };
  return effect.gained.length + effect.lost.length > 0 ? effect : undefined;
}

/** The rules of which a time bound passes at an instant, by tenant in code point order. */
export function rulesBoundAt(time: string, policies: Iterable<Policy>): string[] {
  return [...policies]
    .sort((one, other) => (one.tenant < other.tenant ? -1 : 1))
    .flatMap(({ tenant, egress, ingress }) =>
      [...egress, ...ingress]
        .filter((rule) => boundsOf(rule).includes(time))
        .map((rule) => `${tenant}: ${ruleWords(rule)}`),
    );
}

/** The record of a batch: who, when and why. */
export function recordOf({
  entries,
  last,
  recordedAt,
}: FoldedBatch): Omit<BatchCause, 'kind' | keyof Effect> {
  const [entry] = entries;
  if (entry === undefined) throw new RangeError('a batch has entries');
  const { actor, reason, source } = entry;
  return {
    first: entry.seq,
    last,
    time: recordedAt,
    by: actor.name,
    authenticated: actor.authenticated,
    ...defined({ account: actor.account, reason, source }),
    events: eventsInShort(entries),
  };
}

/** The most subjects that are named for one kind of event. */
const eventsMax = 6;

function eventsInShort(entries: readonly Entry[]): string[] {
  const about = new Map<string, Set<string>>();
  for (const entry of entries) {
    about.set(entry.type, (about.get(entry.type) ?? new Set()).add(subjectOf(entry)));
  }
  return Array.from(about, ([type, subjects]) => {
    const shown = [...subjects].slice(0, eventsMax);
    const more = subjects.size > shown.length ? ` and ${String(subjects.size - shown.length)} more` : '';
    return `${type} of ${shown.join(', ')}${more}`;
  });
}

function subjectOf(entry: Entry): string {
  switch (entry.type) {
    case 'ChangePlanned': {
      const { shard, plan, basis } = entry.data;
      return `${shard} (plan ${String(plan)}, for the events up to seq ${String(basis)})`;
    }
    case 'ChangeApplied':
      return `${entry.data.host} (plan ${String(entry.data.plan)})`;
    default:
      entry.type satisfies ToldBySubject;
      return entry.tenant ?? entry.subject.slice(entry.subject.indexOf('/') + 1);
  }
}

/** The kinds of events of which a line names only the tenant, or else the subject. */
type ToldBySubject = Kinds<
  | 'ShardRegistered'
  | 'ShardChanged'
  | 'ShardRetired'
  | 'HostRegistered'
  | 'HostChanged'
  | 'HostRetired'
  | 'HostGone'
  | 'ExternalRegistered'
  | 'ExternalChanged'
  | 'ExternalRetired'
  | 'TenantRegistered'
  | 'TenantChanged'
  | 'TenantPlaced'
  | 'TenantMoved'
  | 'TenantQuarantined'
  | 'TenantReleased'
  | 'SegmentQuarantined'
  | 'SegmentReleased'
  | 'ExternalQuarantined'
  | 'ExternalReleased'
  | 'TenantRetired'
  | 'VniReleased'
  | 'VniAllocated'
  | 'EndpointsChanged'
  | 'PolicyEnacted'
  | 'PolicyRevoked'
  | 'GrantOpened'
  | 'GrantLapsed'
  | 'ChangeFailed'
  | 'HostCleared'
  | 'ShardHeld'
  | 'ShardResumed'
  | 'BypassOpened'
  | 'BypassClosed'
  | 'BypassSettled'
  | 'DriftDetected'
  | 'DriftCorrected'
  // What hosts dropped was let through by nobody, before or after.
  | 'DropsObserved'
  | 'StateKept'
  // Who works in the service is no entry about the estate.
  | 'RoleTaken'
  | 'EntrySkipped'
  // What the verifier found changes nothing by itself.
  | 'IsolationViolated'
  | 'IsolationRestored'
  | 'IsolationAttested'
>;
