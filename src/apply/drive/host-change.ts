import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { changeSince, isChangeKnown, type AppliedShard } from '../../../projections/applied/applied.ts';
import { isSameMark } from '../../overlay/fence.ts';
import type { HostChange, HeldSet, Mark } from '../../overlay/port.ts';
import type { Reading } from './read-hosts.ts';
import { setOfPlan } from './set-of-plan.ts';

/** What a host is marked with once it has taken the last plan of its shard. */
export function targetOf({ plan, digest, objects }: AppliedShard): HeldSet {
  return { plan, digest: digest ?? digestOfObjects([]), objects: objects.size };
}

/**
 * The mark from which a host may be led on; undefined where it has none, where the ledger has no such plan, and where the
 * host was read whole and does not hold what its mark says.
 */
export function trustedMark({ digests }: AppliedShard, reading: Reading): HeldSet | undefined {
  const mark = markIn(reading);
  return mark !== undefined && digests.get(mark.plan) === mark.digest ? mark : undefined;
}

function markIn(reading: Reading): HeldSet | undefined {
  switch (reading.kind) {
    case 'marked':
      return reading;
    case 'objects':
      return reading.digest === reading.mark.digest
        ? { ...reading.mark, objects: reading.objects }
        : undefined;
    default:
      return undefined;
  }
}

/**
 * Whether a host of which the mark alone is known would be given the whole set, so that what somebody put there beside the mark
 * would be gone, and nobody had seen it.
 */
export function isReplacedUnread(applied: AppliedShard, reading: Reading): boolean {
  if (reading.kind !== 'marked') return false;
  const from = trustedMark(applied, reading);
  if (from === undefined) return true;
  return !isSameMark(from, targetOf(applied)) && !isChangeKnown(applied, from.plan);
}

/**
 * Whether a host of which the mark alone is known would have something taken away, so that what somebody made of that would be
 * gone, and nobody had seen it.
 */
export function isTakenAwayUnread(applied: AppliedShard, reading: Reading): boolean {
  return reading.kind === 'marked' && changeFor(applied, reading).removed.length > 0;
}

/** The change that brings a host to the last plan: from its mark where that is possible, else the whole set. */
export function changeFor(applied: AppliedShard, reading: Reading): HostChange {
  return changeFrom(applied, trustedMark(applied, reading)) ?? wholeFor(applied, reading);
}

/** The change that leads from a mark to the last plan; undefined where none is known any more. */
export function changeFrom(applied: AppliedShard, from: Mark | undefined): HostChange | undefined {
  const since = from === undefined ? undefined : changeSince(applied, from.plan);
  return from === undefined || since === undefined ? undefined : { ...changeTo(applied), ...since, from };
}

/** The whole set of the last plan, whatever the host holds. */
export function wholeFor(applied: AppliedShard, reading: Reading): HostChange {
  const whole = { put: [...applied.objects.values()], removed: [], former: new Map() };
  return { ...changeTo(applied), ...whole, from: reading.kind === 'nothing' ? 'nothing' : 'anything' };
}

function changeTo(applied: AppliedShard): HeldSet & Pick<HostChange, 'after' | 'history'> {
  return { ...targetOf(applied), after: setOfPlan(applied), history: applied.digests };
}
