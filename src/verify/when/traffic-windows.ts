import {
  intersect,
  isNothing,
  nothing,
  subtract,
  union,
  unionOf,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import {
  isEvidenceOf,
  type Evidence,
  type Passing,
  type ReachStanding,
} from '../../../projections/isolation/judging/passing.ts';

/** A rule that authorised some of the traffic of a window, with what was told of it when it was first seen. */
interface RuleUse<Rule> {
  readonly rule: Rule;
  readonly traffic: Traffic;
}

/**
 * Traffic that passed from end to end without a break, all of it for one and the same time: from `openedBy` on, which is included,
 * until `closedBy`, which is not. Null as long as it has not ended.
 */
export interface TrafficWindow<Cause, Rule> extends Pair {
  readonly standing: ReachStanding;
  readonly traffic: Traffic;
  readonly openedBy: Cause;
  readonly closedBy: Cause | null;
  /** Every rule that authorised some of it at some instant, by its id. */
  readonly rules: ReadonlyMap<string, RuleUse<Rule>>;
  /** Of a packet of this traffic; undefined where only other packets were looked at while it passed. */
  readonly evidence: Evidence | undefined;
}

/** Tells of a rule by its side and id, when it is first seen to authorise traffic between two ends. */
type TellRule<Rule> = (
  pair: Pair,
  consent: { readonly side: 'egress' | 'ingress'; readonly rule: string },
) => Rule;

/**
 * Joins what passes at one instant after another into windows. Each kind of packet has its own windows; those with the same
 * beginning and end are one.
 */
export class TrafficWindows<Cause, Rule> {
  readonly #tellRule: TellRule<Rule>;
  #ended: TrafficWindow<Cause, Rule>[] = [];
  /** By pair. */
  readonly #open = new Map<string, readonly TrafficWindow<Cause, Rule>[]>();

  constructor(tellRule: TellRule<Rule>) {
    this.#tellRule = tellRule;
  }

  /** The pairs with windows that have not ended, by their keys. */
  get pairs(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** Ends what does not pass any more between some pairs, given by their keys, of which all that passes is told. */
  close(pairs: Iterable<string>, passing: readonly Passing[], closedBy: Cause): void {
    const now = new Map(passing.map((strand) => [strandKey(strand), strand]));
    for (const pair of pairs) {
      const open = this.#openOf(pair).flatMap((window) => {
        const strand = now.get(strandKey(window));
        const gone = subtract(window.traffic, strand?.traffic ?? nothing);
        if (isNothing(gone)) return [window];
        this.#ended.push({ ...partOf(window, gone), closedBy });
        const rest = intersect(window.traffic, strand?.traffic ?? nothing);
        if (strand === undefined || isNothing(rest)) return [];
        const { evidence = strand.evidenceOf(rest), ...kept } = partOf(window, rest);
        return [{ ...kept, evidence }];
      });
      if (open.length > 0) this.#open.set(pair, open);
      else this.#open.delete(pair);
    }
  }

  /** Begins windows for what did not pass before, and notes the rules of now. */
  open(passing: readonly Passing[], openedBy: Cause): void {
    for (const [pair, strands] of Map.groupBy(passing, pairKey)) {
      const open = [...this.#openOf(pair)];
      for (const strand of strands) {
        const before = open.filter((window) => strandKey(window) === strandKey(strand));
        const traffic = subtract(strand.traffic, unionOf(before.map((window) => window.traffic)));
        if (isNothing(traffic)) continue;
        const { from, to, standing } = strand;
        const evidence = strand.evidenceOf(traffic);
        const rules: TrafficWindow<Cause, Rule>['rules'] = new Map();
        open.push({ from, to, standing, traffic, openedBy, closedBy: null, rules, evidence });
      }
      const now = new Map(strands.map((strand) => [strandKey(strand), strand]));
      this.#open.set(
        pair,
        open.map((window) => this.#withRulesOf(now.get(strandKey(window)), window)),
      );
    }
  }

  /** Leaves what ended so far out of the answer. */
  forgetEnded(): void {
    this.#ended = [];
  }

  forgetOpen(): void {
    this.#open.clear();
  }

  /** Those that have not ended. */
  *lasting(): Generator<TrafficWindow<Cause, Rule>> {
    for (const windows of this.#open.values()) yield* windows;
  }

  /** Those that ended, in the order in which they did, and then those that have not. */
  all(): readonly TrafficWindow<Cause, Rule>[] {
    return [...this.#ended, ...this.lasting()];
  }

  #openOf(pair: string): readonly TrafficWindow<Cause, Rule>[] {
    return this.#open.get(pair) ?? [];
  }

  #withRulesOf(strand: Passing | undefined, window: TrafficWindow<Cause, Rule>): TrafficWindow<Cause, Rule> {
    const consents = strand?.consentsTo(window.traffic) ?? [];
    if (consents.length === 0) return window;
    const rules = new Map(window.rules);
    for (const consent of consents) {
      const known = rules.get(consent.rule);
      rules.set(consent.rule, {
        rule: known?.rule ?? this.#tellRule(window, consent),
        traffic: union(known?.traffic ?? nothing, consent.traffic),
      });
    }
    return { ...window, rules };
  }
}

function strandKey({ standing, from, to }: Pick<Passing, 'standing' | 'from' | 'to'>): string {
  return `${standing} ${pairKey({ from, to })}`;
}

/** A window of a part of its traffic: with the rules of that part, and the evidence if it is of it. */
function partOf<Cause, Rule>(
  window: TrafficWindow<Cause, Rule>,
  traffic: Traffic,
): TrafficWindow<Cause, Rule> {
  const rules = new Map([...window.rules].filter(([, use]) => !isNothing(intersect(use.traffic, traffic))));
  const { evidence } = window;
  return {
    ...window,
    traffic,
    rules,
    evidence: evidence && isEvidenceOf(evidence, traffic) ? evidence : undefined,
  };
}
