import { hash } from 'node:crypto';
import { z } from 'zod';
import { decodeEntry } from '../../events/codec/decode.ts';
import { defined } from '../../events/codec/defined.ts';
import { draftOf } from '../../events/draft.ts';
import type { Actor, StoredEntry } from '../../events/entry.ts';
import { digest as hexDigest, instant } from '../../events/names.ts';
import { isEdge } from '../ledger/merkle/frontier.ts';
import type { Ledger, LedgerReader } from '../ledger/port.ts';
import type { Cursor } from '../ledger/replay.ts';
import { readOwnBytes, writeBeside } from '../runtime/durable-file.ts';
import { shownLedger } from '../runtime/errors.ts';
import { Projected, type Projection } from './projection.ts';

/** The first line of a file with a projection's state: whose it is, and its place in the ledger. The state follows. */
const firstLine = z.strictObject({
  formatVersion: z.literal(2),
  ledger: z.string(),
  projection: z.string(),
  version: z.int(),
  cursor: z.strictObject({ size: z.int().min(0), frontier: z.array(hexDigest) }).refine(isEdge),
  recordedAt: instant.optional(),
  companion: hexDigest.optional(),
});

/** Whatever a later version may write there. */
const anyFormat = z.looseObject({ formatVersion: z.int() });

type FirstLine = z.infer<typeof firstLine>;

/** Bytes in which the first line ends, whatever the ledger: an edge has at most 53 hashes. */
const firstLineMax = 8192;

export interface KeptPlace {
  readonly path: string;
  readonly ledger: string;
}

/** A file of kept state, as it was found: anybody may have edited it. */
export interface KeptFile extends FirstLine {
  /** The SHA-256 of its bytes. An entry of the ledger that says so vouches for it: see StateKept. */
  readonly digest: string;
  readonly length: number;
  /** The state in its written form. Throws a SyntaxError for what is no JSON. */
  readonly state: () => unknown;
}

/**
 * `none`: no file, or one of another version. `unvouched`: a file for which no entry vouches: somebody edited it. `foreign`: another
 * ledger's; it can be folded anew from this one, so that it keeps nobody from anything.
 */
export type Kept<State> =
  | { readonly kind: 'none' | 'unvouched' }
  | { readonly kind: 'foreign'; readonly ledger: string }
  | { readonly kind: 'kept'; readonly projected: Projected<State> };

/**
 * The kept state of a projection, if an entry since its place vouches for it: an editor of the file would have to change
 * the ledger as well. Its content is then what this program wrote, and is not looked at twice. The entries since must
 * still be read up to the head, by catchUp. Throws what reading a ledger throws.
 */
export async function readKept<State>(
  ledger: LedgerReader,
  path: string,
  projection: Projection<State>,
): Promise<Kept<State>> {
  const place = { path, ledger: ledger.id };
  const standing = await standingOf(ledger, { place, file: readKeptFile(place), projection });
  if (standing.kind !== 'vouched') return standing;
  const { file } = standing;
  const { cursor, recordedAt, length: keptBytes, companion } = file;
  const state = projection.load(file.state());
  const folded = { state, cursor, recordedAt, keptBytes, companion };
  return { kind: 'kept', projected: new Projected(projection, folded) };
}

/** How the file of a projection's kept state stands, which is not used where this says something: as readKept, without its content. */
export async function keptStanding(
  ledger: LedgerReader,
  path: string,
  projection: Pick<Projection<unknown>, 'version'>,
): Promise<Exclude<Kept<never>, { kind: 'kept' }> | undefined> {
  const place = { path, ledger: ledger.id };
  const standing = await standingOf(ledger, { place, file: readKeptFile(place), projection });
  return standing.kind === 'vouched' ? undefined : standing;
}

type FoundKept =
  Exclude<Kept<never>, { kind: 'kept' }> | { readonly kind: 'vouched'; readonly file: KeptFile };

async function standingOf(
  ledger: LedgerReader,
  of: { place: KeptPlace; file: KeptFile | undefined; projection: Pick<Projection<unknown>, 'version'> },
): Promise<FoundKept> {
  const { place, file, projection } = of;
  if (file === undefined) {
    const other = otherLedgerIn(place);
    if (other !== undefined) return { kind: 'foreign', ledger: other };
    return { kind: isNoProgramsOwn(place.path) ? 'unvouched' : 'none' };
  }
  if (file.version !== projection.version) return { kind: 'none' };
  return (await isVouchedFor(ledger, file)) ? { kind: 'vouched', file } : { kind: 'unvouched' };
}

/** Of a file that cannot be read as kept state: whether it is none of another version either. A crash leaves no such file. */
function isNoProgramsOwn(path: string): boolean {
  const bytes = readIfAny(path);
  if (bytes === undefined) return false;
  const parsed = anyFormat.safeParse(jsonIn(bytes.subarray(0, bytes.indexOf('\n'))));
  return !parsed.success || parsed.data.formatVersion === firstLine.shape.formatVersion.value;
}

async function isVouchedFor(ledger: LedgerReader, { cursor, digest }: KeptFile): Promise<boolean> {
  for await (const stored of ledger.read({ after: cursor.size - 1 }))
    if (vouchesFor(stored, digest)) return true;
  return false;
}

/** Most entries are not decoded for it. */
function vouchesFor(stored: StoredEntry, digest: string): boolean {
  const { buffer, byteOffset, length } = stored.bytes;
  if (!Buffer.from(buffer, byteOffset, length).includes(digest)) return false;
  const entry = decodeEntry(stored);
  return entry.type === 'StateKept' && entry.data.digest === digest && entry.batch.count === 1;
}

/** The place in the ledger of the kept state, whatever its version, and whoever wrote it. Otherwise as readKeptFile. */
export function readKeptCursor(place: KeptPlace): Cursor | undefined {
  return firstLineOf(place, readIfAny(place.path, { most: firstLineMax }))?.cursor;
}

/** The id of the ledger of a kept state, fit for being told, where it is of another one than the place is for. */
export function otherLedgerIn({ path, ledger }: KeptPlace): string | undefined {
  const first = firstLineIn(readIfAny(path, { most: firstLineMax }));
  return first === undefined || first.ledger === ledger ? undefined : shownLedger(first.ledger);
}

/**
 * What is kept of a projection, in its written form. Undefined if there is no file, if its first line is damaged, or if
 * it is another ledger's.
 */
export function readKeptFile(place: KeptPlace): KeptFile | undefined {
  const bytes = readIfAny(place.path);
  const first = firstLineOf(place, bytes);
  if (bytes === undefined || first === undefined) return undefined;
  const from = bytes.indexOf('\n') + 1;
  const state = (): unknown => JSON.parse(bytes.toString('utf8', from));
  return { ...first, digest: hash('sha256', bytes), length: bytes.length, state };
}

function firstLineOf(
  { ledger }: Pick<KeptPlace, 'ledger'>,
  bytes: Buffer | undefined,
): FirstLine | undefined {
  const first = firstLineIn(bytes);
  return first?.ledger === ledger ? first : undefined;
}

function firstLineIn(bytes: Buffer | undefined): FirstLine | undefined {
  return firstLine.safeParse(jsonIn(bytes?.subarray(0, bytes.indexOf('\n')))).data;
}

/**
 * Keeps a projection's state and cursor together. The entry that vouches for the file comes first; then the file takes its
 * place: a crash leaves the former file, for which its own entry vouches, or this one. Throws the errors of append and
 * of the operating system; the former file is then there still.
 */
export async function keep<State>(
  { ledger, path, actor }: { ledger: Ledger; path: string; actor: Actor },
  projection: Projection<State>,
  projected: Projected<State>,
): Promise<void> {
  const { cursor, recordedAt, companion } = projected;
  const { name, version } = projection;
  const first = {
    ...{ formatVersion: 2, ledger: ledger.id, projection: name, version, cursor },
    ...defined({ recordedAt, companion }),
  };
  const bytes = Buffer.from(
    `${JSON.stringify(first)}\n${JSON.stringify(projection.save(projected.state, recordedAt))}`,
  );
  const data = { projection: name, version, size: cursor.size, digest: hash('sha256', bytes) };
  const written = writeBeside(path, bytes, { beside: nameBeside(path) });
  try {
    await ledger.append({ events: [draftOf({ type: 'StateKept', data })], actor });
  } catch (fault) {
    written.drop();
    throw fault;
  }
  written.takePlace();
  projected.wasKept(bytes.length);
}

let writes = 0;

/** Another place for each write, of any process: several may be under way. */
function nameBeside(path: string): string {
  writes += 1;
  return `${path}.${String(process.pid)}.${String(writes)}`;
}

function readIfAny(path: string, options?: { most: number }): Buffer | undefined {
  try {
    return readOwnBytes(path, { ...options, followLinks: false });
  } catch {
    return undefined;
  }
}

function jsonIn(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(bytes?.toString() ?? '');
  } catch {
    return undefined;
  }
}
