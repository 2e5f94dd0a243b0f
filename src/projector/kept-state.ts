import { defined } from '../../events/codec/defined.ts';
import { z } from 'zod';
import { digestOf } from '../../events/codec/canonical.ts';
import { digest as hexDigest, instant } from '../../events/names.ts';
import { isEdge } from '../ledger/merkle/frontier.ts';
import type { Cursor } from '../ledger/replay.ts';
import { readOwnFile, replaceFile } from '../runtime/durable-file.ts';
import { removeLeftOvers } from '../runtime/left-overs.ts';
import { ForeignState } from '../runtime/errors.ts';
import { Projected, type Projection } from './projection.ts';

/**
 * A projection's state on disk, with its ledger, its place in the ledger, and a digest against half-written files.
 */
const keptFile = z.strictObject({
  formatVersion: z.literal(1),
  ledger: z.string(),
  projection: z.string(),
  version: z.int(),
  // An editor can make the digest right: the edge must belong to the size.
  cursor: z.strictObject({ size: z.int().min(0), frontier: z.array(hexDigest) }).refine(isEdge),
  recordedAt: instant.optional(),
  digest: z.string(),
  state: z.unknown(),
});

export type KeptFile = z.infer<typeof keptFile>;

export interface KeptPlace {
  readonly path: string;
  readonly ledger: string;
}

/**
 * The kept state of a projection. Undefined if there is no file, if it is damaged, or if another version wrote it:
 * the state is then rebuilt from the ledger. Throws ForeignState for another ledger's file.
 */
export function readKept<State>(
  place: KeptPlace,
  projection: Projection<State>,
): Projected<State> | undefined {
  const file = readKeptFile(place);
  if (file?.version !== projection.version) return undefined;
  const state = projection.load(file.state);
  if (state === undefined) return undefined;
  return new Projected(projection, { state, cursor: file.cursor, recordedAt: file.recordedAt });
}

/** The place in the ledger of the kept state, whatever its version. Otherwise as readKept. */
export function readKeptCursor(place: KeptPlace): Cursor | undefined {
  return readKeptFile(place)?.cursor;
}

/**
 * What is kept of a projection, in its written form. Undefined if there is no file, or if it is damaged. Throws
 * ForeignState for another ledger's file.
 */
export function readKeptFile(place: KeptPlace): KeptFile | undefined {
  const parsed = keptFile.safeParse(readJson(place.path));
  if (!parsed.success) return undefined;
  const { ledger, cursor, digest, state } = parsed.data;
  if (ledger !== place.ledger) throw new ForeignState(place.path, ledger);
  return digest === digestIfAny({ cursor, saved: state }) ? parsed.data : undefined;
}

/** Keeps a projection's state and cursor together: a crash leaves the former file or this one. */
export function keep<State>(
  place: KeptPlace,
  projection: Projection<State>,
  projected: Projected<State>,
): void {
  const { cursor, recordedAt } = projected;
  const saved = projection.save(projected.state);
  const content = {
    formatVersion: 1,
    ledger: place.ledger,
    projection: projection.name,
    version: projection.version,
    cursor,
    ...defined({ recordedAt }),
    digest: digestOf({ cursor, saved }),
    state: saved,
  };
  replaceFile(place.path, JSON.stringify(content), { beside: `${place.path}.${String(process.pid)}` });
  removeLeftOvers(place.path, { mark: '.' });
}

/** Undefined for what no program of ours writes: half a character has no digest. */
function digestIfAny(content: object): string | undefined {
  try {
    return digestOf(content);
  } catch {
    return undefined;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readOwnFile(path));
  } catch {
    return undefined;
  }
}
