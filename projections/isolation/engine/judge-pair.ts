import { nothing, union, unionOf, type Traffic } from '../header-sets/traffic.ts';
import { allPairs, others, type Contact, type Scene } from '../judging/contacts.ts';
import type { Finding } from '../judging/findings.ts';
import { AppliedJudge } from '../judging/judge-applied.ts';
import { alikeAsSources, type Group } from '../judging/seats.ts';
import type { Pair } from '../pair.ts';
import { judgeByPast } from './exposures.ts';
import type { Past } from './past.ts';
import type { SeatsByEnd } from './seats-by-end.ts';

/** The judgement of one pair of ends on the applied lane. */
export interface OfPair {
  readonly findings: readonly Finding[];
  /** The instants at which revocations that are in time become late. */
  readonly limits: readonly string[];
}

/** Where the pairs of one step are judged. */
export interface PairsAt {
  readonly scene: Scene;
  readonly seats: SeatsByEnd;
  readonly past: Past;
  /** By end, its ports as sources: what was worked out for one pair is right for all of the step. */
  readonly sources: Map<string, readonly Group[]>;
}

interface At extends PairsAt {
  /** Takes what may get through now, before it is looked back from there. */
  readonly onOpen: (open: OpenNow) => void;
}

/** The traffic that may get through, at whatever ports and addresses. */
export interface OpenNow {
  readonly open: Traffic;
  /** With what acls and routes allow between addresses of different families, which no packet has. */
  readonly allowed: Traffic;
}

/** Judges all contacts of a pair. */
export function judgePair(pair: Pair, { onOpen, ...at }: At): OfPair {
  const { scene, past } = at;
  const limits: string[] = [];
  const asked = { state: scene.state, instant: scene.instant, wanted: allPairs };
  const judge = new AppliedJudge(scene, asked, (exposures) =>
    judgeByPast(exposures, { ...scene, past }, (instant) => limits.push(instant)),
  );
  let [open, allowed] = [nothing, nothing];
  for (const contact of contactsOf(pair, at)) {
    judge.take(contact);
    open = union(open, unionOf(contact.delivered.may.map(({ traffic }) => traffic)));
    allowed = union(allowed, contact.delivered.allowed);
  }
  onOpen({ open, allowed });
  return { findings: judge.findings().all(), limits };
}

/** All contacts of a pair, as they are when everything is judged. */
export function* contactsOf(pair: Pair, { scene, seats, sources }: PairsAt): Generator<Contact> {
  const targets = seats.of(pair.to);
  if (targets.length === 0) return;
  const groups = sources.get(pair.from) ?? alikeAsSources(seats.of(pair.from), scene);
  sources.set(pair.from, groups);
  for (const { seats: alike } of groups) {
    for (const target of targets) {
      const sources = pair.from === pair.to ? others(alike, target) : alike;
      if (sources === undefined) continue;
      const delivered = scene.delivery.between({ from: sources[0], to: target });
      yield { ...pair, sources, target, delivered };
    }
  }
}
