import { defined } from '../../../events/codec/defined.ts';
import type { Actor } from '../../../events/entry.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { emptyIntended, foldIntended, type Intended } from '../../../projections/intended/intended.ts';
import { isAfter, type PastInstant } from '../../ledger/instants.ts';
import { replay } from '../../ledger/replay.ts';
import type { AppendResult, Ledger, LedgerReader } from '../../ledger/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { desiredObjects } from '../../translate/desired-objects.ts';
import type { PastState } from '../plan/course.ts';
import { decidedOn } from '../plan/stands-on.ts';
import { record, type Proposed } from './record.ts';

/** A past estate, judged at an instant (UTC with milliseconds). */
export interface PastEstate {
  readonly intended: Intended;
  /** The last entry of it; -1 before the first. */
  readonly seq: number;
  readonly time: string;
  /** The time of the ledger's first batch. */
  readonly since: string;
}

/** The intended state as it was. Undefined where the ledger has no such entry yet. Throws what replay throws. */
export async function estateAt(ledger: LedgerReader, at: PastInstant): Promise<PastEstate | undefined> {
  const intended = emptyIntended();
  let seq = -1;
  let recordedAt = '';
  let since = '';
  await replay(ledger, {
    onBatch: (batch) => {
      since ||= batch.recordedAt;
      if (isAfter(at, batch)) return;
      for (const entry of batch.entries) foldIntended(intended, entry);
      seq = batch.last;
      recordedAt = batch.recordedAt;
    },
  });
  if (at.kind === 'seq' && seq < at.seq) return undefined;
  return { intended, seq, time: at.kind === 'seq' ? recordedAt : at.instant, since };
}

/** What a shard's hosts were to hold by a past estate. */
export function pastState(shard: string, { intended, seq, time }: PastEstate): PastState {
  return { seq, time, objects: desiredObjects(intended, { shard, at: time }) };
}

/** A VNI that a past state would give to one end, and that now belongs to another. */
export interface VniClash {
  readonly vni: number;
  readonly then: string;
  readonly now: string;
}

/** VNIs that changed hands since: with the past state driven, one network would be two ends'. */
export function vniClashes(past: PastState, { vnis }: Intended): VniClash[] {
  const holders = new Map(Array.from(vnis, ([end, { vni }]) => [vni, end]));
  return networksOf(past.objects).flatMap(({ vni, segment }) => {
    const now = holders.get(vni);
    return now === undefined || now === segment ? [] : [{ vni, then: segment, now }];
  });
}

function networksOf(objects: readonly OverlayObject[]): (OverlayObject & { kind: 'network' })[] {
  return objects.filter((object) => object.kind === 'network');
}

export interface HoldRequest {
  readonly ledger: Ledger;
  readonly actor: Actor;
  readonly shard: string;
  readonly reason?: string | undefined;
  readonly idempotencyKey: string;
}

/** A hold that somebody looked at before it is recorded. */
export interface HoldLookedAt extends Pick<PastEstate, 'seq' | 'time'> {
  /** The size of the ledger by which it was looked at. */
  readonly size: number;
  /** How many connections it opens beyond what is authorised; undefined where it opens none. */
  readonly acceptedExposure: number | undefined;
}

/**
 * Records that a shard's applier stands still at a past state. Where it does already, at that state, nothing. `isCurrent` is
 * false, and nothing is recorded, where anything was recorded since the hold was looked at: what it opens has to be looked
 * at again.
 */
export async function holdShard(
  request: HoldRequest,
  hold: HoldLookedAt,
  from: Projected<Estate>,
): Promise<{ isCurrent: boolean; estate: Projected<Estate> }> {
  const { shard } = request;
  const { seq, time, size, acceptedExposure } = hold;
  const { proposal, estate } = await record(
    appendOf(request),
    ({ state, cursor }) => {
      const { held } = appliedShard(state.applied, shard);
      const isHeld = held?.seq === seq && held.time === time;
      const isCurrent = isHeld || cursor.size === size;
      const data = { shard, seq, time, ...defined({ acceptedExposure }) };
      const events = isHeld || !isCurrent ? [] : [{ type: 'ShardHeld' as const, data }];
      return { isCurrent, events, subjects: [...decidedOn, `overlay/${shard}`] };
    },
    from,
  );
  return { isCurrent: proposal.isCurrent, estate };
}

/** Records that a shard's applier follows the events again. Where it does already, nothing. */
export function resumeShard(
  request: HoldRequest,
  from: Projected<Estate>,
): Promise<{ recorded: AppendResult | undefined; estate: Projected<Estate> }> {
  const { shard } = request;
  return record(
    appendOf(request),
    ({ state }): Proposed => {
      const { held } = appliedShard(state.applied, shard);
      const events = held === undefined ? [] : [{ type: 'ShardResumed' as const, data: { shard } }];
      return { events, subjects: [`overlay/${shard}`] };
    },
    from,
  );
}

function appendOf({ ledger, actor, reason, idempotencyKey }: HoldRequest): Parameters<typeof record>[0] {
  return { ledger, actor, reason, idempotencyKey };
}
