import type { GrantAcl } from '../../../../events/overlay-objects.ts';
import { MultiMap } from './multi-map.ts';

export type AclSide = GrantAcl['side'];

export const sides = ['egress', 'ingress'] as const;

/** A pair of segments as one side of a grant sees it. */
interface SegmentPair {
  readonly side: AclSide;
  readonly from: string;
  readonly to: string;
}

/** The grants of a set, by what they name. */
export class GrantIndex {
  /** By side and the end from which they lead, those to each other end: no text has to be made to find them. */
  readonly #grants = {
    egress: new Map<string, MultiMap<string, GrantAcl>>(),
    ingress: new Map<string, MultiMap<string, GrantAcl>>(),
  };
  /** The ends from which grants lead, by side and the end to which they do. */
  readonly #sources = { egress: new MultiMap<string, string>(), ingress: new MultiMap<string, string>() };

  add(grant: GrantAcl): void {
    const { side, from, to } = grant;
    const known = this.#grants[side].get(from);
    const targets = known ?? new MultiMap<string, GrantAcl>();
    if (known === undefined) this.#grants[side].set(from, targets);
    targets.add(to, grant);
    this.#sources[side].add(to, from);
  }

  remove(grant: GrantAcl): void {
    const { side, from, to } = grant;
    const targets = this.#grants[side].get(from);
    targets?.remove(to, grant);
    if (targets?.has(to) !== true) this.#sources[side].remove(to, from);
    if (targets?.size === 0) this.#grants[side].delete(from);
  }

  of({ side, from, to }: SegmentPair): Iterable<GrantAcl> {
    return this.#grants[side].get(from)?.of(to) ?? [];
  }

  /** The ends to which grants of a side lead. */
  targetsOf(side: AclSide, from: string): Iterable<string> {
    return this.#grants[side].get(from)?.keys() ?? [];
  }

  /** The ends from which grants of a side lead. */
  sourcesOf(side: AclSide, to: string): Iterable<string> {
    return this.#sources[side].of(to);
  }
}
