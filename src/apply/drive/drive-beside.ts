import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { FoundBeside, OverlayUnavailable } from '../../overlay/faults.ts';
import { isSameMark } from '../../overlay/fence.ts';
import type { HeldSet, Mark, OverlayDriver } from '../../overlay/port.ts';
import { Fault } from '../../runtime/errors.ts';
import { changeFrom, targetOf } from './host-change.ts';
import type { Reading } from './read-hosts.ts';

/**
 * A person changes a host by hand, and it cannot be led to its plan by a change from its mark. It is left as it is: a whole set would
 * undo what is being done there.
 */
export class BypassOpen extends Fault {
  readonly code = 'BypassOpen';
  readonly category = 'conflict';

  /** What was found beside the change, which was taken. */
  readonly beside: string | undefined;

  constructor(
    { shard, host, plan, why }: HostByHand & { readonly plan: number; readonly why: string },
    beside?: string,
  ) {
    const found = beside === undefined ? '' : ` (${beside})`;
    super(
      `a bypass is open at host ${host}, and ${why}${found}: it is left as it is, and does not count as holding plan ${String(plan)}; ${endWords({ shard, host })}`,
    );
    this.beside = beside;
  }
}

interface HostByHand {
  readonly shard: string;
  readonly host: string;
}

/** How a bypass is ended, in words. */
export function endWords({ shard, host }: HostByHand): string {
  return `isoledger bypass close --shard ${shard} --host ${host} ends the bypass, and isoledger sync then puts the host right`;
}

/** A host that a person changes by hand, and what is known of it. */
export interface HostBeside {
  readonly host: string;
  readonly reading: Reading;
  readonly applied: AppliedShard;
  /** It was found to hold something else than it acknowledged. */
  readonly isDrifted: boolean;
}

/**
 * Leads a host that a person changes by hand on to the last plan, by nothing but a change from its mark: what stands beside that stays.
 * Undefined where it acknowledged that plan, and is as it was left. Throws BypassOpen where no such change is known, or the host
 * does not take it as such.
 */
export async function leadBeside(
  { driver, shard }: { readonly driver: OverlayDriver; readonly shard: string },
  { host, reading, applied, isDrifted }: HostBeside,
): Promise<HeldSet | undefined> {
  const target = targetOf(applied);
  const at = { shard, host };
  const blocked = (why: string, beside?: string): BypassOpen =>
    new BypassOpen({ ...at, plan: target.plan, why }, beside);
  const mark = await markAt(driver, host, reading);
  if (mark === undefined || applied.digests.get(mark.plan) !== mark.digest)
    throw blocked('its mark is none that this ledger gave it, so that no change leads on from there');
  const acknowledged = applied.hosts.get(host);
  const isThere = isSameMark(mark, target);
  if (isThere && acknowledged?.plan === target.plan) return undefined;
  if (isThere && !isDrifted) return target;
  // It may be marked with the plan by a change that was broken off: that is given again.
  const change = changeFrom(applied, isThere ? acknowledged : mark);
  if (change === undefined) throw blocked('it would have to be given all of its objects anew');
  try {
    return await driver.apply(host, change);
  } catch (fault) {
    if (fault instanceof FoundBeside)
      throw blocked('it took the change beside something else', fault.message);
    if (!(fault instanceof OverlayUnavailable)) throw fault;
    const why = `a bypass is open there, so that nothing but a change from its mark is tried: ${endWords(at)}`;
    throw new OverlayUnavailable(`${fault.message}; ${why}`, fault);
  }
}

/** Whatever else is there: what the host says that it was given last. */
async function markAt(driver: OverlayDriver, host: string, reading: Reading): Promise<Mark | undefined> {
  if (reading.kind === 'marked') return reading;
  if (reading.kind === 'objects') return reading.mark;
  const mark = await driver.mark(host);
  return mark.kind === 'marked' ? mark : undefined;
}
