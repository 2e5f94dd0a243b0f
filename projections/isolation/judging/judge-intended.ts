import { addressAt, families, likelyIn } from '../header-sets/addresses.ts';
import { Addressing } from '../authorised/addressing.ts';
import { Authorisation } from '../authorised/authorisation.ts';
import type { Pair } from '../pair.ts';
import type { Question } from './contacts.ts';
import { FindingList, type Finding, type FindingKind } from './findings.ts';
import type { Gap } from '../hosts/gap.ts';
import * as intervals from '../header-sets/intervals.ts';
import { firstOf, intersect, subtract, unionOf, type Traffic } from '../header-sets/traffic.ts';
import { authorisedAt, authorisedOtherwise, type AuthorisedThen } from './possible-times.ts';
import { toWitness } from './witness.ts';

/**
 * The faults in the documents at an instant: consent across an air gap, and grants between classifications that no
 * guarded rule covers.
 */
export function intendedFindings(question: Question): Finding[] {
  const { state, instant, wanted } = question;
  const now = authorisedAt(state.documents, instant);
  const otherwise = authorisedOtherwise(question);
  const findings = new FindingList();
  for (const { from, to } of now.authorisation.pairs('consented')) {
    if (!wanted.pair({ from, to })) continue;
    for (const finding of intendedFindingsOf({ from, to }, now, otherwise)) findings.add(finding);
  }
  return findings.sorted();
}

/** The faults in what documents consent to between two different ends. */
export function intendedFindingsOf(
  pair: Pair,
  { authorisation, addressing }: AuthorisedThen,
  otherwise: readonly AuthorisedThen[],
): Finding[] {
  const traffic = authorisation.consented(pair);
  return wrongsOf(pair, traffic, authorisation).flatMap(([kind, wrong]) => {
    const opening = firstOf(otherwise.reduce((still, then) => stillWrong(still, pair, then), wrong));
    if (opening === undefined) return [];
    const witness = toWitness({ ...liveAddresses(pair, addressing), opening });
    return [{ kind, ...pair, witness, rules: authorisation.rulesFor(pair, opening) }];
  });
}

function wrongsOf(
  pair: Pair,
  traffic: Traffic,
  authorisation: Authorisation,
): readonly (readonly [kind: FindingKind, wrong: Traffic])[] {
  if (authorisation.crossesAirGap(pair)) return [['airgap', traffic]];
  const guarded = authorisation.guarded(pair);
  return guarded === undefined ? [] : [['classification', subtract(traffic, guarded)]];
}

/** The part of wrong traffic that is wrong at another time that it may be as well. The kind of fault is the same at any time. */
function stillWrong(wrong: Traffic, pair: Pair, { authorisation }: AuthorisedThen): Traffic {
  const then = wrongsOf(pair, authorisation.consented(pair), authorisation);
  return intersect(wrong, unionOf(then.map(([, traffic]) => traffic)));
}

/** Addresses of one family at both ends; null if there are none. */
function liveAddresses(pair: Pair, addressing: Addressing): { src: string | null; dst: string | null } {
  const sources = addressing.attached({ from: pair.to, to: pair.from });
  const targets = addressing.attached(pair);
  for (const family of families) {
    const src = likelyIn(intervals.intersect(sources, family));
    const dst = likelyIn(intervals.intersect(targets, family));
    if (src !== undefined && dst !== undefined) return { src: addressAt(src), dst: addressAt(dst) };
  }
  return { src: null, dst: null };
}

/** If two endpoints that one end sees have the same address, it is open which of them is meant: a gap. */
export function intendedGaps({ state, instant, wanted }: Question): Gap[] {
  const authorisation = new Authorisation(state.documents, instant);
  const addressing = new Addressing(authorisation);
  return authorisation
    .ends()
    .filter(wanted.end)
    .map((end) => addressGap(end, addressing))
    .filter((gap) => gap !== undefined);
}

/** The gap of an end that sees two endpoints with one address, if it does. */
export function addressGap(end: string, addressing: Addressing): Gap | undefined {
  const [contested] = addressing.contested(end);
  if (contested === undefined) return undefined;
  const problem = `${addressAt(contested)} is held by more than one endpoint that it may exchange packets with`;
  return { kind: 'address', about: end, problem };
}
