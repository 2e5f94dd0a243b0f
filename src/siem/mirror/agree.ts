import type { LedgerReader } from '../../ledger/port.ts';
import { leafHash } from '../../ledger/merkle/hash.ts';
import { MirrorUnavailable, StreamForked } from './faults.ts';
import type { Mirror } from './port.ts';

/**
 * How many entries the mirror holds, its last one being this ledger's. What comes before that was put there behind it, one upon the
 * other. Undefined where there is no mirror. Throws StreamForked, MirrorDiffers, MirrorUnavailable.
 */
export async function agreedCount(ledger: LedgerReader, mirror: Mirror): Promise<number | undefined> {
  const extent = await mirror.extent();
  if (extent === undefined) return undefined;
  const { last, count } = extent;
  if (last === 0) return 0;
  const { size } = await ledger.head();
  if (last > size)
    throw new StreamForked(
      mirror.name,
      `it holds ${String(last)} messages, the ledger ${String(size)} entries`,
    );
  // All that it held is older than what it was told to keep.
  if (count > 0) await requireSame(ledger, mirror, last);
  return last;
}

async function requireSame(ledger: LedgerReader, mirror: Mirror, last: number): Promise<void> {
  const found = await mirror.find(last);
  // A server that has just come to lead may be behind the one that told of the message.
  if (found === undefined)
    throw new MirrorUnavailable(
      `the stream ${mirror.name} tells of a last message, ${String(last)}, and has none`,
    );
  const seq = last - 1;
  for await (const { bytes } of ledger.read({ after: seq - 1, to: seq }))
    if (found.id === mirror.idOf(seq) && found.leaf === leafHash(bytes)) return;
  throw new StreamForked(mirror.name, `its message ${String(last)} is not entry ${String(seq)}`);
}
