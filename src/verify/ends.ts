import { segmentOf, tenantOf } from '../../events/names.ts';
import type { Documents } from '../../projections/isolation/documents/document-fold.ts';
import type { IsolationState } from '../../projections/isolation/state.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { Folded, Moment } from './fold.ts';
import { unknownEnd } from './unknown-end.ts';

/** True for the segments (`tenant/segment`) and externals that are meant. */
export type EndFilter = (end: string) => boolean;

/**
 * The filter that a name means: a tenant, `tenant/segment` or external. Without a name everything passes. Throws
 * UnknownEnd for a name that nobody has at that instant, and the errors of reading a ledger.
 */
export async function endFilter(
  name: string | undefined,
  ledger: LedgerReader,
  { state, moment }: Pick<Folded, 'state' | 'moment'>,
): Promise<EndFilter> {
  const known = namesIn(state.documents);
  if (name !== undefined && !known.includes(name)) {
    throw await unknownEnd(ledger, { name, known, during: { from: moment, to: moment } });
  }
  return filterByName(name);
}

/** The filter that a name means at any instant, whether or not somebody has that name then. */
export function filterByName(name: string | undefined): EndFilter {
  return name === undefined ? () => true : (end) => end === name || tenantOf(end) === name;
}

/** Names that must each be somebody's at one instant at least. */
export class NamesSought {
  readonly #missing: Set<string>;
  /** The names at the instant that was looked at last. */
  #known: readonly string[] = [];

  constructor(names: readonly (string | undefined)[]) {
    this.#missing = new Set(names.filter((name) => name !== undefined));
  }

  lookIn({ documents }: IsolationState): void {
    if (this.#missing.size === 0) return;
    this.#known = namesIn(documents);
    for (const name of this.#known) this.#missing.delete(name);
  }

  /** Throws UnknownEnd for a name that nobody had at any instant looked at, and the errors of reading a ledger. */
  async requireFound(
    ledger: LedgerReader,
    during: { readonly from: Moment; readonly to: Moment },
  ): Promise<void> {
    for (const name of this.#missing) throw await unknownEnd(ledger, { name, known: this.#known, during });
  }
}

function namesIn({ tenants, externals }: Documents): string[] {
  const known = [...tenants.values()];
  const segments = known.flatMap(({ tenant, segments: own }) =>
    own.map((segment) => segmentOf(tenant, segment)),
  );
  return [...known.map(({ tenant }) => tenant), ...segments, ...externals.keys()];
}
