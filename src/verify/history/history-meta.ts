import { z } from 'zod';
import { digest, instant } from '../../../events/names.ts';
import { lanes } from '../../../projections/isolation/judging/lanes.ts';
import { isEdge } from '../../ledger/merkle/frontier.ts';
import { digestOfText } from './digested-lists.ts';
import { IndexDamaged, IndexOfAnotherVersion } from './rows.ts';

/** Raised whenever what is written, or what it means, changes: an index of another version is built anew. */
const formatVersion = 4;

/** What an index is of, and how far it reaches. */
const meta = z.strictObject({
  formatVersion: z.literal(formatVersion),
  ledger: z.string(),
  lane: z.enum(lanes),
  /** Digest of the code that judged. */
  engine: z.string(),
  /** The entries whose batches are in it. */
  cursor: z.strictObject({ size: z.int().min(0), frontier: z.array(digest) }).refine(isEdge),
  /** The ledger's head, up to which there was no other whole batch. */
  head: z.strictObject({ size: z.int().min(0), root: digest }),
  /** The last batch. */
  last: z.strictObject({ seq: z.int().min(0), recordedAt: instant }),
  /** The time up to which the clock was followed. */
  passed: instant,
  /** The next instant after it at which something may change by the clock alone. */
  next: instant.nullable(),
  /** The last instant at which something was judged since time alone had come to it: an entry from before it makes that void. */
  byClock: instant.nullable(),
  /** The digest of the head of what is kept of the engine, which says what all of that comes to. */
  kept: z.string(),
  /** How many stops changed something. */
  stops: z.int().min(0),
  /** What all lists together give. */
  root: z.string(),
});

export type HistoryMeta = Readonly<z.infer<typeof meta>>;

/** As it is written, with its digest. */
export function sealed(of: Omit<HistoryMeta, 'formatVersion'>): {
  readonly body: string;
  readonly digest: string;
} {
  const body = JSON.stringify({ formatVersion, ...of } satisfies HistoryMeta);
  return { body, digest: digestOfText(body) };
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new IndexDamaged('what it says of itself is no JSON');
  }
}

/** Throws IndexDamaged for what was not written so, and for another version. */
export function metaIn({ body, digest: written }: { body: string; digest: string }): HistoryMeta {
  if (digestOfText(body) !== written)
    throw new IndexDamaged('what it says of itself is not what was written');
  const parsed = meta.safeParse(jsonIn(body));
  if (!parsed.success) throw new IndexOfAnotherVersion('it is of another version');
  return parsed.data;
}
