import type { DomainEvent } from '../../events/catalogue.ts';
import type { Document } from '../../events/documents.ts';
import type { Scope } from '../../projections/intended/consents.ts';
import { copyIntended, foldIntended, type Intended } from '../../projections/intended/intended.ts';
import { allocateVnis } from './allocate-vnis.ts';
import { FolderDocuments, type Candidate, type DomainProblem } from './candidate.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkAirGap } from './check-air-gap.ts';
import { checkClassification } from './check-classification.ts';
import { checkExtent } from './check-extent.ts';
import { checkLeftBehind, type HoldsAnything } from './check-left-behind.ts';
import { checkInventory } from './check-inventory.ts';
import { checkNames } from './check-names.ts';
import { checkRemovals } from './check-removals.ts';
import { checkRules } from './check-rules.ts';
import { checkSwitches } from './check-switches.ts';
import { checkPlacement, placeTenants } from './place-tenants.ts';
import { documentsGone, type Prune } from './prune.ts';
import { inOrder, recordDocument, removeDocuments, type DocumentChange } from './record-documents.ts';
import { scopeOf } from './scope.ts';

/** The outcome of judging a folder: the events that carry it out, or every problem with it. */
export type Decision =
  | {
      readonly kind: 'accepted';
      readonly changes: readonly DocumentChange[];
      /** Empty if the estate already is as the folder says. */
      readonly events: readonly DomainEvent[];
      readonly after: Intended;
      /** The tenants that are concerned; undefined if every tenant is. */
      readonly scope: Scope | undefined;
    }
  | { readonly kind: 'refused'; readonly problems: readonly DomainProblem[] };

/** The state that a folder is judged on. */
export interface DecisionGrounds {
  /** The instant of the apply, UTC with milliseconds: the estate is judged from then on, for all time to come. */
  readonly at: string;
  readonly intended: Intended;
  /** The VNIs that hosts may still have. Computed only if a VNI is to be allocated. */
  readonly occupied: () => ReadonlySet<number>;
  readonly holds: HoldsAnything;
  /** The documents that are removed if they are missing from the folder; none if left out. */
  readonly prune?: Prune | undefined;
}

/**
 * Judges a folder of documents as a whole, on the estate as it would be after all of them. The order of the documents
 * never matters. The cost depends on the changed documents and on what is related to them. `after` is valid until
 * `intended` is folded further.
 */
export function decide(
  documents: readonly Document[],
  { at, intended, occupied, holds, prune }: DecisionGrounds,
): Decision {
  const after = copyIntended(intended);
  const recorded = inOrder(documents).map((document) => recordDocument(intended, document));
  const said = recorded.map(({ change }) => change);
  const changed = said.filter(({ change }) => change !== 'unchanged');
  const removed = documentsGone(intended, { documents, prune });
  const folder = new FolderDocuments(documents, { changed, removed });
  const scope = scopeOf([...changed, ...removed]);
  const candidate: Candidate = { at, before: intended, after, folder, scope };
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
  const problems = [
    ...checkRemovals(candidate, removed),
    ...problemsOf(candidate),
    ...checkLeftBehind(candidate, holds),
    ...allocation.problems,
  ];
  if (problems.length > 0) return { kind: 'refused', problems };
  const changes = [...said, ...removed.map((ref) => ({ ...ref, change: 'removed' as const }))];
  // The log reads in this order: a tenant is retired after its policy, endpoints and VNIs are gone.
  const events = [...declared, ...placed, ...allocated, ...removal.retired];
  return { kind: 'accepted', changes, events, after, scope };
}

function* problemsOf(candidate: Candidate): Iterable<DomainProblem> {
  yield* checkNames(candidate);
  yield* checkInventory(candidate);
  yield* checkRules(candidate);
  yield* checkPlacement(candidate);
  yield* checkAirGap(candidate);
  yield* checkSwitches(candidate);
  const tooMany = [...checkExtent(candidate)];
  yield* tooMany;
  // What rules come to is judged pair by pair: of too many pairs that would take for ever.
  if (tooMany.length > 0) return;
  yield* checkClassification(candidate);
  yield* checkAddresses(candidate);
}
