import { z } from 'zod';
import {
  everything,
  intersect,
  isNothing,
  nothing,
  sameTraffic,
  subtract,
  unionOf,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import {
  isEvidenceOf,
  type Evidence,
  type Passing,
  type ReachStanding,
} from '../../../projections/isolation/judging/passing.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';

/** Traffic as it is written: all of it, or the parts that are something. */
type RecordedTraffic = '*' | Partial<Traffic>;

/** A rule that consents, and to which part of a strand; null for all of it. */
type RecordedConsent = readonly [side: 'egress' | 'ingress', rule: string, traffic: RecordedTraffic | null];

type RecordedStrand = readonly [
  standing: ReachStanding,
  traffic: RecordedTraffic,
  consents: readonly RecordedConsent[],
];

/** What shows that some traffic of a standing passes; null where there is nothing to show. */
type RecordedEvidence = readonly [
  standing: ReachStanding,
  traffic: RecordedTraffic,
  evidence: Evidence | null,
];

/** What passes from one end to another. */
export interface RecordedPassing {
  readonly strands: readonly RecordedStrand[];
  /** What `connections` lists, where that is not what passes. */
  readonly connected?: RecordedTraffic;
  /** Of what is not authorised, where its traffic is other than before. */
  readonly evidence?: readonly RecordedEvidence[];
}

/** What the index itself wrote, which its digests say. */
export const recordedPassing = z.custom<RecordedPassing>();

export const nothingPasses: RecordedPassing = { strands: [] };

/** A part of traffic was asked for of which no evidence is kept: its state has to be looked at. */
export class EvidenceNotKept extends Error {
  override readonly name = 'EvidenceNotKept';
}

/** Without its evidence: two that are the same have the same text. */
export function passingText({ strands, connected }: RecordedPassing): string {
  return JSON.stringify({ strands, connected });
}

/** `connected` is what `connections` lists; undefined within one end, of which it lists nothing. */
export function passingOf(
  passing: readonly Passing[],
  connected: Traffic | undefined,
): Pick<RecordedPassing, 'strands' | 'connected'> {
  const isListed =
    connected === undefined || sameTraffic(connected, unionOf(passing.map(({ traffic }) => traffic)));
  return {
    strands: passing.map(({ standing, traffic, consentsTo }) => [
      standing,
      written(traffic),
      consentsTo(traffic).map(({ side, rule, traffic: part }) => [
        side,
        rule,
        sameTraffic(part, traffic) ? null : written(part),
      ]),
    ]),
    ...(isListed ? {} : { connected: written(connected) }),
  };
}

/** The evidence of what is not authorised and has other traffic than before: of all of it, and of what is new in it. `textBefore` is a passingText. */
export function evidenceOf(
  passing: readonly Passing[],
  textBefore: string,
): Pick<RecordedPassing, 'evidence'> {
  const exposed = passing.filter(({ standing }) => standing !== 'authorised');
  if (exposed.length === 0) return {};
  const before = recordedPassing.parse(JSON.parse(textBefore));
  const evidence = exposed.flatMap(({ standing, traffic, evidenceOf }) => {
    const former = strandsOf(before, standing);
    const [grown, gone] = [subtract(traffic, former), subtract(former, traffic)];
    if (isNothing(grown) && isNothing(gone)) return [];
    const parts = isNothing(grown) || isNothing(former) ? [traffic] : [traffic, grown];
    return parts.map((part) => [standing, written(part), evidenceOf(part) ?? null] as const);
  });
  return evidence.length === 0 ? {} : { evidence };
}

function strandsOf({ strands }: RecordedPassing, standing: ReachStanding): Traffic {
  return unionOf(strands.filter(([one]) => one === standing).map(([, traffic]) => read(traffic)));
}

/** What passed, as whoever judged told it. */
export function passingIn({ from, to }: Pair, { strands, evidence = [] }: RecordedPassing): Passing[] {
  return strands.map(([standing, writtenTraffic, consents]) => {
    const traffic = read(writtenTraffic);
    return {
      ...{ from, to, standing, traffic },
      consentsTo: (part) =>
        consents
          .map(([side, rule, some]) => ({
            side,
            rule,
            traffic: intersect(some === null ? traffic : read(some), part),
          }))
          .filter((consent) => !isNothing(consent.traffic)),
      evidenceOf: (part) =>
        standing === 'authorised'
          ? undefined
          : evidenceFor(
              part,
              evidence.filter(([one]) => one === standing),
            ),
    };
  });
}

/**
 * Evidence is of the first packet of a traffic, in an order in which the packets of every part of it are: so that of more traffic is that
 * of a part, if its packet is in there. Throws EvidenceNotKept.
 */
function evidenceFor(part: Traffic, kept: readonly RecordedEvidence[]): Evidence | undefined {
  for (const [, traffic, evidence] of kept) {
    if (!isNothing(subtract(part, read(traffic)))) continue;
    if (evidence === null) return undefined;
    if (isEvidenceOf(evidence, part)) return evidence;
  }
  throw new EvidenceNotKept('no evidence of this traffic is kept');
}

/** True if a pair lets any packet open a connection: across an air gap documents let none, whatever is consented there. */
export function isReachedBy({ strands }: RecordedPassing, lane: Lane): boolean {
  return strands.some(([standing]) => lane !== 'intended' || standing === 'authorised');
}

/** What `connections` lists. */
export function connectedBy({ strands, connected }: RecordedPassing): Traffic {
  return connected === undefined ? unionOf(strands.map(([, traffic]) => read(traffic))) : read(connected);
}

function written(traffic: Traffic): RecordedTraffic {
  if (sameTraffic(traffic, everything)) return '*';
  const { tcp, udp, sctp, icmp, other } = traffic;
  return {
    ...(tcp.length === 0 ? {} : { tcp }),
    ...(udp.length === 0 ? {} : { udp }),
    ...(sctp.length === 0 ? {} : { sctp }),
    ...(icmp ? { icmp } : {}),
    ...(other ? { other } : {}),
  };
}

function read(traffic: RecordedTraffic): Traffic {
  return traffic === '*' ? everything : { ...nothing, ...traffic };
}
