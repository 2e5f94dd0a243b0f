import type { DomainEvent } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import { Conflict } from '../../ledger/faults.ts';
import type { AppendRequest, AppendResult, Condition, Ledger } from '../../ledger/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';

/** How often a proposal is made if others write at the same time. */
const attemptsMax = 20;

export interface RecordRequest extends Omit<AppendRequest, 'events' | 'conditions'> {
  readonly ledger: Ledger;
}

/** What is to be recorded, and the subjects that it is made on: no entry may come under them until it is recorded. */
export interface Proposed {
  readonly events: readonly DomainEvent[];
  readonly subjects: readonly string[];
}

export interface Recorded<Proposal> {
  readonly proposal: Proposal;
  /** The place of the batch; undefined if there was nothing to record. */
  readonly recorded: AppendResult | undefined;
  readonly estate: Projected<Estate>;
}

/**
 * Brings the estate up to date, and appends a proposal on it as one batch, on condition that its subjects have not
 * changed. If they have, the proposal is made again. A proposal without events records nothing. Throws Conflict if
 * others are faster each time, and the errors of append and Projected.catchUp.
 */
export async function record<Proposal extends Proposed>(
  request: RecordRequest,
  propose: (estate: Projected<Estate>) => Proposal,
  from: Projected<Estate>,
): Promise<Recorded<Proposal>> {
  const { ledger, ...stated } = request;
  const estate = await from.catchUp(ledger);
  for (let attempt = 1; ; attempt += 1) {
    const proposal = propose(estate);
    if (proposal.events.length === 0) return { proposal, recorded: undefined, estate };
    try {
      const conditions = [unchanged(proposal, estate)];
      const recorded = await ledger.append({ ...stated, events: proposal.events.map(draftOf), conditions });
      return { proposal, recorded, estate: await estate.catchUp(ledger) };
    } catch (fault) {
      if (!(fault instanceof Conflict) || attempt === attemptsMax) throw fault;
      await estate.catchUp(ledger);
    }
  }
}

/** The condition that no entry came under the subjects since the estate was folded. */
function unchanged({ subjects }: Proposed, { cursor }: Projected<Estate>): Condition {
  return { subjects, unchangedSince: cursor.size - 1 };
}
