import { addressAt, likelyIn, type AddressSet } from '../header-sets/addresses.ts';
import type { Box } from '../header-sets/boxes.ts';
import type { Addressing } from '../authorised/addressing.ts';
import type { Witness } from './findings.ts';
import * as intervals from '../header-sets/intervals.ts';
import { fateOf, type Fate, type Packet, type PlainOverlay } from '../delivered/linear.ts';
import type { Seat } from './seats.ts';
import type { IsolationState } from '../state.ts';
import { firstOf, holds, unionOf, type Opening } from '../header-sets/traffic.ts';

/** The two computations of the verifier contradict each other: neither can be believed. */
export class VerifierDisagrees extends Error {
  readonly code = 'VerifierDisagrees';

  constructor(packet: Packet, claim: string) {
    super(`the verifier contradicts itself: ${JSON.stringify(packet)} is said to be ${claim}`);
  }
}

/** Any source port will do: no rule speaks of source ports. */
const srcPort = 40_000;
/** Stands for the IP protocols without a name here: a number that is set aside for experiments (RFC 3692). */
const unnamedProtocol = '253';

/**
 * A packet of boxes, with addresses of the two seats themselves where one has them. It is the same however the packets are divided into
 * boxes: its protocol and port are the first ones of all, its source the first one with these, its destination the first one from there.
 */
export function witnessIn(
  boxes: readonly Box[],
  ends: { readonly from: Seat; readonly to: Seat; readonly addressing: Addressing },
): { readonly src: string; readonly dst: string; readonly opening: Opening } | undefined {
  const opening = firstOf(unionOf(boxes.map(({ traffic }) => traffic)));
  if (opening === undefined) return undefined;
  const { from, to, addressing } = ends;
  const open = boxes.filter(({ traffic }) => holds(traffic, opening));
  const src = pick(intervals.unionOf(open.map((box) => box.src)), addressing.own(from.occupant));
  /* v8 ignore next -- @preserve what opens is in a box, and no box is without addresses */
  if (src === undefined) return undefined;
  const there = open.filter((box) => intervals.includes(box.src, src));
  const dst = pick(intervals.unionOf(there.map((box) => box.dst)), addressing.own(to.occupant));
  /* v8 ignore next -- @preserve as above: the source is that of one of these boxes */
  return dst === undefined ? undefined : { src: addressAt(src), dst: addressAt(dst), opening };
}

export function toWitness<Text extends string | null>(packet: {
  readonly src: Text;
  readonly dst: Text;
  readonly opening: Opening;
}): Witness & { readonly src: Text; readonly dst: Text } {
  const { src, dst, opening } = packet;
  const protocol = opening.protocol === 'other' ? unnamedProtocol : opening.protocol;
  const ports = opening.dstPort === undefined ? {} : { srcPort, dstPort: opening.dstPort };
  return { src, dst, protocol, ...ports };
}

/**
 * Confirms a claim about a packet by the plain walk. Returns the rules that let the packet through, if it gets
 * through. Throws VerifierDisagrees if the walk contradicts the claim.
 */
export function confirmed(claim: 'delivered' | 'uncertain', packet: Packet, fate: Fate): readonly string[] {
  if (claim === 'delivered' ? fate.delivered === undefined : !fate.dropped) {
    throw new VerifierDisagrees(packet, claim);
  }
  return fate.delivered ?? [];
}

/** Walks a packet from seat to seat by plain lists: of each set all that may have to do with packets from there. */
export function walk(packet: Packet, { from, to }: { from: Seat; to: Seat }, state: IsolationState): Fate {
  return fateOf(packet, { from, to, overlay: plainOverlay({ from, to }, state) });
}

function plainOverlay({ from, to }: { from: Seat; to: Seat }, state: IsolationState): PlainOverlay {
  const { documents, hosts } = state;
  const [vnis, targets] = [networksOf(from, state), networksOf(to, state)];
  return {
    hosts: [...documents.hosts.values(), ...documents.formerHosts.values()],
    setsOf: (host) => hosts.setsOf(host).map((ref) => hosts.objectsOf(ref).about(vnis, targets)),
  };
}

/** The networks of a port, by any set that its host may hold. */
function networksOf({ host, key }: Seat, { hosts }: IsolationState): ReadonlySet<number> {
  const bindings = hosts.setsOf(host).flatMap((ref) => hosts.viewOf(ref).at(key));
  return new Set(bindings.map(({ vni }) => vni));
}

/** A preferred address in the set, else any of the set; one that a machine can have where there is one. */
function pick(set: AddressSet, preferred: AddressSet): bigint | undefined {
  return likelyIn(intervals.intersect(set, preferred)) ?? likelyIn(set);
}
