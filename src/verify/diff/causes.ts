import { defined } from '../../../events/codec/defined.ts';
import type { Kinds } from '../../../events/catalogue.ts';
import type { Actor, Entry } from '../../../events/entry.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { boundsOf } from '../../../projections/isolation/authorised/rule-time.ts';
import { Timeline, type TurningPoint } from '../../../projections/isolation/history/timeline.ts';
import type { Finding } from '../../../projections/isolation/judging/findings.ts';
import type { FoldedBatch, IsolationState } from '../../../projections/isolation/state.ts';
import type { Moment } from '../fold.ts';
import { ruleWords } from '../../words/rule-words.ts';
import { gainedIn, laneTraffic, type ChangedRow, type PairTraffic } from './lane-traffic.ts';

/** The traffic that came and went on one lane, at one moment between the two instants. */
interface Effect {
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
 * between them, on the lane asked about, and on the intended lane, where the change was asked for.
 */
export class CauseSearch {
  readonly #timeline: Timeline;
  readonly #pairs: readonly Pair[];
  readonly #lanes: readonly Lane[];
  readonly #known = new Map<Lane, PairTraffic>();
  readonly #causes: ChangeCause[] = [];
  /** The batch that the timeline takes now. */
  #batch: FoldedBatch | undefined;

  /** `state` is the state of the earlier instant, and is changed. */
  constructor(of: { state: IsolationState; from: Moment; pairs: readonly Pair[]; lane: Lane }) {
    this.#pairs = of.pairs;
    this.#lanes = of.lane === 'intended' ? ['intended'] : ['intended', of.lane];
    this.#timeline = new Timeline((point) => this.#look(point), { state: of.state });
    this.#timeline.begin(of.from.time, []);
    this.#effects(of.from.time);
  }

  /** Takes the next batch after the earlier instant. */
  follow(batch: FoldedBatch): void {
    this.#batch = batch;
    this.#timeline.follow(batch);
  }

  /** All causes up to the later instant, in the order in which they happened. */
  causesUntil(instant: string): readonly ChangeCause[] {
    this.#timeline.passTime(instant);
    return this.#causes;
  }

  #look({ instant, cause }: TurningPoint): readonly Finding[] {
    const batch = cause.seq === null ? undefined : this.#batch;
    for (const effect of this.#effects(instant)) {
      this.#causes.push(
        batch === undefined
          ? { kind: 'TimeBound', ...effect, time: instant, rules: this.#rulesBoundAt(instant) }
          : { kind: 'batch', ...effect, ...recordOf(batch) },
      );
    }
    return [];
  }

  /** The changes since the last call. */
  #effects(instant: string): Effect[] {
    return this.#lanes.flatMap((lane) => {
      const before = this.#known.get(lane);
      const after = laneTraffic(lane, { state: this.#timeline.state, instant, pairs: this.#pairs });
      this.#known.set(lane, after);
      if (before === undefined) return [];
      const effect = { lane, gained: gainedIn(after, before), lost: gainedIn(before, after) };
      return effect.gained.length + effect.lost.length > 0 ? [effect] : [];
    });
  }

  #rulesBoundAt(time: string): string[] {
    return [...this.#timeline.state.documents.policies.values()].flatMap(({ tenant, egress, ingress }) =>
      [...egress, ...ingress]
        .filter((rule) => boundsOf(rule).includes(time))
        .map((rule) => `${tenant}: ${ruleWords(rule)}`),
    );
  }
}

/** The record of a batch: who, when and why. */
function recordOf({ entries, last, recordedAt }: FoldedBatch): Omit<BatchCause, 'kind' | keyof Effect> {
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
