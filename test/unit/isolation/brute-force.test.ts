import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../events/address.ts';
import { Authorisation } from '../../../projections/isolation/authorised/authorisation.ts';
import type { Box } from '../../../projections/isolation/header-sets/boxes.ts';
import { portKey } from '../../../projections/isolation/documents/document-fold.ts';
import { Delivery } from '../../../projections/isolation/delivered/delivery.ts';
import { rangesOf } from '../../../projections/isolation/header-sets/intervals.ts';
import { fateOf } from '../../../projections/isolation/delivered/linear.ts';
import type { IsolationState } from '../../../projections/isolation/state.ts';
import {
  holds,
  nothing,
  type Opening,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import { after, History } from './history.ts';
import { authorises, ends, emptyWorld, nextWorld, type Kind } from './plain-meaning.ts';
import { addresses, Dice, kinds, places, randomEstate, randomRollout } from './random-estate.ts';

/** How many times as many runs: more of them by hand, now and then. */
const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

function openingOf({ protocol, port }: Kind): Opening {
  switch (protocol) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return { protocol, dstPort: port };
    case 'icmp':
      return { protocol };
    default:
      return { protocol: 'other' };
  }
}

function inBoxes(boxes: readonly Box[], packet: { src: number; dst: number; kind: Kind }): boolean {
  const isIn = (set: Box['src'], octet: number): boolean => {
    const value = parseAddress(`10.0.0.${String(octet)}`)?.value ?? -1n;
    return rangesOf(set).some(([first, end]) => first <= value && value < end);
  };
  return boxes.some(
    ({ src, dst, traffic }) =>
      isIn(src, packet.src) && isIn(dst, packet.dst) && holds(traffic, openingOf(packet.kind)),
  );
}

describe('what documents authorise', () => {
  test('given random estates, equals the plain reading for one packet of each kind', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const dice = new Dice(seed);
        const events = randomEstate(dice);
        const instant = after(Math.floor(dice.below(90)));
        const { documents } = new History().record(...events).state();
        const world = nextWorld(emptyWorld, events);
        const granted = new Map<string, Traffic>();
        for (const { from, to, traffic } of new Authorisation(documents, instant).pairs('between')) {
          granted.set(`${from} ${to}`, traffic);
        }
        const wrong = [];
        for (const [from, to] of pairsOf(ends(world))) {
          const traffic = granted.get(`${from} ${to}`) ?? nothing;
          for (const kind of kinds) {
            const expected = authorises(world, instant, { from, to }, kind);
            if (holds(traffic, openingOf(kind)) !== expected) wrong.push({ from, to, kind, expected });
          }
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 500 * scale },
    );
  });
});

describe('what the overlay delivers', () => {
  test('given random objects and hosts behind, equals walking every packet through the lists', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const dice = new Dice(seed);
        const state = randomRollout(new History().record(...randomEstate(dice)), dice).state();
        const delivery = new Delivery(state.documents, state.hosts);
        const [from, to] = [dice.pick(...places), dice.pick(...places)];
        if (from === to) return;
        const portAt = ([host, name]: (typeof places)[number]) => {
          const port = { host, interface: name };
          return { ...port, key: portKey(port) };
        };
        const ports = { from: portAt(from), to: portAt(to) };
        const { may, must } = delivery.between(ports);
        const wrong = [];
        for (const packet of allPackets(dice)) {
          const fate = fateOf(plain(packet), { ...ports, overlay: overlayOf(state) });
          const [delivered, dropped] = [inBoxes(may, packet), !inBoxes(must, packet)];
          if (delivered !== (fate.delivered !== undefined)) wrong.push({ packet, delivered });
          if (dropped !== fate.dropped) wrong.push({ packet, dropped });
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 500 * scale },
    );
  });
});

function* pairsOf(all: readonly string[]): Generator<readonly [from: string, to: string]> {
  for (const from of all) for (const to of all) if (from !== to) yield [from, to];
}

function overlayOf({ documents, hosts }: IsolationState): Parameters<typeof fateOf>[1]['overlay'] {
  return {
    hosts: [...documents.hosts.values(), ...documents.formerHosts.values()],
    setsOf: (host) => hosts.setsOf(host).map((ref) => [...hosts.objectsOf(ref).values()]),
  };
}

function plain({ src, dst, kind }: { src: number; dst: number; kind: Kind }): Parameters<typeof fateOf>[0] {
  const protocol = kind.protocol === 'other' ? '253' : kind.protocol;
  return { src: `10.0.0.${String(src)}`, dst: `10.0.0.${String(dst)}`, protocol, dstPort: kind.port };
}

/** Every pair of addresses, each with some kinds of packet. */
function* allPackets(dice: Dice): Generator<{ src: number; dst: number; kind: Kind }> {
  for (const src of addresses) {
    for (const dst of addresses) {
      for (const kind of dice.some(kinds, 0.15)) yield { src, dst, kind };
    }
  }
}
