import type { OverlayObject } from '../../events/overlay-objects.ts';
import { ofKind } from '../bench/estate/documents.ts';
import type { Seat } from './expectation.ts';
import { nothingHeld } from './may-hold.ts';
import { sameFamily } from './plain/addresses.ts';
import { addressesIn, arrivals, type Holder } from './plain/arrivals.ts';
import { common, isNothing, nothing, union, without, type Traffic } from './plain/traffic.ts';
import type { World } from './world.ts';
import { Meaning } from './meaning.ts';

/** More mixtures than this are not looked at: a world in which so much is open says nothing more than a smaller one. */
const mixturesMax = 600;

/** Between which ends something that is not authorised may get through, and where something authorised may not. */
export interface Departures {
  readonly excess: ReadonlySet<string>;
  readonly missing: ReadonlySet<string>;
}

/** What gets from one port to another for one destination address, over all that their hosts may hold. */
interface Lane {
  may: Traffic;
  /** Undefined as long as only sets of former shards were looked at, in which nothing must get through. */
  must: Traffic | undefined;
  /** Source addresses that may be used, and those that always can be. */
  readonly maySources: Set<string>;
  mustSources: ReadonlySet<string> | undefined;
  /** How many mixtures of sets in use let something through. */
  mixtures: number;
}

/** A host with one of the sets that it may hold; `isFormer`: by a shard that has retired it, while it is in use in another. */
interface Candidate extends Holder {
  readonly isFormer: boolean;
}

/**
 * Finds, packet by packet and mixture by mixture, between which ends the applied overlay departs from what documents
 * authorise now. Undefined where there are too many mixtures.
 */
export function departuresOf(world: World): Departures | undefined {
  const candidates = candidatesOf(world);
  const names = [...candidates.keys()];
  const count = (host: string): number => candidates.get(host)?.length ?? 0;
  const mixtures = names.flatMap((one) =>
    names.map((other) => count(one) * (one === other ? 1 : count(other))),
  );
  if (mixtures.reduce((sum, each) => sum + each, 0) > mixturesMax) return undefined;
  const addresses = addressesOf(world, [...candidates.values()].flat());
  const found = { excess: new Set<string>(), missing: new Set<string>() };
  const meaning = new Meaning(world);
  for (const from of names) {
    for (const to of names) {
      const around = { from, to, candidates, addresses };
      judge({ world, meaning, ...around, lanes: lanesBetween(world, around) }, found);
    }
  }
  return found;
}

function candidatesOf({ mayHold, grounds }: World): Map<string, Candidate[]> {
  return new Map(
    Array.from(mayHold.sets, ([host, sets]) => [
      host,
      Array.from(sets, (set): Candidate => {
        const objects = set === nothingHeld ? none : (grounds.sets.get(set) ?? none);
        return { shard: set.split(' ', 1).join(''), host, objects, isFormer: mayHold.isFormer(host, set) };
      }),
    ]),
  );
}

const none: readonly OverlayObject[] = [];

/** One address of each stretch that sets or documents tell apart. */
function addressesOf({ expectation }: World, holders: readonly Holder[]): string[] {
  const { seats, documents } = expectation.now;
  const prefixes = ofKind(documents, 'External').flatMap(({ cidrs }) => cidrs);
  return addressesIn(holders, [...[...seats.values()].flatMap(({ ips }) => ips), ...prefixes]);
}

interface Around {
  readonly from: string;
  readonly to: string;
  readonly candidates: ReadonlyMap<string, readonly Candidate[]>;
  readonly addresses: readonly string[];
}

/** By `port port address`. */
function lanesBetween(
  { expectation }: World,
  { from, to, candidates, addresses }: Around,
): Map<string, Lane> {
  const lanes = new Map<string, Lane>();
  const { tunnels } = expectation;
  for (const source of candidates.get(from) ?? []) {
    for (const target of from === to ? [source] : (candidates.get(to) ?? [])) {
      const seen = new Map<string, { traffic: Traffic; sources: readonly string[] }>();
      for (const arrival of arrivals(source, { holders: [source, target], tunnels, addresses })) {
        if (!arrival.to.startsWith(`${to} `)) continue;
        const key = `${arrival.from} ${arrival.to} ${arrival.dst}`;
        const before = seen.get(key)?.traffic ?? nothing;
        seen.set(key, { traffic: union(before, arrival.traffic), sources: arrival.sources });
      }
      const isFormer = source.isFormer || target.isFormer;
      for (const [key, arrived] of seen) addMixture(lanes, key, { ...arrived, isFormer });
    }
  }
  return lanes;
}

function addMixture(
  lanes: Map<string, Lane>,
  key: string,
  { traffic, sources, isFormer }: { traffic: Traffic; sources: readonly string[]; isFormer: boolean },
): void {
  const lane = lanes.get(key) ?? {
    ...{ may: nothing, must: undefined, mixtures: 0 },
    ...{ maySources: new Set<string>(), mustSources: undefined },
  };
  lanes.set(key, lane);
  lane.may = union(lane.may, traffic);
  for (const source of sources) lane.maySources.add(source);
  if (isFormer) return;
  lane.must = lane.must === undefined ? traffic : common(lane.must, traffic);
  lane.mustSources = new Set(sources).intersection(lane.mustSources ?? new Set(sources));
  lane.mixtures += 1;
}

interface Case extends Around {
  readonly world: World;
  readonly meaning: Meaning;
  readonly lanes: ReadonlyMap<string, Lane>;
}

function judge(at: Case, found: { excess: Set<string>; missing: Set<string> }): void {
  const { seats } = at.world.expectation.now;
  const sitting = (host: string): [string, Seat][] =>
    [...seats].filter(([port]) => port.startsWith(`${host} `));
  for (const [from, source] of sitting(at.from)) {
    for (const [to, target] of sitting(at.to)) {
      if (from === to) continue;
      const pair = `${source.end} ${target.end}`;
      for (const dst of at.addresses) {
        const lane = at.lanes.get(`${from} ${to} ${dst}`);
        if (lane !== undefined && source.end !== target.end && exceeds(at, { source, target, dst, lane }))
          found.excess.add(pair);
        if (source.documented && target.documented && lacks(at, { source, target, dst, lane }))
          found.missing.add(pair);
      }
    }
  }
}

interface Sent {
  readonly source: Seat;
  readonly target: Seat;
  readonly dst: string;
}

function exceeds({ meaning }: Case, { source, target, dst, lane }: Sent & { lane: Lane }): boolean {
  if (isNothing(lane.may)) return false;
  if (!meaning.isOf(target, { seenFrom: source.end, address: dst })) return true;
  if ([...lane.maySources].some((address) => !meaning.isOf(source, { seenFrom: target.end, address })))
    return true;
  return !isNothing(without(lane.may, meaning.authorised(source.end, target.end)));
}

function lacks(at: Case, { source, target, dst, lane }: Sent & { lane: Lane | undefined }): boolean {
  const { meaning } = at;
  const authorised = meaning.authorised(source.end, target.end);
  if (isNothing(authorised) || !meaning.isOf(target, { seenFrom: source.end, address: dst })) return false;
  const own = at.addresses.filter(
    (address) => sameFamily(address, dst) && meaning.isOf(source, { seenFrom: target.end, address }),
  );
  if (own.length === 0) return false;
  if (lane?.must === undefined || lane.mixtures < mixturesOf(at)) return true;
  const isUsable = (address: string): boolean => lane.mustSources?.has(address) === true;
  return !own.every(isUsable) || !isNothing(without(authorised, lane.must));
}

/** In how many ways the two hosts may be in use. */
function mixturesOf({ from, to, candidates }: Case): number {
  const inUse = (host: string): number =>
    (candidates.get(host) ?? []).filter(({ isFormer }) => !isFormer).length;
  return from === to ? inUse(from) : inUse(from) * inUse(to);
}
