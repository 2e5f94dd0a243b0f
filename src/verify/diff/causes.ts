import { defined } from '../../../events/codec/defined.ts';
import type { Kinds } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/codec/decode.ts';
import type { Actor } from '../../../events/entry.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { timeBounds } from '../../../projections/isolation/judging/revocation.ts';
import type { FoldedBatch, IsolationState } from '../../../projections/isolation/state.ts';
import type { Moment } from '../fold.ts';
import { ruleWords } from '../../words/rule-words.ts';
import { gainedIn, laneTraffic, type ChangedRow, type PairTraffic } from './lane-traffic.ts';

/** What came and went on one lane at one moment between the two instants. */
interface Effect {
  readonly lane: Lane;
  readonly gained: readonly ChangedRow[];
  readonly lost: readonly ChangedRow[];
}

/** A batch of events that changed what the difference is about: who recorded it, when and why. */
export interface BatchCause extends Effect {
  readonly kind: 'batch';
  readonly first: number;
  readonly last: number;
  readonly time: string;
  readonly by: string;
  readonly authenticated: Actor['authenticated'];
  readonly reason?: string;
  readonly source?: string;
  /** Its events in short: `PolicyEnacted of globex`. */
  readonly events: readonly string[];
}

/** The clock alone: rules whose time bound passed. */
export interface TimeBoundCause extends Effect {
  readonly kind: 'TimeBound';
  readonly time: string;
  readonly rules: readonly string[];
}

export type Cause = BatchCause | TimeBoundCause;

/**
 * Follows some pairs from one instant to a later one, and notes every batch and every time bound that changed what may
 * pass between them: on the lane asked about, and on the intended one, where the change was asked for.
 */
export class CauseSearch {
  readonly #state: IsolationState;
  readonly #pairs: readonly Pair[];
  readonly #lanes: readonly Lane[];
  readonly #known = new Map<Lane, PairTraffic>();
  readonly #causes: Cause[] = [];
  #passed: string;

  /** `state` is that of the earlier instant, and is changed. */
  constructor(of: { state: IsolationState; from: Moment; pairs: readonly Pair[]; lane: Lane }) {
    this.#state = of.state;
    this.#pairs = of.pairs;
    this.#lanes = of.lane === 'intended' ? ['intended'] : ['intended', of.lane];
    this.#passed = of.from.time;
    this.#effects(of.from.time);
  }

  /** Takes the next batch after the earlier instant. */
  follow(batch: FoldedBatch): void {
    this.#passTime(batch.recordedAt, { including: false });
    this.#state.follow(batch);
    this.#passed = batch.recordedAt;
    const [first, last] = [batch.entries.at(0), batch.entries.at(-1)];
    if (first === undefined || last === undefined) return;
    const { actor, reason, source } = last;
    for (const effect of this.#effects(batch.recordedAt)) {
      this.#causes.push({
        kind: 'batch',
        ...effect,
        first: first.seq,
        last: last.seq,
        time: batch.recordedAt,
        by: actor.name,
        authenticated: actor.authenticated,
        ...defined({ reason, source }),
        events: eventsInShort(batch.entries),
      });
    }
  }

  /** All causes, in the order in which they happened, up to the later instant. */
  causesUntil(instant: string): readonly Cause[] {
    this.#passTime(instant, { including: true });
    return this.#causes;
  }

  #passTime(until: string, { including }: { readonly including: boolean }): void {
    const bounds = timeBounds(this.#state.documents.policies.values(), { after: this.#passed, until });
    for (const time of bounds) {
      if (time === until && !including) return;
      for (const effect of this.#effects(time)) {
        this.#causes.push({ kind: 'TimeBound', ...effect, time, rules: this.#rulesBoundAt(time) });
      }
    }
  }

  /** What is another now than it was when this was called last. */
  #effects(instant: string): Effect[] {
    return this.#lanes.flatMap((lane) => {
      const before = this.#known.get(lane);
      const after = laneTraffic(lane, { state: this.#state, instant, pairs: this.#pairs });
      this.#known.set(lane, after);
      if (before === undefined) return [];
      const effect = { lane, gained: gainedIn(after, before), lost: gainedIn(before, after) };
      return effect.gained.length + effect.lost.length > 0 ? [effect] : [];
    });
  }

  #rulesBoundAt(time: string): string[] {
    return [...this.#state.documents.policies.values()].flatMap(({ tenant, egress, ingress }) =>
      [...egress, ...ingress]
        .filter(({ from, expires }) => from?.instant === time || expires?.instant === time)
        .map((rule) => `${tenant}: ${ruleWords(rule)}`),
    );
  }
}

/** How many kinds of events of a batch are named. */
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

/** The tenant, or else the subject, is all that a line about a cause says of these. */
type ToldBySubject = Kinds<
  | 'ShardRegistered'
  | 'ShardChanged'
  | 'ShardRetired'
  | 'HostRegistered'
  | 'HostChanged'
  | 'HostRetired'
  | 'ExternalRegistered'
  | 'ExternalChanged'
  | 'ExternalRetired'
  | 'TenantRegistered'
  | 'TenantChanged'
  | 'TenantPlaced'
  | 'TenantMoved'
  | 'TenantQuarantined'
  | 'TenantReleased'
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
  | 'DriftDetected'
  | 'DriftCorrected'
>;
