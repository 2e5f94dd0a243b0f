import { z } from 'zod';
import { digest } from '../../events/names.ts';
import { isEdge } from '../ledger/merkle/frontier.ts';
import type { Cursor } from '../ledger/replay.ts';
import { readOwnFile, replaceFile } from '../runtime/durable-file.ts';
import { ForeignState } from '../runtime/errors.ts';

/**
 * How far commands have seen a ledger. The kept state may be older: it is written only now and then. A ledger that does
 * not go on from here was rewritten, cut, or is an older copy.
 */
const seenFile = z.strictObject({
  formatVersion: z.literal(1),
  ledger: z.string(),
  cursor: z.strictObject({ size: z.int().min(0), frontier: z.array(digest) }).refine(isEdge),
});

interface SeenPlace {
  readonly path: string;
  readonly ledger: string;
}

/** Undefined if nothing was noted, or the note is damaged. Throws ForeignState for another ledger's. */
export function readSeen({ path, ledger }: SeenPlace): Cursor | undefined {
  const parsed = seenFile.safeParse(readJson(path));
  if (!parsed.success) return undefined;
  if (parsed.data.ledger !== ledger) throw new ForeignState(path, parsed.data.ledger);
  return parsed.data.cursor;
}

/** Notes a place, unless a later one is noted. Throws ForeignState, and the errors of the operating system. */
export function noteSeen(place: SeenPlace, { size, frontier }: Cursor): void {
  const noted = readSeen(place);
  if (size === 0 || (noted !== undefined && noted.size >= size)) return;
  const content = { formatVersion: 1, ledger: place.ledger, cursor: { size, frontier } };
  replaceFile(place.path, JSON.stringify(content), { beside: `${place.path}.${String(process.pid)}` });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readOwnFile(path, { followLinks: false }));
  } catch {
    return undefined;
  }
}
