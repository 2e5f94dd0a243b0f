import { marksWithin, promptMarkMsMax, urgentMarkMsMax } from '../../overlay/in-time.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { ApplierContext } from './applier-context.ts';
import { round } from './applier.ts';
import type { RoleByTurns } from './role-by-turns.ts';
import { joined, syncedBy, type ShardSynced } from './shard-synced.ts';
import { StalledHosts } from './stalled-hosts.ts';

export interface WaitingForHosts {
  readonly shard: string;
  /** The hosts that did not take their plan, with the reason in words. */
  readonly hosts: ReadonlyMap<string, string>;
  /** The longest time for which they are waited for, in milliseconds. */
  readonly forMs: number;
}

export interface OneSynced {
  readonly result: ShardSynced;
  readonly estate: Projected<Estate>;
  readonly settled: boolean;
}

/** What the rounds of one shard are made with. The role knows how long hosts are waited for between them. */
interface Rounds {
  readonly context: ApplierContext;
  readonly role: RoleByTurns;
  readonly onWaiting?: ((waiting: WaitingForHosts) => void) | undefined;
}

/** A wait that is no longer than this is not told of, in milliseconds. */
const silenceMaxMs = 1_500;

/** How long to wait before trying absent hosts again. */
const pauseMs = 250;

/**
 * Makes rounds of a shard until its hosts are where the events say, or the time is up. A round plans once all hosts have answered, or
 * are away for that round: soon, so that the others are driven before one that stands still is waited for. Between rounds, while hosts
 * are waited for, this process has neither the turn nor the role.
 */
export async function untilSettled(
  { context, role, onWaiting }: Rounds,
  from: Projected<Estate>,
): Promise<OneSynced> {
  const { clock, turn, driverOn, only } = context;
  const { shard } = context.shard;
  const leftMs = (): number => role.leftMs();
  const stalled = new StalledHosts({
    clock,
    onSlow: (host, problem, forMs) => onWaiting?.({ shard, hosts: new Map([[host, problem]]), forMs }),
    // Whoever cuts somebody off has to know in time where that was not done.
    ...(only === 'cuts' && { leftMs }),
  });
  const within = (markMs: number): ApplierContext => ({
    ...context,
    driverOn: (estate) => stalled.within(driverOn(estate), markMs),
  });
  let last = await round(within(isUrgent(context) ? urgentMarkMsMax : promptMarkMsMax), from);
  let result = syncedBy(shard, last);
  if (last.absent.size > 0 && leftMs() > silenceMaxMs)
    onWaiting?.({ shard, hosts: last.absent, forMs: leftMs() });
  while (!last.settled && leftMs() > 0) {
    const { absent, estate } = last;
    // The state is another shard's to move as soon as the turn is given up.
    const driver = driverOn(estate.state);
    const untilNews = (): Promise<void> =>
      stalled.untilNews(driver, { hosts: absent.keys(), pauseMs, leftMs: leftMs() });
    // Whoever took the role meanwhile drives the shard to its end.
    if (absent.size > 0 && !(await turn.aside(() => role.aside(untilNews)))) break;
    last = await round(within(promptMarkMsMax), estate);
    result = joined(result, syncedBy(shard, last));
  }
  return { result, estate: last.estate, settled: last.settled };
}

/** Somebody is to be cut off. */
function isUrgent({ only, reads }: ApplierContext): boolean {
  return only === 'cuts' && reads === 'marks';
}

/** A round in which hosts say their marks soon, or are away. */
export function waitingFor(context: ApplierContext, markMs: number): ApplierContext {
  const { clock, driverOn } = context;
  return { ...context, driverOn: (estate) => marksWithin(driverOn(estate), clock, { markMs }) };
}
