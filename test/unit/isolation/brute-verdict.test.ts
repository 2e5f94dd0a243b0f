import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { findingKey, type FindingKind } from '../../../projections/isolation/judging/findings.ts';
import { judge } from '../../../projections/isolation/judging/lanes.ts';
import { fateOf, type Fate, type PlainOverlay } from '../../../projections/isolation/delivered/linear.ts';
import { after, History } from './history.ts';
import {
  authorises,
  consents,
  emptyWorld,
  ends,
  inPrefix,
  longestPrefix,
  isGuarded,
  isOf,
  nextWorld,
  overAirGap,
  type Kind,
  type Sitter,
  type World,
} from './plain-meaning.ts';
import { addresses, Dice, places, randomEstate, type Place } from './random-estate.ts';
import { randomTale, type Age, type Tale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

/** One packet of each kind that rules on tcp, icmp and everything can tell apart. */
const kinds: readonly Kind[] = [
  ...[0, 9, 10, 19, 20, 30].map((port) => ({ protocol: 'tcp', port })),
  { protocol: 'icmp', port: 0 },
  { protocol: 'other', port: 0 },
];

interface Packet {
  readonly src: number;
  readonly dst: number;
  readonly kind: Kind;
}

interface Seated {
  readonly from: Place;
  readonly to: Place;
}

/**
 * The kinds of finding for each pair, packet by packet; a pending revocation also with each pair that held the ports when a
 * packet of it was authorised. Limits are counted up to an instant.
 */
function plainFindings(tale: Tale, counted = tale.history.now): { found: Set<string>; holders: Set<string> } {
  const { history, ages, limits } = tale;
  const state = history.state();
  const overlay: PlainOverlay = {
    hosts: [...state.documents.hosts.values()],
    setsOf: (host) => state.hosts.setsOf(host).map((ref) => [...state.hosts.objectsOf(ref).values()]),
  };
  const world = ages.at(-1)?.world ?? emptyWorld;
  const found = new Set<string>();
  const holders = new Set<string>();
  for (const [from, to] of places.flatMap((one) => places.map((other) => [one, other] as const))) {
    const flow = seatedIn(world, { from, to });
    if (from === to || flow === undefined) continue;
    const limit = Math.min(limits.get(from[0]) ?? NaN, limits.get(to[0]) ?? NaN);
    const samples = recentSamples(ages, { now: history.now, counted }, limit);
    const ports = { from: { host: from[0], interface: from[1] }, to: { host: to[0], interface: to[1] } };
    for (const packet of packets()) {
      const fate = fateOf(toPlain(packet), { ...ports, overlay });
      for (const kind of kindsOf({ from, to }, { samples, world, now: history.now }, packet, fate)) {
        const key = `${kind} ${flow.source.end} ${flow.target.end}`;
        found.add(key);
        if (kind !== 'pending-revocation') continue;
        for (const before of holdersIn(samples, { from, to }, packet)) holders.add(`${key} ${before}`);
      }
    }
  }
  return { found, holders };
}

function seatedIn({ sitters }: World, { from, to }: Seated): { source: Sitter; target: Sitter } | undefined {
  const [source, target] = [sitters.get(from.join(' ')), sitters.get(to.join(' '))];
  return source === undefined || target === undefined ? undefined : { source, target };
}

/** What one packet shows. */
function* kindsOf(
  ports: Seated,
  { samples, world, now }: { samples: readonly Age[]; world: World; now: string },
  packet: Packet,
  { delivered, dropped }: Fate,
): Generator<FindingKind> {
  const flow = seatedIn(world, ports);
  if (flow === undefined) return;
  const { source, target } = flow;
  const ways = { from: source.end, to: target.end };
  const lawful = isLawful(world, now, flow, packet);
  if (lawful && dropped && source.documented && target.documented) yield 'missing';
  if (delivered === undefined || source.end === target.end) return;
  if (lawful) {
    if (!isGuarded(world, now, ways, packet.kind)) yield 'classification';
    return;
  }
  const late = overAirGap(world, ways) ? 'airgap' : 'isolation';
  yield holdersIn(samples, ports, packet).length > 0 ? 'pending-revocation' : late;
}

/** Who held two ports whenever a packet was authorised between them lately. */
function holdersIn(samples: readonly Age[], ports: Seated, packet: Packet): string[] {
  return samples.flatMap(({ world, since }) => {
    const before = seatedIn(world, ports);
    if (before === undefined) return [];
    const ends = [before.source.end, before.target.end] as const;
    return ends[0] === ends[1] || isLawful(world, since, before, packet) ? [ends.join(' ')] : [];
  });
}

/**
 * Every whole second up to now that is not before the limit, as counted from an instant, with the documents of then; bounds
 * are whole seconds too.
 */
function recentSamples(
  ages: readonly Age[],
  { now, counted }: { now: string; counted: string },
  limit: number,
): Age[] {
  const samples: Age[] = [];
  ages.forEach(({ since, world }, index) => {
    const until = ages[index + 1]?.since ?? after(1_000_000);
    const first = Math.max(Date.parse(since), Date.parse(counted) - limit * 1000);
    for (let time = first; time < Date.parse(until) && time <= Date.parse(now); time += 1000) {
      samples.push({ since: new Date(time).toISOString(), world });
    }
  });
  return limit === 0 && counted === now ? [] : samples;
}

/** Whether the sender uses its own address, the destination is the target's as it sees it, and the kind is authorised. */
function isLawful(
  world: World,
  instant: string,
  { source, target }: { source: Sitter; target: Sitter },
  { src, dst, kind }: Packet,
): boolean {
  return (
    isOwn(world, source, src) &&
    authorises(world, instant, { from: source.end, to: target.end }, kind) &&
    isOf(world, { instant, from: source.end, sitter: target, kinds }, dst)
  );
}

/** An endpoint's addresses are its own; of an external's CIDRs, those for which no other external has a longer one. */
function isOwn(world: World, { kind, name, ips }: Sitter, address: number): boolean {
  return kind === 'external'
    ? longestPrefix(world, address) === name
    : ips.some((ip) => inPrefix(address, ip));
}

function* packets(): Generator<Packet> {
  for (const src of addresses)
    for (const dst of addresses) for (const kind of kinds) yield { src, dst, kind };
}

function toPlain({ src, dst, kind }: Packet): Parameters<typeof fateOf>[0] {
  const protocol = kind.protocol === 'other' ? '253' : kind.protocol;
  return { src: `10.0.0.${String(src)}`, dst: `10.0.0.${String(dst)}`, protocol, dstPort: kind.port };
}

test('given random histories, the applied lane finds for each pair what every single packet shows', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const tale = randomTale(new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']));
      const question = { state: tale.history.state(), instant: tale.history.now, wanted: allPairs };
      const findings = judge('applied', question);
      const plain = plainFindings(tale);
      expect(findings.map(findingKey).sort()).toEqual([...plain.found].sort());
      for (const { former, ...finding } of findings) {
        if (finding.kind !== 'pending-revocation') continue;
        const { from, to } = former ?? finding;
        expect([...plain.holders]).toContain(`${findingKey(finding)} ${from} ${to}`);
      }
    }),
    { numRuns: 30 * scale },
  );
});

test('given a ledger ahead of the clock, a revocation is late only where every single packet is so by that clock', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 100 }), (seed, behind) => {
      const tale = randomTale(new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']));
      const { now: instant } = tale.history;
      const clock = after(-behind, instant);
      const state = tale.history.state(clock);
      const findings = judge('applied', { state, instant, wanted: allPairs, limitsUpTo: clock });
      expect(findings.map(findingKey).sort()).toEqual([...plainFindings(tale, clock).found].sort());
    }),
    { numRuns: 15 * scale },
  );
});

test('given random estates, the intended lane finds for each pair what every kind of packet shows', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      const events = randomEstate(dice);
      const instant = after(Math.floor(dice.below(90)));
      const state = new History().record(...events).state();
      const found = judge('intended', { state, instant, wanted: allPairs }).map(findingKey);
      const world = nextWorld(emptyWorld, events);
      const expected = new Set<string>();
      for (const from of ends(world)) {
        for (const to of ends(world)) {
          for (const kind of from === to ? [] : kinds) {
            if (!consents(world, instant, { from, to }, kind)) continue;
            if (overAirGap(world, { from, to })) expected.add(`airgap ${from} ${to}`);
            else if (!isGuarded(world, instant, { from, to }, kind))
              expected.add(`classification ${from} ${to}`);
          }
        }
      }
      expect(found.sort()).toEqual([...expected].sort());
    }),
    { numRuns: 300 * scale },
  );
});
