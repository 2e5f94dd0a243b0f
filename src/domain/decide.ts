import type { DomainEvent } from '../../events/catalogue.ts';
import type { Document } from '../../events/documents.ts';
import { copyIntended, foldIntended, type Intended } from '../../projections/intended/intended.ts';
import { allocateVnis } from './allocate-vnis.ts';
import { Given, type Candidate, type DomainProblem } from './candidate.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkAirGap } from './check-air-gap.ts';
import { checkClassification } from './check-classification.ts';
import { checkInventory } from './check-inventory.ts';
import { checkNames } from './check-names.ts';
import { checkRules } from './check-rules.ts';
import { checkPlacement, placeTenants } from './place-tenants.ts';
import { inOrder, recordDocument, type DocumentChange } from './record-documents.ts';

/** What an apply of a folder comes to: the events that carry it out, or all that is wrong with it. */
export type Decision =
  | {
      readonly kind: 'accepted';
      readonly changes: readonly DocumentChange[];
      /** None where everything that the folder says is true already. */
      readonly events: readonly DomainEvent[];
      readonly after: Intended;
    }
  | { readonly kind: 'refused'; readonly problems: readonly DomainProblem[] };

/**
 * Judges a folder of documents as a whole, on the estate as it would stand after all of them; the order of the
 * documents never matters. `occupied` are the VNIs that hosts may still hold.
 */
export function decide(
  documents: readonly Document[],
  { intended, occupied }: { intended: Intended; occupied: ReadonlySet<number> },
): Decision {
  const after = copyIntended(intended);
  const recorded = inOrder(documents).map((document) => recordDocument(intended, document));
  const changes = recorded.map(({ change }) => change);
  const changed = changes.filter(({ change }) => change !== 'unchanged');
  const candidate: Candidate = { before: intended, after, given: new Given(documents, changed) };
  const events = recorded.flatMap((document) => document.events);
  const enact = (more: readonly DomainEvent[]): void => {
    for (const event of more) foldIntended(after, event);
    events.push(...more);
  };
  for (const event of events) foldIntended(after, event);
  enact(placeTenants(after));
  const { events: allocated, problems: unallocated } = allocateVnis(candidate, occupied);
  enact(allocated);
  const problems = [...problemsOf(candidate), ...unallocated];
  if (problems.length > 0) return { kind: 'refused', problems };
  return { kind: 'accepted', changes, events, after };
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
