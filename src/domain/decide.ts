import type { DomainEvent } from '../../events/catalogue.ts';
import type { Document } from '../../events/documents.ts';
import type { Scope } from '../../projections/intended/consents.ts';
import { copyIntended, foldIntended, type Intended } from '../../projections/intended/intended.ts';
import { allocateVnis } from './allocate-vnis.ts';
import { Given, type Candidate, type DomainProblem } from './candidate.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkAirGap } from './check-air-gap.ts';
import { checkClassification } from './check-classification.ts';
import { checkInventory } from './check-inventory.ts';
import { checkNames } from './check-names.ts';
import { checkRemovals } from './check-removals.ts';
import { checkRules } from './check-rules.ts';
import { checkPlacement, placeTenants } from './place-tenants.ts';
import { documentsGone, type Prune } from './prune.ts';
import { inOrder, recordDocument, removeDocuments, type DocumentChange } from './record-documents.ts';
import { scopeOf } from './scope.ts';

/** What an apply of a folder comes to: the events that carry it out, or all that is wrong with it. */
export type Decision =
  | {
      readonly kind: 'accepted';
      readonly changes: readonly DocumentChange[];
      /** None where everything that the folder says is true already. */
      readonly events: readonly DomainEvent[];
      readonly after: Intended;
      /** Whom it concerns; undefined where that is everyone. */
      readonly scope: Scope | undefined;
    }
  | { readonly kind: 'refused'; readonly problems: readonly DomainProblem[] };

/** What a folder is judged on. */
export interface Grounds {
  readonly intended: Intended;
  /** The VNIs that hosts may still hold; asked for only where one is to be given. */
  readonly occupied: () => ReadonlySet<number>;
  /** Whose documents go when they are gone from the folder; nobody's if left out. */
  readonly prune?: Prune | undefined;
}

/**
 * Judges a folder of documents as a whole, on the estate as it would stand after all of them; the order of the
 * documents never matters. Looks only at what the documents that say something new have to do with. `after` is valid
 * until the estate that was given is folded further.
 */
export function decide(documents: readonly Document[], { intended, occupied, prune }: Grounds): Decision {
  const after = copyIntended(intended);
  const recorded = inOrder(documents).map((document) => recordDocument(intended, document));
  const said = recorded.map(({ change }) => change);
  const changed = said.filter(({ change }) => change !== 'unchanged');
  const removed = documentsGone(intended, { documents, prune });
  const given = new Given(documents, { changed, removed });
  const scope = scopeOf([...changed, ...removed]);
  const candidate: Candidate = { before: intended, after, given, scope };
  const removal = removeDocuments(intended, removed);
  const enact = (events: readonly DomainEvent[]): readonly DomainEvent[] => {
    for (const event of events) foldIntended(after, event);
    return events;
  };
  const declared = enact([...recorded.flatMap(({ events }) => events), ...removal.withdrawn]);
  enact(removal.retired);
  const placed = enact(placeTenants(candidate));
  const allocation = allocateVnis(candidate, occupied);
  const allocated = enact(allocation.events);
  const problems = [...checkRemovals(candidate, removed), ...problemsOf(candidate), ...allocation.problems];
  if (problems.length > 0) return { kind: 'refused', problems };
  const changes = [...said, ...removed.map((ref) => ({ ...ref, change: 'removed' as const }))];
  // A tenant is retired when what it had is gone: the log reads in that order.
  const events = [...declared, ...placed, ...allocated, ...removal.retired];
  return { kind: 'accepted', changes, events, after, scope };
}

function* problemsOf(candidate: Candidate): Iterable<DomainProblem> {
  yield* checkNames(candidate);
  yield* checkInventory(candidate);
  yield* checkRules(candidate);
  yield* checkPlacement(candidate);
  yield* checkAirGap(candidate);
  yield* checkClassification(candidate);
  yield* checkAddresses(candidate);
}
