import { readEnvelope } from '../../events/codec/decode.ts';
import { draftOf } from '../../events/draft.ts';
import type { Actor } from '../../events/entry.ts';
import { leafHash } from '../ledger/merkle/hash.ts';
import type { Ledger } from '../ledger/port.ts';
import { UsageError } from '../runtime/errors.ts';
import type { CursorPlace, SinkCursor } from '../siem/sinks/cursor.ts';
import { skippedFor } from '../siem/sinks/skipped.ts';

interface SkipRequest {
  readonly ledger: Ledger;
  readonly cursor: CursorPlace;
  readonly sink: string;
  readonly seq: number;
  readonly actor: Actor;
  readonly reason: string;
  /** Also an entry of which this machine does not know that it was refused. */
  readonly isAnyway: boolean;
}

/**
 * Records that a sink is not delivered an entry. False where that was recorded before. Throws UsageError for an entry that there is
 * not, that was delivered, or that its receiver did not refuse; what appending throws.
 */
export async function skipEntry(request: SkipRequest): Promise<boolean> {
  const { ledger, cursor, sink, seq, actor, reason, isAnyway } = request;
  const { id: entry, leaf } = await entryAt(ledger, seq);
  if ((cursor.read()?.seq ?? -1) >= seq)
    throw new UsageError(`entry ${String(seq)} was delivered to ${sink}: there is nothing to pass over`);
  if ((await skippedFor(ledger, sink)).get(seq) === entry) return false;
  if (!isAnyway) requireRefused(sink, { seq, leaf }, cursor.refused());
  const data = { sink, seq, entry };
  await ledger.append({ events: [draftOf({ type: 'EntrySkipped', data })], actor, reason });
  return true;
}

/** Throws UsageError for an entry that is not the one at which the sink stopped: a slip in a number would leave a gap. */
function requireRefused(sink: string, { seq, leaf }: SinkCursor, refused: SinkCursor | undefined): void {
  if (refused?.seq === seq && refused.leaf === leaf) return;
  const words =
    refused === undefined
      ? 'as far as this machine knows, its receiver refused none'
      : `it stopped at entry ${String(refused.seq)}`;
  throw new UsageError(
    `${sink} did not stop at entry ${String(seq)}: ${words}; --anyway passes it over all the same`,
  );
}

async function entryAt(ledger: Ledger, seq: number): Promise<{ id: string; leaf: string }> {
  for await (const stored of ledger.read({ after: seq - 1, to: seq }))
    return { id: readEnvelope(stored).id, leaf: leafHash(stored.bytes) };
  throw new UsageError(`the ledger has no entry ${String(seq)}`);
}
