import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { host } from './documents.ts';
import { History } from './history.ts';
import { emptyWorld, nextWorld, type World } from './plain-meaning.ts';
import { closed, opened, settled, standingIn } from './by-hand.ts';
import { corrected, drift, foundInstead, notTold } from './drift.ts';
import {
  randomChanges,
  randomEstate,
  randomObjects,
  randomRollout,
  whenSeen,
  type Dice,
} from './random-estate.ts';

/** What was in force from a batch on (counted from 0), and since when. */
export interface Age {
  readonly batch: number;
  readonly since: string;
  readonly world: World;
}

export interface Tale {
  readonly history: History;
  readonly ages: readonly Age[];
  /** The revocation limit of each host's shard, in seconds. */
  readonly limits: ReadonlyMap<string, number>;
}

/** An estate, its roll-out, and up to two changes (or `changes`) of either with whole seconds between them. */
export function randomTale(dice: Dice, changes = dice.below(3) - 1): Tale {
  const history = new History();
  const ages: Age[] = [];
  let world = emptyWorld;
  const record = (events: readonly DomainEvent[]): void => {
    history.record(...events);
    world = nextWorld(world, events);
    ages.push({ batch: history.batches.length - 1, since: history.now, world });
  };
  const estate = randomEstate(dice);
  record(estate);
  randomRollout(history, dice);
  for (let count = changes; count > 0; count -= 1) {
    history.wait(Math.floor(dice.below(30)));
    const events = randomChanges(dice);
    if (events.length > 0) record(events);
    if (dice.chance(0.2)) retireHost(history, dice);
    if (dice.chance(0.3)) driftOn(history, dice);
    if (dice.chance(0.3)) bypassOn(history, dice);
    if (dice.chance(0.5)) randomRollout(history, dice);
  }
  history.wait(Math.floor(dice.below(70)));
  return { history, ages, limits: limitsOf(estate) };
}

/** A host is retired, and perhaps cleared a while later; perhaps it comes again before that. */
function retireHost(history: History, dice: Dice): void {
  const [name, tunnelIp] = dice.pick(['hv-1', '172.31.0.1'] as const, ['hv-2', '172.31.0.2'] as const);
  const home = history.state().documents.hosts.get(name)?.shard ?? 'east';
  history.record({ type: 'HostRetired', data: { host: name, shard: home } });
  if (dice.chance(0.5)) randomRollout(history.wait(Math.floor(dice.below(20))), dice);
  if (dice.chance(0.3)) history.record(host(name, tunnelIp, home));
  const evidence = { driver: 'embedded', objects: 0 };
  const digest = digestOfObjects([]);
  if (dice.chance(0.6))
    history.record({ type: 'HostCleared', data: { shard: home, host: name, digest, evidence } });
}

/** A host is found to hold something else, and perhaps put right a while later. */
function driftOn(history: History, dice: Dice): void {
  const name = dice.pick('hv-1', 'hv-2');
  const home = history.state().documents.hosts.get(name)?.shard;
  if (home === undefined) return;
  for (let count = dice.pick(1, 1, 2); count > 0; count -= 1) {
    history.record(...randomDrift(history, dice, { host: name, shard: home }));
    history.wait(Math.floor(dice.below(20)));
    if (dice.chance(0.2)) randomRollout(history, dice);
  }
  const plan = history.planNumber(home);
  const seenWhole = whenSeen(history, dice);
  if (dice.chance(0.5))
    history.record(corrected(name, history.planned(home), { shard: home, plan, seenWhole }));
}

/** A person changes a host by hand, and says so; perhaps again before it was seen whole; and perhaps that is over, and seen to be. */
function bypassOn(history: History, dice: Dice): void {
  const name = dice.pick('hv-1', 'hv-2');
  const home = homeOf(history, name);
  // Nobody says so of a host that is none of the shard, and holds nothing of it.
  if (standingIn(history, { host: name, shard: home }) === 'gone') return;
  for (let count = dice.pick(1, 1, 2); count > 0; count -= 1) {
    const bypass = nextBypass(history, home);
    const at = { host: name, shard: home, bypass };
    history.record(opened(at));
    history.wait(Math.floor(dice.below(20)));
    if (dice.chance(0.2)) history.record(closed({ ...at, bypass: bypass + 1 }));
    if (dice.chance(0.3)) driftOn(history, dice);
    if (dice.chance(0.3)) randomRollout(history, dice);
    if (dice.chance(0.2)) retireHost(history, dice);
    if (dice.chance(0.2)) settleOn(history, dice, at);
    if (dice.chance(0.7)) history.record(closed(at));
    if (dice.chance(0.2)) randomRollout(history.wait(Math.floor(dice.below(20))), dice);
    if (dice.chance(0.5)) settleOn(history, dice, at);
  }
}

/** Somebody says that a bypass is over: the last one, and of the set that was planned last, but for now and then. */
function settleOn(
  history: History,
  dice: Dice,
  { host: name, shard, bypass }: { host: string; shard: string; bypass: number },
): void {
  const plan = history.planNumber(shard);
  if (plan === 0) return;
  const objects = dice.chance(0.9) ? history.planned(shard) : [];
  const seenWhole = whenSeen(history, dice) ?? history.now;
  const of = { host: name, shard, bypass: dice.chance(0.8) ? bypass : bypass + 1 };
  history.record(settled(of, objects, { plan, seenWhole }));
}

/** The shard that a host was registered in last. */
function homeOf({ batches }: History, name: string): string {
  for (const { entries } of batches.toReversed())
    for (const { type, data } of entries)
      if ((type === 'HostRegistered' || type === 'HostChanged') && data.host === name) return data.shard;
  return 'east';
}

function nextBypass(history: History, shard: string): number {
  const entries = history.batches.flatMap(({ entries: all }) => all);
  return 1 + entries.filter(({ type, data }) => type === 'BypassOpened' && data.shard === shard).length;
}

/** Some of the set that a host may hold was taken away, and something came there; or nobody can tell what. */
function randomDrift(history: History, dice: Dice, at: { host: string; shard: string }): DomainEvent[] {
  const { hosts } = history.state();
  const plan = acknowledgedBy(history, at);
  const acknowledged = plan === 0 ? [] : [...hosts.objectsOf({ shard: at.shard, plan }).values()];
  const found = [...dice.some(acknowledged, 0.9), ...dice.some(randomObjects(dice), 0.4)];
  const drifted = { ...at, plan, acknowledged, found };
  const kind = dice.pick('objects', 'objects', 'objects', 'nothing', 'unreadable', 'foreign', 'false');
  switch (kind) {
    case 'objects':
      return foundInstead(drifted, dice.pick(1, 2));
    case 'nothing':
      return [drift(at.host, at.shard)];
    case 'false':
      return foundInstead(drifted, 2).slice(1);
    default:
      return [notTold(at.host, kind, { ...at, plan })];
  }
}

/** The plan that a host acknowledged last to a shard; the first one that it may hold, if it has not acknowledged any. */
export function acknowledgedBy(
  history: History,
  { host: name, shard }: { host: string; shard: string },
): number {
  return (
    history
      .state()
      .hosts.plans.of(name)
      .findLast((stretch) => stretch.shard === shard)?.first ?? 0
  );
}

function limitsOf(estate: readonly DomainEvent[]): Map<string, number> {
  const shards = new Map<string, number>();
  const limits = new Map<string, number>();
  for (const { type, data } of estate) {
    if (type === 'ShardRegistered') shards.set(data.shard, data.revocationLimitSeconds);
  }
  for (const { type, data } of estate) {
    if (type === 'HostRegistered') limits.set(data.host, shards.get(data.shard) ?? NaN);
  }
  return limits;
}
