import { compareMirror, type MirrorComparison } from '../siem/mirror/compare.ts';

/**
 * - `same`: every entry is there. `behind`: all that is there is right, and more is to come.
 * - `cut`: messages are gone, as by a bound of their age; all others are right.
 * - `otherwise`: messages bear the id and the hash of their entries, and other words than this version writes.
 * - `missing`: there is no stream. `forked`: a message is not its entry, or there are more than the ledger has entries.
 */
export type StreamVerdict = 'same' | 'behind' | 'otherwise' | 'cut' | 'missing' | 'forked';

export interface StreamStatus extends MirrorComparison {
  readonly verdict: StreamVerdict;
}

/** Reads the whole stream of a ledger, and says how it stands. Throws MirrorUnavailable, MirrorDiffers. */
export async function streamStatus(of: Parameters<typeof compareMirror>[0]): Promise<StreamStatus> {
  const comparison = await compareMirror(of);
  return { verdict: verdictOf(comparison), ...comparison };
}

function verdictOf({ size, extent, firstDifference, otherwiseWritten }: MirrorComparison): StreamVerdict {
  if (extent === undefined) return 'missing';
  if (firstDifference !== undefined || extent.last > size) return 'forked';
  if (extent.count < extent.last) return 'cut';
  if (otherwiseWritten > 0) return 'otherwise';
  return extent.last < size ? 'behind' : 'same';
}
