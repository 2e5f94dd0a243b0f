import { compareNaturally } from '../../runtime/natural-order.ts';
import { hostsDrivenBy, hostsOfShard } from '../../../projections/directory/directory.ts';
import { appliedShard, type AppliedShard } from '../../../projections/applied/applied.ts';
import type { Shard } from '../../../events/estate.ts';
import { expectedOf } from '../../apply/drive/expected-set.ts';
import { hostsAtOnce, settingsWords } from '../../apply/drive/read-hosts.ts';
import { outlookOn } from '../../apply/plan/shard-outlook.ts';
import type { Ledger } from '../../ledger/port.ts';
import { fenceOf } from '../../overlay/fence.ts';
import type { HostMeans, HostPlace, HostReading, OverlayDriver, Stray } from '../../overlay/port.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import { count, listWords } from '../../words/lists.ts';
import { differenceWords } from '../../words/overlay-words.ts';
import { hostsNotHere } from '../hosts-not-here.ts';
import { leavingHosts } from '../shard-status.ts';
import {
  driveIt,
  letOthersGo,
  giveItMeans,
  hostAhead,
  mendAndDrive,
  mendOrAskAsAnother,
  leaveIt,
  removeStray,
} from '../advice/on-finding.ts';
import type { Examination } from '../examination.ts';
import type { FollowedEstate } from './check-ledger.ts';
import { checkBypasses } from './check-bypasses.ts';
import { checkLeaving } from './check-leaving.ts';
import { attempt, fail, faultIn, ok, warn, type Check } from './check.ts';

/** How many shards are looked at at a time: hosts that stand still in several cost what those of one do. */
const shardsAtOnce = 8;

/** How often hosts are looked at again while others record what they did to them. */
const looksMax = 8;

/**
 * Checks of each shard: its hosts can be read, and hold the objects that they acknowledged. A host in trouble has a check of
 * its own. Others may drive the hosts meanwhile: what is not as the estate says counts only if nothing was recorded since that
 * was read. Throws what reading a ledger throws.
 */
export async function checkOverlay(
  examination: Examination,
  { ledger, estate }: { ledger: Pick<Ledger, 'id'>; estate: FollowedEstate },
): Promise<Check[]> {
  await estate.catchUp();
  for (let look = 1; ; look += 1) {
    const checks = await lookAt(examination, { ledger, estate: estate.state });
    if (checks.every(({ status }) => status === 'ok') || look === looksMax) return checks;
    if (!(await estate.catchUp())) return checks;
  }
}

async function lookAt(
  { driverFor, clock, straysBeside, ...folder }: Examination,
  { ledger, estate }: { ledger: Pick<Ledger, 'id'>; estate: Estate },
): Promise<Check[]> {
  const { directory } = estate.intended;
  const driverOf = (shard: Shard): OverlayDriver =>
    driverFor(ledger, shard, hostsDrivenBy(directory, shard.shard));
  const at = clock.now();
  const shards = [...directory.shards.values()].sort((a, b) => compareNaturally(a.shard, b.shard));
  const ofShards = sideBySide(shards, {
    atOnce: shardsAtOnce,
    work: async (shard) => {
      const hosts = hostsOfShard(directory, shard.shard);
      const applied = appliedShard(estate.applied, shard.shard);
      const ofHosts = await checkShard(driverOf(shard), { shard, hosts, applied });
      const byHand = checkBypasses(applied, shard.shard);
      return [...ofHosts, ...byHand, ...checkPlanned(estate, { shard: shard.shard, at })];
    },
  });
  const ofLeaving = sideBySide(leavingHosts(estate), {
    atOnce: hostsAtOnce,
    work: (place) =>
      attempt(`host ${place.host}`, () => checkLeaving(estate, { place, driverOf }), {
        doing: 'reading a host',
      }),
  });
  const [found, leaving] = await Promise.all([ofShards, ofLeaving]);
  const place = checkPlace(hostsNotHere(folder, estate));
  return [
    ...place,
    ...found.flat(),
    ...leaving,
    ...checkStrays(estate, (isKnown) => straysBeside(ledger, isKnown)),
  ];
}

function checkPlace(notHere: string | undefined): Check[] {
  return notHere === undefined
    ? []
    : [
        fail('overlay', notHere, {
          advice:
            'look for the folder, and put it there; if it is lost, isoledger rebuild --shard NAME makes hosts anew',
          category: 'finding',
        }),
      ];
}

/** Files where hosts are kept that belong to no host: nobody drives them, and what they let through nobody knows. */
function checkStrays(
  { intended, applied }: Estate,
  straysBeside: (isKnown: (host: HostPlace) => boolean) => readonly Stray[],
): Check[] {
  const isKnown = ({ shard, host }: HostPlace): boolean =>
    intended.directory.hosts.get(host)?.shard === shard ||
    appliedShard(applied, shard).leavingHosts.has(host);
  try {
    return straysBeside(isKnown).map(({ where, holds }) =>
      fail('stray', `${where} is that of no host, and holds ${holds}`, {
        advice: removeStray,
        category: 'finding',
      }),
    );
  } catch (error) {
    const { detail, category } = faultIn(error);
    return [fail('strays', detail, { advice: mendOrAskAsAnother, category })];
  }
}

/** Whether the events, and the time bounds that have passed, ask for something that is not planned yet. */
function checkPlanned(estate: Estate, { shard, at }: { shard: string; at: string }): Check[] {
  if (appliedShard(estate.applied, shard).held !== undefined) return [];
  const { delta } = outlookOn(estate, { shard, at });
  const objects = delta.put.length + delta.removed.length;
  if (objects === 0) return [];
  return [warn(`shard ${shard}`, `is behind the events: ${count(objects, 'object')} to be planned`, driveIt)];
}

async function checkShard(
  driver: OverlayDriver,
  { shard: { shard }, hosts, applied }: { shard: Shard; hosts: readonly string[]; applied: AppliedShard },
): Promise<Check[]> {
  const expected = expectedOf(applied);
  const beside: Check[] = [];
  const able = new Map<string, HostMeans>();
  const look = async (host: string): Promise<Check> => {
    const reading = await driver.read(host, expected);
    // One that cannot be read is not asked what it is able to do: it would not tell that either, and be said to lack it.
    const means = await driver.means?.(host);
    if (means !== undefined) able.set(host, means);
    beside.push(...foreignAt(host, reading));
    return judgeHost(reading, { host, shard, applied });
  };
  const work = (host: string): Promise<Check> =>
    attempt(`host ${host}`, () => look(host), { doing: 'reading a host' });
  const found = await sideBySide(hosts, { atOnce: hostsAtOnce, work });
  const troubled = found.filter(({ status }) => status !== 'ok');
  const unread = troubled.filter((check) => check.status === 'fail' && check.category === 'unreachable');
  if (hosts.length > 0 && unread.length === hosts.length && applied.held === undefined)
    return [
      warn(`shard ${shard}`, `none of its ${count(hosts.length, 'host')} can be read`, 'see each of them'),
      ...troubled,
      ...beside,
      ...checkMeans(shard, able),
    ];
  const rest = unread.length === 0 ? '' : `; ${count(unread.length, 'host')} cannot be read`;
  const sound =
    applied.plan === 0
      ? `${count(hosts.length, 'host')}, and nothing planned for them yet`
      : `${String(hosts.length - troubled.length)} of ${count(hosts.length, 'host')} at the last plan, ${String(applied.plan)}${rest}`;
  return [...overview(shard, { applied, sound }), ...troubled, ...beside, ...checkMeans(shard, able)];
}

/** What the hosts of a shard are able to do, as far as they could be asked; and what one lacks. */
function checkMeans(shard: string, able: ReadonlyMap<string, HostMeans>): Check[] {
  if (able.size === 0) return [];
  const alike = Map.groupBy(able.values(), ({ words }) => words);
  const words = Array.from(alike, ([each, { length }]) => `${count(length, 'host')} with ${each}`);
  const lacking = Array.from(able).sort(([one], [other]) => compareNaturally(one, other));
  return [
    ok(`means ${shard}`, words.sort(compareNaturally).join('; ')),
    ...lacking.flatMap(([host, { lacks }]) => lacks.map((lack) => warn(`host ${host}`, lack, giveItMeans))),
  ];
}

/** What is at a host beside its objects that is not ours, and changes nothing of what they do. */
function foreignAt(host: string, reading: HostReading): Check[] {
  const { foreign = [] } = reading.kind === 'objects' ? reading : {};
  if (foreign.length === 0) return [];
  const words = `has something beside its objects that is not of this ledger: ${listWords(foreign, 3)}`;
  return [warn(`host ${host}`, words, leaveIt)];
}

function overview(shard: string, { applied, sound }: { applied: AppliedShard; sound: string }): Check[] {
  const name = `shard ${shard}`;
  if (applied.held === undefined) return [ok(name, sound)];
  const { seq } = applied.held;
  return [
    warn(
      name,
      `${sound}; it is held at seq ${String(seq)}, and follows no event but quarantine`,
      `isoledger rebuild --shard ${shard} --resume lets it follow them again`,
    ),
  ];
}

function adviceOnUnreadable({
  ofAnother,
  isOthers,
  mend,
}: Extract<HostReading, { kind: 'unreadable' }>): string {
  if (ofAnother !== undefined) return hostAhead;
  if (mend !== undefined) return mendAndDrive(mend);
  return isOthers === true ? letOthersGo : driveIt;
}

function judgeHost(
  reading: HostReading,
  { host, shard, applied }: { host: string; shard: string; applied: AppliedShard },
): Check {
  const name = `host ${host}`;
  const finding = (detail: string, advice: string): Check =>
    fail(name, `${detail} (${shard})`, { advice, category: 'finding' });
  const acknowledged = applied.hosts.get(host);
  if (reading.kind === 'unreadable') return finding(`holds ${reading.problem}`, adviceOnUnreadable(reading));
  if (reading.kind === 'nothing') {
    if (acknowledged !== undefined)
      return finding(`holds nothing, and acknowledged plan ${String(acknowledged.plan)}`, driveIt);
    return applied.plan === 0
      ? ok(name, 'nothing was planned yet')
      : warn(name, `holds nothing yet (${shard})`, driveIt);
  }
  const { mark, digest, delta } = reading;
  const { plan } = mark;
  if (plan > applied.plan) {
    return finding(
      `holds plan ${String(plan)}, and the ledger knows none after ${String(applied.plan)}`,
      hostAhead,
    );
  }
  const fence = fenceOf(host, mark, { plan: applied.plan, history: applied.digests });
  if (fence !== undefined)
    return finding(`holds another plan ${String(plan)} than the ledger has`, hostAhead);
  if (acknowledged !== undefined && plan < acknowledged.plan)
    return finding(
      `holds a set that calls itself plan ${String(plan)}, and acknowledged plan ${String(acknowledged.plan)}`,
      driveIt,
    );
  if (digest !== applied.digests.get(plan)) {
    // The objects of earlier plans are not kept: of those it is only known that they differ.
    const words = plan === applied.plan ? `: it ${differenceWords(delta, applied.objects)}` : '';
    const settings = settingsWords(reading);
    return finding(
      settings === ''
        ? `holds something else than plan ${String(plan)} gave it${words}`
        : `has ${settings}; compared with plan ${String(plan)}${words}`,
      driveIt,
    );
  }
  if (mark.digest !== digest)
    return finding(`holds what plan ${String(plan)} gave it, and is marked with another set`, driveIt);
  if (plan < applied.plan)
    return warn(
      name,
      `holds plan ${String(plan)}, ${String(applied.plan)} is the last one (${shard})`,
      driveIt,
    );
  return ok(name, `plan ${String(plan)}`);
}
