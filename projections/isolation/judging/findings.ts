import { pairKey, type Pair } from '../pair.ts';

export type FindingKind = 'isolation' | 'airgap' | 'classification' | 'pending-revocation' | 'missing';

/** One packet that shows a finding. Addresses are null if the ends have none. */
export interface Witness {
  readonly src: string | null;
  readonly dst: string | null;
  /** tcp, udp, sctp, icmp, or an IP protocol number in digits. */
  readonly protocol: string;
  /** Only tcp, udp and sctp have ports. */
  readonly srcPort?: number;
  readonly dstPort?: number;
}

/**
 * A fault between two ends: packets that are unauthorised, late or missing. At most one finding of a kind for a pair.
 */
export interface Finding extends Pair {
  readonly kind: FindingKind;
  readonly witness: Witness;
  /** Ids of acls, or keys of bindings, that let the packet through. In a finding about rules, the ids of rules. */
  readonly rules: readonly string[];
  /**
   * The ends that the packet passes as, where a port had another holder for whom its host may hold it still: in a pending
   * revocation it was authorised between them, and it is the grant of these that is revoked.
   */
  readonly former?: Pair;
}

/** All kinds, the gravest first. */
export const kinds: readonly FindingKind[] = [
  'isolation',
  'airgap',
  'classification',
  'pending-revocation',
  'missing',
];

/** True if a finding of this kind makes the verdict `violated`. */
export function isViolation(kind: FindingKind): boolean {
  return kind !== 'pending-revocation' && kind !== 'missing';
}

/**
 * Findings, one of each kind for each pair and those as whom its packet passes. Callers ask `has` before they add. Of those that
 * differ in that alone, the first one is the pair's finding of the kind.
 */
export class FindingList {
  readonly #findings = new Map<string, Finding[]>();

  has(kind: FindingKind, { former, ...pair }: Pair & Pick<Finding, 'former'>): boolean {
    // Most pairs have none, and are asked about often.
    if (this.#findings.size === 0) return false;
    const passing = former && pairKey(former);
    const known = this.#findings.get(findingKey({ ...pair, kind })) ?? [];
    return known.some((finding) => (finding.former && pairKey(finding.former)) === passing);
  }

  add(finding: Finding): void {
    const key = findingKey(finding);
    const known = this.#findings.get(key);
    if (known === undefined) this.#findings.set(key, [finding]);
    else known.push(finding);
  }

  /** One of each kind for each pair, in the order of `inOrder`. */
  sorted(): Finding[] {
    return inOrder(
      [...this.#findings.values()].flatMap((findings) => findings.slice(0, 1)),
      (finding) => finding,
    );
  }

  /** All of them, in that order. */
  all(): Finding[] {
    return inOrder([...this.#findings.values()].flat(), (finding) => finding);
  }
}

/** Sorts by kind, the gravest first, then by from and to. Equal items stay in their order. */
export function inOrder<Item>(
  items: Iterable<Item>,
  findingOf: (item: Item) => Pick<Finding, 'kind' | 'from' | 'to'>,
): Item[] {
  const keyed = Array.from(items, (item) => {
    const { kind, ...pair } = findingOf(item);
    return { item, order: `${String(kinds.indexOf(kind))} ${pairKey(pair)}` };
  });
  return keyed.sort((a, b) => Number(a.order > b.order) - Number(a.order < b.order)).map(({ item }) => item);
}

/** A text that tells findings at one instant apart. */
export function findingKey({ kind, ...pair }: Pick<Finding, 'kind' | 'from' | 'to'>): string {
  return `${kind} ${pairKey(pair)}`;
}
