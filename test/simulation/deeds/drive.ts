import { driveQuarantine } from '../../../src/apply/drive/drive-quarantine.ts';
import { setQuarantine } from '../../../src/apply/record/quarantine.ts';
import type { Quarantinable } from '../../../projections/intended/quarantine.ts';
import type { ShardSynced } from '../../../src/apply/drive/shard-synced.ts';
import { hostsTold, type HostTold } from '../../../src/tasks/hosts-told.ts';
import { ofKind, type WrittenDocument } from '../../bench/estate/documents.ts';
import { Broken } from '../failures.ts';
import { addressesIn, arrivals, type Holder } from '../plain/arrivals.ts';
import { holderOf } from '../plain/view.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import { withRetries, type Deed } from './deed.ts';

export interface Drive {
  readonly shards?: readonly string[];
  readonly only?: 'restrictions';
  /** What is read of hosts; left to chance if left out. */
  readonly reads?: 'hosts' | 'marks';
}

/** Drives shards, all or some. */
export function syncing(drive: Drive): Deed {
  const shards = drive.shards === undefined ? 'all' : 'one shard';
  return {
    name: `sync: ${shards}${drive.only === undefined ? '' : ', restrictions only'}`,
    run: async (process) => {
      const { tamperings } = process.world.hosts;
      const unsettled = unsettledIn(process.world);
      const reads = drive.reads ?? process.world.random.pick(['hosts', 'hosts', 'marks'] as const);
      const asked = { ...process.driving, ...drive, reads };
      const synced = await process.world.parts.sync(asked, await process.estate());
      process.remember(synced.estate);
      const outcome = outcomeOf(synced.shards);
      if (drive.shards === undefined)
        requireCuts(process.world, synced.shards, { reads, tamperings, unsettled });
      return outcome;
    },
  };
}

/** Records a quarantine or its end, and drives the shards concerned, as the commands do. */
export function quarantining(subject: Quarantinable, intent: 'quarantine' | 'release', waits: boolean): Deed {
  return {
    name: `${intent} of ${subject.kind}${waits ? '' : ', record only'}`,
    run: (process) => run(process, { subject, intent, waits }),
  };
}

async function run(
  process: Process,
  { subject, intent, waits }: { subject: Quarantinable; intent: 'quarantine' | 'release'; waits: boolean },
): Promise<string> {
  const { world } = process;
  const idempotencyKey = world.ids(world.clock.now());
  world.expectation.intend(idempotencyKey, { kind: intent, name: subject.name });
  world.say(`${process.name}: ${intent} of ${subject.name}`);
  const done = await withRetries(process, async () =>
    setQuarantine({ ...process.request, subject, idempotencyKey }, intent, await process.estate()),
  );
  if (!waits) {
    process.remember(done.estate);
    return 'recorded';
  }
  const { shards, estate } = done;
  const { tamperings } = world.hosts;
  const asked = { ...process.driving, shards };
  const isNew = done.recorded !== undefined;
  const synced = await driveQuarantine((how, on) => world.parts.sync({ ...asked, ...how }, on), {
    intent,
    isNew,
    estate,
    timeoutMs: asked.timeoutMs,
    clock: asked.clock,
  });
  process.remember(synced.estate);
  const outcome = outcomeOf(synced.shards);
  if (intent === 'quarantine') {
    const reads = isNew ? 'marks' : 'hosts';
    requireCuts(world, synced.shards, { name: subject.name, reads, tamperings, unsettled: new Set() });
    requireToldRight(world, subject, hostsTold(synced, { intent, subject }));
  }
  return outcome;
}

/**
 * With nobody else at work, also where hosts are away: nothing gets into or out of what is in quarantine through a host
 * that is said to cut it off.
 */
function requireToldRight(world: World, { name }: Quarantinable, told: readonly HostTold[]): void {
  if (!world.isAlone || !world.expectation.now.quarantined.has(name)) return;
  const not = new Set(told.flatMap(({ host, cut }) => (cut ? [] : [host])));
  const cutting = new Set(told.flatMap(({ host }) => (not.has(host) ? [] : [host])));
  if (not.size > 0 && cutting.size > 0) world.coverage.note('met: some hosts cut, and some not');
  world.watch(() => {
    requireCut(world, name, { holders: world.hosts.sound(), through: (host) => cutting.has(host) });
  });
}

/**
 * With no host away, and nobody else at work: hosts hold what they were given, and whoever is in quarantine is cut off, one
 * tenant or all of them, on shards that are held as well. Somebody may have tampered with a host again meanwhile.
 */
function requireCuts(
  world: World,
  shards: readonly ShardSynced[],
  { name, ...looked }: { name?: string } & LookedAt,
): void {
  const isDriven = shards.every(({ absent, taken }) => absent.length === 0 && taken === undefined);
  if (!isDriven || !world.isAlone) return;
  if (shards.some(({ held }) => held !== undefined)) world.coverage.note('met: quarantine on a held shard');
  const { quarantined } = world.expectation.now;
  world.watch(() => {
    requireHealed(world, { driven: new Set(shards.map(({ shard }) => shard)), ...looked });
    // A quarantine empties the retired hosts of its shards. A sync leaves those of shards that are held.
    const refusing = requireRefusedByHand(world, shards);
    const through = (host: string): boolean => !refusing.has(host);
    if (name === undefined)
      for (const each of quarantined) requireCut(world, each, { holders: registeredHosts(world), through });
    else if (quarantined.has(name)) requireCut(world, name, { holders: world.hosts.sound(), through });
  });
}

/** The hosts that refuse what they are given. Throws Broken where nobody changes one of them by hand. */
function requireRefusedByHand(
  { handWork, coverage }: World,
  shards: readonly ShardSynced[],
): ReadonlySet<string> {
  const refusing = shards.flatMap(({ shard, refused }) => refused.map(({ host }) => ({ shard, host })));
  for (const at of refusing) {
    if (!handWork.isOpen(at))
      throw new Broken(`${at.host} of ${at.shard} refuses, and nobody changes it by hand`);
    coverage.note('met: changed by hand, and left without its plan');
  }
  return new Set(refusing.map(({ host }) => host));
}

/** The hosts, spelt `shard host`, that were changed by hand and not seen whole since. */
function unsettledIn({ hosts, handWork }: World): ReadonlySet<string> {
  const unsettled = hosts.all().filter((at) => handWork.isUnsettled(at));
  return new Set(unsettled.map(({ shard, host }) => `${shard} ${host}`));
}

/** How hosts were read before they were driven, which had been changed by hand, and how often somebody had tampered with one by then. */
interface LookedAt {
  readonly reads: 'hosts' | 'marks';
  readonly tamperings: number;
  readonly unsettled: ReadonlySet<string>;
}

/**
 * Throws Broken where a host of a shard that was driven still holds what somebody put there behind everybody's back. Of
 * hosts whose mark alone was read only those are to be put right whose mark shows it. Before the first plan of a shard, which
 * waits while the shard is held, no host of it is driven: what is there is only told.
 */
function requireHealed(
  world: World,
  { driven, reads, tamperings, unsettled }: { driven: ReadonlySet<string> } & LookedAt,
): void {
  const { hosts, coverage, mayHold, handWork } = world;
  for (const { shard, host } of ofKind(world.expectation.now.documents, 'Host')) {
    if (!driven.has(shard) || !hosts.isTampered(shard, host, tamperings)) continue;
    if (!mayHold.isPlanned(shard) && (hosts.isBare(shard, host) || mayHold.isDrifted(shard, host))) {
      coverage.note('met: tampered with before the first plan');
      continue;
    }
    if (handWork.isOpen({ shard, host })) {
      coverage.note('met: changed by hand, and left so');
      continue;
    }
    const isRead = reads === 'hosts' || unsettled.has(`${shard} ${host}`);
    if (!isRead && !hosts.isMarkWrong(shard, host))
      coverage.note('met: driven by its mark, and still tampered with');
    else throw new Broken(`${host} of ${shard} was driven, and still holds what somebody else put there`);
  }
}

export function outcomeOf(shards: readonly ShardSynced[]): string {
  if (shards.some(({ taken }) => taken !== undefined)) return 'role held';
  if (shards.some(({ held }) => held !== undefined)) return 'held';
  return shards.some(({ absent }) => absent.length > 0) ? 'hosts away' : 'settled';
}

/** The hosts that documents name, with their objects. */
function registeredHosts({ hosts, expectation }: World): Holder[] {
  const documented = ofKind(expectation.now.documents, 'Host').map(({ shard, host }) => `${shard} ${host}`);
  return hosts.sound().filter(({ shard, host }) => documented.includes(`${shard} ${host}`));
}

/**
 * Throws Broken where anything still gets into or out of a tenant, segment or external whose quarantine every host has
 * acknowledged: at the ports that are its own as far as the hosts know, and at those that documents gave to it since.
 */
function requireCut(
  { expectation }: World,
  name: string,
  { holders, through }: { holders: readonly Holder[]; through: (host: string) => boolean },
): void {
  const around = { holders, tunnels: expectation.tunnels, addresses: addressesIn(holders) };
  const isOf = (end: string): boolean => end === name || holderOf(end) === name;
  const given = portsGivenTo(expectation.now.documents, isOf);
  const isCutting = (port: string): boolean => through(port.split(' ', 1).join(''));
  // What a host that does not cut yet lets out of such a port comes as its former holder's, and no other host can tell.
  const isAt = (port: string, end: string): boolean => isOf(end) || (given.has(port) && isCutting(port));
  for (const holder of holders) {
    for (const { from, to, source, target } of arrivals(holder, around)) {
      const isThrough = [from, to].some(isCutting);
      if (isThrough && isAt(from, source) !== isAt(to, target))
        throw new Broken(`${name} is in quarantine, acknowledged, and packets get from ${from} to ${to}`);
    }
  }
}

/** The ports, spelt `host interface`, that documents give to the ends of a tenant, segment or external. */
function portsGivenTo(
  documents: readonly WrittenDocument[],
  isOf: (end: string) => boolean,
): ReadonlySet<string> {
  const endpoints = ofKind(documents, 'Endpoints').flatMap(({ tenant, endpoints: all }) =>
    all.filter(({ segment }) => isOf(`${tenant}/${segment}`)),
  );
  const gateways = ofKind(documents, 'External').flatMap(({ external, gateway }) =>
    gateway !== undefined && isOf(external) ? [gateway] : [],
  );
  return new Set([...endpoints, ...gateways].map(({ host, interface: port }) => `${host} ${port}`));
}
