import type { DomainEvent } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import { Conflict } from '../../ledger/faults.ts';
import type { AppendRequest, AppendResult, Condition, Ledger } from '../../ledger/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';

/** How often a proposal is made anew when others write at the same time. */
const attemptsMax = 5;

export interface RecordRequest extends Omit<AppendRequest, 'events' | 'conditions'> {
  readonly ledger: Ledger;
  /** What the proposal is made on: nothing under these subjects may change until it is recorded. */
  readonly subjects: readonly string[];
}

export interface Recorded<Proposal> {
  readonly proposal: Proposal;
  /** Where the batch stands; undefined where nothing was to be recorded. */
  readonly recorded: AppendResult | undefined;
  readonly estate: Projected<Estate>;
}

/**
 * Brings the estate up to date, and appends what is proposed on it as one batch, on condition that what it was proposed
 * on has not changed; if something has, it is proposed again. A proposal without events records nothing. Throws Conflict
 * when others are faster five times over, and what append and Projected.catchUp throw.
 */
export async function record<Proposal extends { readonly events: readonly DomainEvent[] }>(
  request: RecordRequest,
  propose: (estate: Projected<Estate>) => Proposal,
  from: Projected<Estate>,
): Promise<Recorded<Proposal>> {
  const { ledger, subjects, ...stated } = request;
  const estate = await from.catchUp(ledger);
  for (let attempt = 1; ; attempt += 1) {
    const proposal = propose(estate);
    if (proposal.events.length === 0) return { proposal, recorded: undefined, estate };
    try {
      const conditions = [unchanged(subjects, estate)];
      const recorded = await ledger.append({ ...stated, events: proposal.events.map(draftOf), conditions });
      return { proposal, recorded, estate: await estate.catchUp(ledger) };
    } catch (fault) {
      if (!(fault instanceof Conflict) || attempt === attemptsMax) throw fault;
      await estate.catchUp(ledger);
    }
  }
}

/** That nothing under the subjects was recorded since the estate was folded. */
function unchanged(subjects: readonly string[], { cursor }: Projected<Estate>): Condition {
  return { subjects, unchangedSince: cursor.size - 1 };
}
