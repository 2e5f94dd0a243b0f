import { readEnvelope } from '../../events/codec/decode.ts';
import { draftOf } from '../../events/draft.ts';
import type { Actor } from '../../events/entry.ts';
import type { Ledger } from '../ledger/port.ts';
import { UsageError } from '../runtime/errors.ts';
import type { CursorPlace } from '../siem/sinks/cursor.ts';
import { skippedFor } from '../siem/sinks/skipped.ts';

interface SkipRequest {
  readonly ledger: Ledger;
  readonly cursor: CursorPlace;
  readonly sink: string;
  readonly seq: number;
  readonly actor: Actor;
  readonly reason: string;
}

/**
 * Records that a sink is not delivered an entry. False where that was recorded before. Throws UsageError for an entry that there is
 * not, or that was delivered; what appending throws.
 */
export async function skipEntry(request: SkipRequest): Promise<boolean> {
  const { ledger, cursor, sink, seq, actor, reason } = request;
  const entry = await idOf(ledger, seq);
  if ((cursor.read()?.seq ?? -1) >= seq)
    throw new UsageError(`entry ${String(seq)} was delivered to ${sink}: there is nothing to pass over`);
  if ((await skippedFor(ledger, sink)).get(seq) === entry) return false;
  const data = { sink, seq, entry };
  await ledger.append({ events: [draftOf({ type: 'EntrySkipped', data })], actor, reason });
  return true;
}

async function idOf(ledger: Ledger, seq: number): Promise<string> {
  for await (const stored of ledger.read({ after: seq - 1, to: seq })) return readEnvelope(stored).id;
  throw new UsageError(`the ledger has no entry ${String(seq)}`);
}
