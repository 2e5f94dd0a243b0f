import type { DomainEvent } from '../../../events/catalogue.ts';
import { draftOf } from '../../../events/draft.ts';
import type { Actor } from '../../../events/entry.ts';
import { dueBounds } from '../../../projections/bounds/bounds.ts';
import type { Ledger } from '../../ledger/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { Clock } from '../../runtime/clock.ts';
import { judgedAt } from '../../ledger/instants.ts';
import { record } from './record.ts';

/**
 * Records every time bound of a rule that has passed and is not in the ledger yet, as one batch. Every writing
 * command does this first. Returns the estate after it. Throws the errors of record.
 */
export async function passTime(
  { ledger, clock, actor }: { ledger: Ledger; clock: Clock; actor: Actor },
  from: Projected<Estate>,
): Promise<Projected<Estate>> {
  const { estate } = await record(
    { ledger, actor },
    ({ state, recordedAt }) => {
      const events = passedBounds(state, judgedAt(clock.now(), recordedAt));
      // A bound is its tenant's alone: where many others change something, a quarantine does not wait for it.
      return { events, subjects: [...new Set(events.map((event) => draftOf(event).subject))] };
    },
    from,
  );
  return estate;
}

/** True if a bound has passed that is not in the ledger, as far as the given estate knows. */
export function isTimeDue({ clock }: { clock: Clock }, { state, recordedAt }: Projected<Estate>): boolean {
  return passedBounds(state, judgedAt(clock.now(), recordedAt)).length > 0;
}

function passedBounds({ bounds }: Estate, at: string): DomainEvent[] {
  return dueBounds(bounds, at).map(({ kind, passed }) => ({
    type: kind === 'opens' ? 'GrantOpened' : 'GrantLapsed',
    data: passed,
  }));
}
