import type { Pair } from '../../../projections/isolation/pair.ts';
import type { Origin, Rule, Side } from '../origins.ts';
import type { TrafficRow } from '../traffic-rows.ts';

/** Something in the documents that speaks for the flow: whose it is, and the event that put it in force. */
export interface Given {
  readonly kind: 'rule' | 'service' | 'own-segment' | 'intra-tenant' | 'external';
  readonly whose: string;
  readonly words: string;
  readonly side?: Side;
  readonly rule?: Rule;
  readonly origin?: Origin;
}

/** What the documents lack for a flow to be allowed. */
export type DocumentLack =
  'no-rule' | 'not-open-yet' | 'lapsed' | 'service-bound' | 'air-gap' | 'quarantine' | 'outside';

/** What the overlay lacks for an allowed flow to be carried; `not-cut` for one that it carries and should not. */
export type OverlayLack =
  | 'nobody-attached'
  | 'no-gateway'
  | 'on-no-shard'
  | 'not-planned'
  | 'held'
  | 'not-acknowledged'
  | 'not-cut'
  | 'unexplained';

/** One thing that stands between what was asked about and what is wanted: whose it is, in words that a stranger reads. */
export interface Missing {
  readonly in: 'documents' | 'overlay';
  readonly kind: DocumentLack | OverlayLack;
  /** A tenant, an external, a shard or a host. */
  readonly whose: string;
  readonly words: string;
  readonly side?: Side;
  /** The rule that is not open yet, has lapsed, or is bound by its service. */
  readonly rule?: Rule;
  /** Rules of the same tenant that come nearest. */
  readonly near?: readonly Rule[];
  /** The event that made it so: a quarantine, a withdrawal, a plan. */
  readonly origin?: Origin;
}

/** A rule as a Policy document would have it. */
export interface WrittenRule {
  readonly destination?: string;
  readonly source?: string;
  readonly segment?: string;
  readonly ports?: readonly (number | string)[];
  readonly protocol: string;
  readonly guard?: string;
}

/** What would allow it: a rule to add to a tenant's Policy, as YAML too; or something else, in words. */
export type Mend =
  | {
      readonly kind: 'rule';
      readonly tenant: string;
      readonly side: Side;
      readonly rule: WrittenRule;
      readonly yaml: string;
    }
  | { readonly kind: 'words'; readonly words: string };

/** What one host holds for one direction of a pair: the acls that bear on it, and the plans that it may be at. */
export interface Holding extends Pair {
  readonly host: string;
  readonly side: Side;
  readonly shard: string;
  /** The plan that it acknowledged last, and the event; null before the first. */
  readonly acknowledged: { readonly plan: number; readonly origin: Origin } | null;
  /** Every plan that it may be at, by what it acknowledged and was told since. */
  readonly plans: readonly number[];
  readonly acls: readonly HeldAcl[];
  readonly state: 'carries' | 'may carry' | 'does not carry';
}

export interface HeldAcl {
  readonly id: string;
  readonly action: 'allow' | 'deny';
  /** Those of the host's plans that hold it. */
  readonly plans: readonly number[];
}

/** One answer, for all the pairs of which it is true. */
export interface Answer {
  readonly pairs: readonly Pair[];
  readonly traffic: readonly TrafficRow[];
  /** On the lane asked about: what `connections` lists. */
  readonly verdict: 'allowed' | 'denied';
  /** Whether the documents allow it. */
  readonly intended: 'allowed' | 'denied';
  /** On the applied lane, whether every host is known to carry it; on the intended lane as `intended`. */
  readonly certain: boolean;
  readonly given: readonly Given[];
  readonly missing: readonly Missing[];
  readonly mends: readonly Mend[];
  /** Things to know that change nothing about the answer. */
  readonly notes: readonly string[];
  /** On the applied lane: what the hosts at either end hold. */
  readonly overlay: readonly Holding[];
}
