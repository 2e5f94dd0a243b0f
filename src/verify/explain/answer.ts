import type { Pair } from '../../../projections/isolation/pair.ts';
import type { Rule } from '../../../events/estate.ts';
import type { Origin, Side } from '../origins.ts';
import type { TrafficRow } from '../traffic-rows.ts';

/** A part of the documents that speaks for the flow: its owner, and the event that put it in force. */
export interface Given {
  readonly kind: 'rule' | 'service' | 'own-segment' | 'intra-tenant' | 'external';
  readonly whose: string;
  readonly words: string;
  readonly side?: Side;
  readonly rule?: Rule;
  readonly origin?: Origin;
}

/** The reasons for which the documents do not allow a flow. */
export type DocumentLack =
  'no-rule' | 'not-open-yet' | 'lapsed' | 'service-bound' | 'air-gap' | 'quarantine' | 'outside';

/**
 * The reasons for which the overlay does not carry an allowed flow; `not-cut` for a flow that it carries and should
 * not; `drifted` for either, where a host was found to hold something else than it acknowledged.
 */
export type OverlayLack =
  | 'nobody-attached'
  | 'no-gateway'
  | 'on-no-shard'
  | 'not-planned'
  | 'held'
  | 'not-acknowledged'
  | 'not-cut'
  | 'drifted'
  | 'unexplained';

/** An obstacle between the flow and the wish for it: its owner, in words that a stranger understands. */
export interface Missing {
  readonly in: 'documents' | 'overlay';
  readonly kind: DocumentLack | OverlayLack;
  /** A tenant, a segment, an external, a shard or a host. */
  readonly whose: string;
  readonly words: string;
  readonly side?: Side;
  /** The rule that is not open yet, has lapsed, or is bound by its service. */
  readonly rule?: Rule;
  /**
   * Of a rule that is not open yet: the first instant while it is open at which the other side allows the flow as well.
   * Null if there is none: then waiting alone does not help.
   */
  readonly waitUntil?: string | null;
  /** Rules of the same tenant that come nearest. */
  readonly near?: readonly Rule[];
  /** The event that caused it: a quarantine, a withdrawal, a plan. */
  readonly origin?: Origin;
}

/** A rule in the form of a Policy document. */
export interface WrittenRule {
  readonly destination?: string;
  readonly source?: string;
  readonly segment?: string;
  readonly ports?: readonly (number | string)[];
  readonly protocol: string;
  readonly guard?: string;
}

/** A way to allow the flow: a rule to add to a tenant's Policy, as YAML too; or a step in words. */
export type Mend =
  | {
      readonly kind: 'rule';
      readonly tenant: string;
      readonly side: Side;
      readonly rule: WrittenRule;
      readonly yaml: string;
    }
  | { readonly kind: 'words'; readonly words: string };

/** The state of one host for one direction of a pair: the acls that bear on it, and the plans that it may be at. */
export interface Holding extends Pair {
  readonly host: string;
  readonly side: Side;
  readonly shard: string;
  /** The plan that it acknowledged last, and the event; null before the first. */
  readonly acknowledged: { readonly plan: number; readonly origin: Origin } | null;
  /** Every plan that it may be at, by its last acknowledgement and the plans since. */
  readonly plans: readonly number[];
  /** On the observed lane, the event that found it to hold something else, where it may hold that still. */
  readonly drift?: Origin;
  readonly acls: readonly AclOnHost[];
  readonly state: 'carries' | 'may carry' | 'does not carry';
}

export interface AclOnHost {
  readonly id: string;
  readonly action: 'allow' | 'deny';
  /** The plans of the host that have the acl. */
  readonly plans: readonly number[];
  /** True if it is among what the host was found to hold instead. */
  readonly found?: true;
}

/** One answer, for all the pairs of which it is true. */
export interface Answer {
  readonly pairs: readonly Pair[];
  readonly traffic: readonly TrafficRow[];
  /** The verdict on the lane asked about, as `connections` lists it. */
  readonly verdict: 'allowed' | 'denied';
  /** The verdict of the documents. */
  readonly intended: 'allowed' | 'denied';
  /** Where hosts are judged, true if every host is known to carry it. On the intended lane as `intended`. */
  readonly certain: boolean;
  readonly given: readonly Given[];
  readonly missing: readonly Missing[];
  readonly mends: readonly Mend[];
  /** Facts worth knowing that do not change the answer. */
  readonly notes: readonly string[];
  /** Likewise, the state of the hosts at either end. */
  readonly overlay: readonly Holding[];
}
