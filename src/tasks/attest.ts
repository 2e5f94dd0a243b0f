import type { Attestation } from '../../events/attestation.ts';
import { readEnvelope } from '../../events/codec/decode.ts';
import { draftOf } from '../../events/draft.ts';
import type { Actor } from '../../events/entry.ts';
import type { Ledger, LedgerReader } from '../ledger/port.ts';
import { Fault } from '../runtime/errors.ts';

/** Another machine, whose clock is behind, recorded something before the end of the time that an answer is about. */
class EarlierEntry extends Fault {
  readonly code = 'EarlierEntry';
  readonly category = 'conflict';

  constructor({ seq, recordedAt, to }: { seq: number; recordedAt: string; to: string }) {
    super(
      `entry ${String(seq)} came meanwhile and says ${recordedAt}, before ${to}, up to which the answer goes: nothing was attested; ask again`,
    );
  }
}

interface AttestRequest {
  readonly ledger: Ledger;
  readonly newId: () => string;
  readonly actor: Actor;
  readonly reason: string | undefined;
  readonly attested: Attestation;
}

/** Records what somebody attests, and gives the seq of the entry. Throws EarlierEntry, and what appending throws. */
export async function attest({ ledger, newId, actor, reason, attested }: AttestRequest): Promise<number> {
  await requireNothingEarlier(ledger, attested);
  const events = [draftOf({ type: 'IsolationAttested', data: attested })];
  const { first } = await ledger.append({ events, actor, reason, idempotencyKey: newId() });
  return first;
}

/** Whoever asks again as known then finds the time up to the next entry told of, and none of it after that. */
async function requireNothingEarlier(ledger: LedgerReader, { size, to }: Attestation): Promise<void> {
  for await (const stored of ledger.read({ after: size - 1, to: size })) {
    const { recordedAt } = readEnvelope(stored);
    if (recordedAt < to.time) throw new EarlierEntry({ seq: stored.seq, recordedAt, to: to.time });
  }
}
