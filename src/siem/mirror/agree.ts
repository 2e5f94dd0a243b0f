import type { LedgerReader } from '../../ledger/port.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import { leafHash } from '../../ledger/merkle/hash.ts';
import { MirrorUnavailable, StreamForked } from './faults.ts';
import type { Mirror } from './port.ts';

/** The most messages under way at once: enough that the wire does not wait for answers, few enough to be sent again. */
export const underWayMax = 256;

/** How many messages are asked for at a time. */
const askedAtOnce = 32;

/**
 * How many entries the mirror holds, its messages being this ledger's: those from entry `from` on, and at the least the last one. What
 * comes before was put there one upon the other. Somebody else's message can have others of this ledger upon it, as many as were under
 * way: each of them only expects how many there are before it. So whoever has not seen what was sent last leaves `from` out.
 * Undefined where there is no mirror. Throws StreamForked, MirrorDiffers, MirrorUnavailable.
 */
export async function agreedCount(
  ledger: LedgerReader,
  mirror: Mirror,
  from?: number,
): Promise<number | undefined> {
  const extent = await mirror.extent();
  if (extent === undefined) return undefined;
  const { first, last, count } = extent;
  if (last === 0) return 0;
  const { size } = await ledger.head();
  if (last > size)
    throw new StreamForked(
      mirror.name,
      `it holds ${String(last)} messages, the ledger ${String(size)} entries`,
    );
  // All that it held is older than what it was told to keep.
  if (count === 0) return last;
  const since = Math.max(first - 1, last - underWayMax, Math.min(from ?? 0, last - 1));
  await requireSame(ledger, mirror, { from: since, to: last - 1 });
  return last;
}

/** Compares messages with their entries. */
async function requireSame(
  ledger: LedgerReader,
  mirror: Mirror,
  { from, to }: { from: number; to: number },
): Promise<void> {
  const leaves = new Map<number, string>();
  for await (const { seq, bytes } of ledger.read({ after: from - 1, to })) leaves.set(seq, leafHash(bytes));
  const seqs = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const work = async (seq: number): Promise<void> => {
    const found = await mirror.find(seq + 1);
    // A server that has just come to lead may be behind the one that told of the message.
    if (found === undefined)
      throw new MirrorUnavailable(
        `the stream ${mirror.name} tells of a message ${String(seq + 1)}, and has none`,
      );
    if (found.id !== mirror.idOf(seq) || found.leaf !== leaves.get(seq))
      throw new StreamForked(mirror.name, `its message ${String(seq + 1)} is not entry ${String(seq)}`);
  };
  await sideBySide(seqs, { atOnce: askedAtOnce, work });
}
