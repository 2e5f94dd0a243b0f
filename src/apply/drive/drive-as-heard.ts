import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { OverlayUnavailable, StandsStill } from '../../overlay/faults.ts';
import type { HostMark, HostReading, OverlayDriver } from '../../overlay/port.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import { inOrderOf, type AskedHosts, type Heard } from './asked-hosts.ts';
import { clearHost, type Driving, type Outcome } from './drive-host.ts';
import { drivePlanned, known, progressOf, type HostsDriven, type Progress } from './drive-hosts.ts';
import { expectedOf } from './expected-set.ts';
import { isReplacedUnread, isTakenAwayUnread } from './host-change.ts';
import {
  hostsAtOnce,
  isAsItShould,
  readOne,
  type Reading,
  type ToldDrift,
  type WholeReading,
} from './read-hosts.ts';
import { recordFound } from './record-found.ts';

/** The hosts that are driven as they answer, and how. */
interface DriveAsHeard {
  readonly asked: AskedHosts;
  readonly hosts: readonly string[];
  readonly applied: AppliedShard;
  /** Somebody is to be cut off: retired hosts are emptied at once, and what cannot be read is cut. */
  readonly isUrgent: boolean;
  /** The last entry that is known, for what is recorded of retired hosts. */
  readonly seenSeq: number;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

interface DrivenHost {
  readonly host: string;
  readonly reading: Reading;
  readonly drifted: readonly ToldDrift[];
  readonly outcome: Outcome | undefined;
}

interface DrivenAsHeard extends HostsDriven {
  readonly drifted: readonly ToldDrift[];
}

/**
 * Drives hosts to the last plan of their shard, which is in the ledger already, each as soon as it has said its mark. It is read whole
 * before that where its mark is not what it acknowledged, where all that it holds is replaced, and in a cut where something is taken
 * away; and what is not as it acknowledged is recorded first.
 */
export async function driveAsHeard(driving: Driving, on: DriveAsHeard): Promise<DrivenAsHeard> {
  const { asked, hosts, applied } = on;
  const leaving = [...applied.leavingHosts].filter((host) => !hosts.includes(host));
  const report = progressOf(driving, on);
  const markedAt = driving.now();
  const work = async (answer: Promise<Heard>): Promise<DrivenHost | undefined> => {
    const { host, mark } = await answer;
    const isLeaving = leaving.includes(host);
    // Others may have retired a host and emptied it meanwhile.
    if (!isLeaving && !hosts.includes(host)) return undefined;
    const isToRead = mark.kind === 'marked' && isReadFirst(on, { host, mark, isLeaving });
    const readAt = isToRead ? driving.now() : markedAt;
    const closed = isToRead ? applied.bypasses.closed : new Map<string, number>();
    const reading = isToRead ? await readBeyond(driving.driver, host, on) : mark;
    const drifted = await recordFound(driving, {
      applied,
      readings: new Map([[host, reading]]),
      readAt,
      closed,
    });
    const at = { host, reading, applied, isDrifted: drifted.length > 0 || applied.drifted.has(host) };
    const outcome = isLeaving ? await clearNow(driving, at, on) : await drivePlanned(driving, at);
    if (!isLeaving) report();
    return { host, reading, drifted, outcome };
  };
  // Others may have registered hosts meanwhile.
  const came = await sideBySide(asked.withAlso(hosts), { atOnce: hostsAtOnce, work });
  const driven = inOrderOf(
    [...hosts, ...leaving],
    came.filter((one) => one !== undefined),
  );
  const outcomes = new Map(
    driven.flatMap(({ host, outcome }) => (outcome === undefined ? [] : [[host, outcome]])),
  );
  const readings = new Map<string, Reading>(driven.map(({ host, reading }) => [host, reading]));
  const inUse = new Map([...outcomes].filter(([host]) => hosts.includes(host)));
  return {
    outcomes,
    drifted: driven.flatMap(({ drifted }) => drifted),
    readings: new Map([...readings, ...known(inUse, applied)]),
  };
}

function isReadFirst(
  { applied, isUrgent }: DriveAsHeard,
  {
    host,
    mark,
    isLeaving,
  }: { host: string; mark: Extract<HostMark, { kind: 'marked' }>; isLeaving: boolean },
): boolean {
  if (!isAsItShould(applied, host, mark)) return true;
  // A retired host is read whole before it is emptied, whenever that is.
  if (isLeaving) return isUrgent;
  return isReplacedUnread(applied, mark) || (isUrgent && isTakenAwayUnread(applied, mark));
}

/**
 * Reads a host whole that has said its mark. A cut does not wait for what cannot be read: such a host is one that is unreadable, unless
 * it says its mark no longer.
 */
function readBeyond(
  driver: OverlayDriver,
  host: string,
  { applied, isUrgent }: Pick<DriveAsHeard, 'applied' | 'isUrgent'>,
): Promise<WholeReading> {
  return readOne(async () => {
    const reading = driver.read(host, expectedOf(applied));
    return isUrgent ? reading.catch(asUnreadable) : reading;
  });
}

function asUnreadable(fault: unknown): HostReading {
  if (fault instanceof OverlayUnavailable && !(fault instanceof StandsStill))
    return { kind: 'unreadable', problem: fault.message };
  throw fault;
}

/** Only a cut empties a retired host at once: else that comes last. */
async function clearNow(
  driving: Driving,
  { host, reading, applied }: { host: string; reading: Reading; applied: AppliedShard },
  { isUrgent, seenSeq }: DriveAsHeard,
): Promise<Outcome | undefined> {
  if (!isUrgent) return undefined;
  if (reading.kind === 'away') return reading;
  return clearHost(driving, { host, plan: Math.max(applied.plan, 1), seen: seenSeq });
}
