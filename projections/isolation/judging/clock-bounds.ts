import type { Policy, Rule } from '../../../events/estate.ts';
import { segmentOf, tenantOf } from '../../../events/names.ts';
import type { Authorisation } from '../authorised/authorisation.ts';
import { Names } from '../authorised/consents.ts';
import { boundsOf } from '../authorised/rule-time.ts';
import type { Documents } from '../documents/document-fold.ts';
import * as intervals from '../header-sets/intervals.ts';
import { everything, intersect, sameTraffic, type Traffic } from '../header-sets/traffic.ts';
import type { Gap } from '../hosts/gap.ts';
import type { Pair } from '../pair.ts';
import { secondsBefore } from '../state.ts';
import type { Question, Wanted } from './contacts.ts';
import { authorisedAt, type AuthorisedThen } from './possible-times.ts';
import { isToCome, type Hindsight } from './recorded.ts';
import { timeBounds } from './revocation.ts';

/**
 * The gaps of an instant that the clock of whoever asks has not come to, though the ledger has: time bounds between the two.
 * Nobody can tell whether such a rule has opened or lapsed. A bound that changes nothing for the pairs asked about is no gap.
 */
export function boundGaps({ state, instant, wanted }: Question, known: Hindsight): Gap[] {
  const { documents } = state;
  return [...documents.policies.values()].flatMap((policy) =>
    boundsNotTold(policy, instant, known)
      .filter(({ bound }) => new AroundBound(documents, bound).changes(policy, wanted))
      .map(({ gap }) => gap),
  );
}

/** The time bounds of a policy of which nobody can tell whether they have come, whatever they change; each with its gap. */
export function boundsNotTold(
  policy: Policy,
  instant: string,
  known: Hindsight,
): { readonly bound: string; readonly gap: Gap }[] {
  const { clockAhead } = known;
  if (clockAhead === undefined || isToCome(instant, known)) return [];
  const { recordedAt, now } = clockAhead;
  return timeBounds([policy], { after: now, until: instant }).map((bound) => {
    const problem = `the last entry is of ${recordedAt}, ahead of the clock of whoever asks (${now}): whether rules of ${policy.tenant} have opened or lapsed at ${bound} cannot be told`;
    return { bound, gap: { kind: 'clock', about: 'ledger', problem } };
  });
}

/** What the documents authorise just before a time bound, and from it on. */
class AroundBound {
  readonly #bound: string;
  readonly #documents: Documents;
  readonly #names: Names;
  readonly #before: AuthorisedThen;
  readonly #after: AuthorisedThen;

  constructor(documents: Documents, bound: string) {
    this.#bound = bound;
    this.#documents = documents;
    this.#names = new Names(documents);
    this.#before = authorisedAt(documents, secondsBefore(bound, 0.001));
    this.#after = authorisedAt(documents, bound);
  }

  /** True if rules of a policy with this bound change anything between pairs that are wanted. */
  changes(policy: Policy, wanted: Wanted): boolean {
    const isBound = (rule: Rule): boolean => boundsOf(rule).includes(this.#bound);
    const egress = policy.egress
      .filter(isBound)
      .flatMap((rule) => this.#pairs(policy.tenant, rule, rule.destination));
    const ingress = policy.ingress
      .filter(isBound)
      .flatMap((rule) => this.#pairs(policy.tenant, rule, rule.source))
      .map(({ from, to }) => ({ from: to, to: from }));
    return [...egress, ...ingress].some(
      (pair) => (wanted.pair(pair) && this.#changesTraffic(pair)) || this.#changesAddresses(pair, wanted),
    );
  }

  #changesTraffic(pair: Pair): boolean {
    const [before, after] = [this.#before.authorisation, this.#after.authorisation];
    return (
      !sameTraffic(before.consented(pair), after.consented(pair)) ||
      !sameTraffic(guardedIn(before, pair), guardedIn(after, pair))
    );
  }

  /** An address of a new partner is no external's any more, as an end sees it: it is not sent to there, nor believed. */
  #changesAddresses({ from, to }: Pair, wanted: Wanted): boolean {
    return [...this.#documents.externals.keys()]
      .flatMap((external) => [from, to].map((end) => ({ from: end, to: external })))
      .some(
        (pair) =>
          (wanted.pair(pair) || wanted.pair({ from: pair.to, to: pair.from })) &&
          !intervals.sameSet(this.#before.addressing.external(pair), this.#after.addressing.external(pair)),
      );
  }

  /** The pairs of a rule, from its own side to the other. */
  #pairs(tenant: string, { segment }: Rule, peer: string): Pair[] {
    const owns = segment === undefined ? this.#segments(tenant) : [segmentOf(tenant, segment)];
    const peers = this.#peers(peer);
    return owns.flatMap((from) => peers.map((to) => ({ from, to })));
  }

  #peers(name: string): string[] {
    if (name === '*') return this.#before.authorisation.segments();
    const named = this.#names.resolve(name);
    if (named === undefined) return [];
    if (this.#documents.externals.has(named.holder)) return [named.holder];
    return named.segment === undefined
      ? this.#segments(named.holder)
      : [segmentOf(named.holder, named.segment)];
  }

  #segments(tenant: string): string[] {
    return this.#before.authorisation.segments().filter((end) => tenantOf(end) === tenant);
  }
}

function guardedIn(authorisation: Authorisation, pair: Pair): Traffic {
  return intersect(authorisation.consented(pair), authorisation.guarded(pair) ?? everything);
}
