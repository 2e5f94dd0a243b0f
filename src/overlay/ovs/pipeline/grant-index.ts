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
  readonly #grants = new MultiMap<string, GrantAcl>();
  /** The other ends of grants, by side and either end. */
  readonly #targets = { egress: new MultiMap<string, string>(), ingress: new MultiMap<string, string>() };
  readonly #sources = { egress: new MultiMap<string, string>(), ingress: new MultiMap<string, string>() };

  add(grant: GrantAcl): void {
    const { side, from, to } = grant;
    this.#grants.add(pairKey(grant), grant);
    this.#targets[side].add(from, to);
    this.#sources[side].add(to, from);
  }

  remove(grant: GrantAcl): void {
    const { side, from, to } = grant;
    this.#grants.remove(pairKey(grant), grant);
    if (this.#grants.has(pairKey(grant))) return;
    this.#targets[side].remove(from, to);
    this.#sources[side].remove(to, from);
  }

  of(pair: SegmentPair): Iterable<GrantAcl> {
    return this.#grants.of(pairKey(pair));
  }

  /** The ends to which grants of a side lead. */
  targetsOf(side: AclSide, from: string): Iterable<string> {
    return this.#targets[side].of(from);
  }

  /** The ends from which grants of a side lead. */
  sourcesOf(side: AclSide, to: string): Iterable<string> {
    return this.#sources[side].of(to);
  }
}

function pairKey({ side, from, to }: SegmentPair): string {
  return `${side} ${from} ${to}`;
}
