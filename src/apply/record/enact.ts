import type { Document } from '../../../events/documents.ts';
import type { Actor } from '../../../events/entry.ts';
import { mayHoldSomething, vnisInUse } from '../../../projections/applied/may-hold.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import { decide, type Decision } from '../../domain/decide.ts';
import type { Prune } from '../../domain/prune.ts';
import { judgedAt } from '../../ledger/instants.ts';
import type { AppendResult, Ledger } from '../../ledger/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { Clock } from '../../runtime/clock.ts';
import { decidedOn } from '../plan/stands-on.ts';
import { isTimeDue, passTime } from './pass-time.ts';
import { record } from './record.ts';

export interface EnactRequest extends DocumentsToJudge {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly reason?: string | undefined;
  readonly source?: string | undefined;
  readonly idempotencyKey: string;
}

export interface Enacted {
  readonly decision: Decision;
  /** The place of the batch; undefined if there was nothing to record. */
  readonly recorded: AppendResult | undefined;
  readonly estate: Projected<Estate>;
}

/** The documents of a folder, and the documents that go when they are gone from it. */
export interface DocumentsToJudge {
  readonly documents: readonly Document[];
  readonly prune?: Prune | undefined;
}

/** Judges documents on the estate as it is, from an instant on (UTC with milliseconds), and records nothing. */
export function judge(
  { documents, prune }: DocumentsToJudge,
  { intended, applied }: Estate,
  at: string,
): Decision {
  const hostsOf = (shard: string): string[] => hostsOfShard(intended.directory, shard);
  return decide(documents, {
    ...{ at, intended, prune },
    occupied: () => vnisInUse(applied, hostsOf),
    holds: (host) => mayHoldSomething(applied, host),
  });
}

/**
 * Judges documents and records them as one batch, on condition that their subjects have not changed since the
 * decision. If they have, the documents are judged again. Time bounds that have passed are recorded before, unless
 * the documents are refused: then nothing is recorded. Throws Conflict if others are faster each time, and the
 * errors of append.
 */
export async function enact(request: EnactRequest, from: Projected<Estate>): Promise<Enacted> {
  const { ledger, actor, reason, source, idempotencyKey } = request;
  const now = await from.catchUp(ledger);
  if (isTimeDue(request, now)) {
    const decision = judge(request, now.state, judgedAt(request.clock.now(), now.recordedAt));
    if (decision.kind === 'refused') return { decision, recorded: undefined, estate: now };
    await passTime(request, now);
  }
  const { proposal, recorded, estate } = await record(
    { ledger, actor, reason, source, idempotencyKey },
    ({ state, recordedAt }) => {
      const decision = judge(request, state, judgedAt(request.clock.now(), recordedAt));
      return { decision, subjects: decidedOn, events: decision.kind === 'refused' ? [] : decision.events };
    },
    now,
  );
  return { decision: proposal.decision, recorded, estate };
}
