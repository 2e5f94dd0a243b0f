import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fate } from '../../../projections/isolation/delivered/linear.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { findingKey } from '../../../projections/isolation/judging/findings.ts';
import { judge, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { after, History } from './history.ts';
import { consents, emptyWorld, ends, isGuarded, nextWorld, overAirGap } from './plain-meaning.ts';
import {
  isLawful,
  packetKinds,
  packets,
  PlainPast,
  sittersIn,
  walked,
  type PlainPacket,
  type Seated,
  type Sitters,
} from './plain-past.ts';
import { Dice, places, randomEstate } from './random-estate.ts';
import { outsideTale } from './outside.ts';
import { seesawTale } from './seesaw.ts';
import { randomTale, type Tale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

interface PlainFindings {
  readonly found: Set<string>;
  /** For each pending revocation, each pair that held the ports when a packet of it was authorised. */
  readonly holders: Set<string>;
  /** The pairs between which something that was revoked lately was cut everywhere, and is open again. */
  readonly reopened: Set<string>;
}

/** The kinds of finding for each pair, packet by packet. */
function plainFindings(past: PlainPast): PlainFindings {
  const plain: PlainFindings = { found: new Set(), holders: new Set(), reopened: new Set() };
  const { world, overlay } = past;
  for (const [from, to] of places.flatMap((one) => places.map((other) => [one, other] as const))) {
    const sitters = sittersIn(world, { from, to });
    if (from === to || sitters === undefined) continue;
    for (const packet of packets()) {
      const fate = walked(packet, { from, to }, overlay);
      judgePlainly(past, { from, to, sitters, packet, fate }, plain);
    }
  }
  return plain;
}

/** What one packet shows. */
function judgePlainly(
  past: PlainPast,
  { sitters, packet, fate, ...ports }: Seated & { sitters: Sitters; packet: PlainPacket; fate: Fate },
  { found, holders, reopened }: PlainFindings,
): void {
  const { world, possible } = past;
  const { source, target } = sitters;
  const ways = { from: source.end, to: target.end };
  const pair = `${ways.from} ${ways.to}`;
  const lawful = possible.map((now) => isLawful(world, now, sitters, packet));
  if (lawful.every(Boolean) && fate.dropped && source.documented && target.documented)
    found.add(`missing ${pair}`);
  if (fate.delivered === undefined || source.end === target.end) return;
  if (lawful.some(Boolean)) {
    const isWrong = lawful.map((is, at) => is && !isGuarded(world, possible[at] ?? '', ways, packet.kind));
    if (isWrong.every(Boolean)) found.add(`classification ${pair}`);
    return;
  }
  const lately = past.holdersLately(ports, packet);
  const isAgain = lately.length > 0 && past.isReopened(ports, packet);
  if (isAgain) reopened.add(pair);
  if (lately.length === 0 || isAgain)
    found.add(`${overAirGap(world, ways) ? 'airgap' : 'isolation'} ${pair}`);
  else {
    found.add(`pending-revocation ${pair}`);
    for (const before of lately) holders.add(`pending-revocation ${pair} ${before}`);
  }
}

/**
 * Compares findings with what every single packet shows, as somebody sees it whose clock is some seconds behind the ledger.
 * Returns the pairs between which something is open again.
 */
function expectAsPlain(tale: Tale, behind = 0, lane: Lane = 'applied'): ReadonlySet<string> {
  const { now: instant } = tale.history;
  const clock = after(-behind, instant);
  const state = tale.history.state(clock, lane);
  const findings = judge(lane, { state, instant, wanted: allPairs, certainUpTo: clock });
  const excess = judge(lane, {
    ...{ state, instant, wanted: allPairs, certainUpTo: clock },
    excessOnly: true,
  });
  expect(excess).toEqual(findings.filter(({ kind }) => kind !== 'missing'));
  const plain = plainFindings(new PlainPast(tale, clock, lane));
  expect(findings.map(findingKey).sort()).toEqual([...plain.found].sort());
  for (const { former, ...finding } of findings) {
    if (finding.kind !== 'pending-revocation') continue;
    const { from, to } = former ?? finding;
    expect([...plain.holders]).toContain(`${findingKey(finding)} ${from} ${to}`);
  }
  return plain.reopened;
}

test('given random histories, the applied lane finds for each pair what every single packet shows', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      expectAsPlain(randomTale(new Dice(seed, ['tcp', 'tcp', 'icmp', 'any'])));
    }),
    { numRuns: 30 * scale },
  );
});

test('given hosts that were found otherwise, the observed lane finds for each pair what every single packet shows', () => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, isSeesaw) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      expectAsPlain(isSeesaw ? seesawTale(dice, new Dice(-seed)) : randomTale(dice, 3), 0, 'observed');
    }),
    { numRuns: 30 * scale },
  );
});

test('given a ledger ahead of the clock, a revocation is late only where every single packet is so by that clock', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 100 }), (seed, behind) => {
      expectAsPlain(randomTale(new Dice(seed, ['tcp', 'tcp', 'icmp', 'any'])), behind);
    }),
    { numRuns: 15 * scale },
  );
});

test('where grants and acls come and go, what was cut everywhere and is open again is no revocation under way', () => {
  let reopened = 0;
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(0, 0, 25), (seed, behind) => {
      reopened += expectAsPlain(seesawTale(new Dice(seed)), behind).size;
    }),
    // Some in which something is open again, once by batches of one second, whatever chance brings.
    {
      numRuns: 30 * scale,
      examples: [
        [1, 0],
        [6, 25],
        [-135941593, 0],
      ],
    },
  );
  expect(reopened).toBeGreaterThan(0);
});

test('where the partners of externals and their addresses come and go, whom these speak for is what every single packet shows', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      expectAsPlain(outsideTale(new Dice(seed)));
    }),
    // In these a bound passes at the instant at which other documents come.
    { numRuns: 30 * scale, examples: [[-602_710_280], [-227_417_358]] },
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
          for (const kind of from === to ? [] : packetKinds) {
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
