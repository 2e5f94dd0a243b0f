import { draftOf } from '../../events/draft.ts';
import type { Document } from '../../events/documents.ts';
import type { Actor } from '../../events/entry.ts';
import { vnisInUse } from '../../projections/applied/applied.ts';
import { hostsOfShard } from '../../projections/directory/directory.ts';
import { decide, type Decision } from '../domain/decide.ts';
import { Conflict } from '../ledger/faults.ts';
import type { AppendResult, Condition, Ledger } from '../ledger/port.ts';
import { estateProjection, type Estate } from '../project/estate.ts';
import { project, type Projected } from '../project/projection.ts';

/** What a decision reads, and so what must not have changed when it is recorded. Never `overlay/`: see vnisInUse. */
export const decidedOn = ['tenant', 'external', 'host', 'shard'] as const;

/** How often a decision is made anew when others write at the same time. */
const attemptsMax = 5;

export interface EnactRequest {
  readonly ledger: Ledger;
  readonly documents: readonly Document[];
  readonly actor: Actor;
  readonly reason?: string;
  readonly source?: string;
  readonly idempotencyKey: string;
}

export interface Enacted {
  readonly decision: Decision;
  /** Where the batch stands; undefined where nothing was to be recorded. */
  readonly recorded: AppendResult | undefined;
  readonly estate: Projected<Estate>;
}

/** Judges documents on the estate as it stands, and records nothing. */
export function judge(documents: readonly Document[], estate: Estate): Decision {
  const { directory } = estate.intended;
  const hostsOf = (shard: string): string[] => hostsOfShard(directory, shard);
  return decide(documents, { intended: estate.intended, occupied: vnisInUse(estate.applied, hostsOf) });
}

/**
 * Judges documents and records them as one batch, on condition that nothing it was decided on has changed since; if
 * something has, it is decided again. Throws Conflict when others are faster five times over, and what append throws.
 */
export async function enact(request: EnactRequest, from: Projected<Estate>): Promise<Enacted> {
  const { ledger, documents } = request;
  let estate = await project(ledger, estateProjection, from);
  for (let attempt = 1; ; attempt += 1) {
    const decision = judge(documents, estate.state);
    if (decision.kind === 'refused' || decision.events.length === 0) {
      return { decision, recorded: undefined, estate };
    }
    try {
      const recorded = await ledger.append({
        events: decision.events.map(draftOf),
        actor: request.actor,
        ...(request.reason === undefined ? {} : { reason: request.reason }),
        ...(request.source === undefined ? {} : { source: request.source }),
        conditions: [unchanged(decidedOn, estate)],
        idempotencyKey: request.idempotencyKey,
      });
      return { decision, recorded, estate: await project(ledger, estateProjection, estate) };
    } catch (fault) {
      if (!(fault instanceof Conflict) || attempt === attemptsMax) throw fault;
      estate = await project(ledger, estateProjection, estate);
    }
  }
}

/** That nothing under the subjects was recorded since the estate was folded. */
export function unchanged(subjects: readonly string[], { cursor }: Projected<Estate>): Condition {
  return { subjects, unchangedSince: cursor.size - 1 };
}
