import { segmentOf, tenantOf } from '../../events/names.ts';
import type { Documents } from '../../projections/isolation/documents.ts';
import type { IsolationState } from '../../projections/isolation/state.ts';
import { nearestName } from '../runtime/nearest.ts';
import { UnknownEnd } from './faults.ts';

/** Whether a segment (`tenant/segment`) or external is meant. */
export type EndFilter = (end: string) => boolean;

/**
 * What a tenant, `tenant/segment` or an external's name means as a filter; everything if left out. Throws UnknownEnd for a
 * name that nobody has at that instant.
 */
export function endFilter(name: string | undefined, { documents }: IsolationState): EndFilter {
  if (name === undefined) return () => true;
  const known = namesIn(documents);
  if (!known.includes(name)) throw new UnknownEnd(name, nearestName(name, known));
  return filterByName(name);
}

/** The same for any instant, whether or not somebody has that name then. */
export function filterByName(name: string | undefined): EndFilter {
  return name === undefined ? () => true : (end) => end === name || tenantOf(end) === name;
}

/** Names that must each be somebody's at one instant at least. */
export class NamesSought {
  readonly #missing: Set<string>;
  /** What people are called at the instant looked at last. */
  #known: readonly string[] = [];

  constructor(names: readonly (string | undefined)[]) {
    this.#missing = new Set(names.filter((name) => name !== undefined));
  }

  lookIn({ documents }: IsolationState): void {
    if (this.#missing.size === 0) return;
    this.#known = namesIn(documents);
    for (const name of this.#known) this.#missing.delete(name);
  }

  /** Throws UnknownEnd for one that nobody had. */
  requireFound(): void {
    for (const name of this.#missing) throw new UnknownEnd(name, nearestName(name, this.#known));
  }
}

function namesIn({ tenants, externals }: Documents): string[] {
  const known = [...tenants.values()];
  const segments = known.flatMap(({ tenant, segments: own }) =>
    own.map((segment) => segmentOf(tenant, segment)),
  );
  return [...known.map(({ tenant }) => tenant), ...segments, ...externals.keys()];
}
