import { catalogue } from '../catalogue.ts';
import type { EventKind } from '../event-kind.ts';
import { entryBytesMax, envelope, type Entry, type Envelope, type StoredEntry } from '../entry.ts';
import { quickParse } from './quick-parse.ts';
import { UnreadableEntry } from './unreadable-entry.ts';

function malformed(seq: number, problem: string, cause?: unknown): UnreadableEntry {
  return new UnreadableEntry(seq, { why: 'malformed', problem, cause });
}

function unknown(seq: number, problem: string): UnreadableEntry {
  return new UnreadableEntry(seq, { why: 'unknown', problem });
}

/** The part of a kind of event that decoding needs. */
type ReadableKind = Pick<EventKind<unknown>, 'version' | 'schema' | 'upcasters' | 'tooOld'>;
type Data = Record<string, unknown>;

const parseEnvelope = quickParse(envelope);
const parsers = new WeakMap<ReadableKind, ReturnType<typeof quickParse>>();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads an entry of the current catalogue. Throws UnreadableEntry; never skips and never guesses. */
export function decodeEntry(stored: StoredEntry): Entry {
  return decodeRead(stored.seq, readEnvelope(stored));
}

/** As decodeEntry, of an entry whose envelope was read already. */
export function decodeRead(seq: number, envelope: Envelope): Entry {
  // The catalogue gives each type its own schema, which the compiler cannot follow through a look-up by name.
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions
  return decodeData(catalogue, seq, envelope) as Entry;
}

/** As decodeEntry, over any catalogue: old versions are brought up one by one, then checked against the schema. */
export function decodeWith(
  kinds: Readonly<Record<string, ReadableKind>>,
  stored: StoredEntry,
): Omit<Envelope, 'data'> & { seq: number; data: unknown } {
  return decodeData(kinds, stored.seq, readEnvelope(stored));
}

function decodeData(
  kinds: Readonly<Record<string, ReadableKind>>,
  seq: number,
  entry: Envelope,
): Omit<Envelope, 'data'> & { seq: number; data: unknown } {
  const kind = Object.hasOwn(kinds, entry.type) ? kinds[entry.type] : undefined;
  if (kind === undefined) throw unknown(seq, `unknown event type ${entry.type}`);
  const parsed = parserOf(kind)(upcast(kind, entry, seq));
  if (!parsed.success) {
    throw malformed(seq, `data of ${entry.type} is not as its schema says`, parsed.error);
  }
  return { ...entry, seq, schemaVersion: kind.version, data: parsed.data };
}

function parserOf(kind: ReadableKind): ReturnType<typeof quickParse> {
  const known = parsers.get(kind);
  if (known !== undefined) return known;
  const parser = quickParse(kind.schema);
  parsers.set(kind, parser);
  return parser;
}

/** True if a value is an envelope with an event. For bytes, readEnvelope tells this. */
export function isEnvelope(value: unknown): boolean {
  return parseEnvelope(value).success;
}

/** Reads the envelope of an event, and leaves the event itself alone. Throws UnreadableEntry. */
export function readEnvelope({ seq, bytes }: StoredEntry): Envelope {
  if (bytes.length > entryBytesMax) {
    throw malformed(seq, `${String(bytes.length)} bytes, at most ${String(entryBytesMax)} are allowed`);
  }
  const parsed = parseEnvelope(parseJson(seq, bytes));
  if (!parsed.success) throw malformed(seq, 'its envelope is not as it should be', parsed.error);
  return parsed.data;
}

function parseJson(seq: number, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw malformed(seq, 'it is not JSON in UTF-8', cause);
  }
}

function upcast(kind: ReadableKind, entry: Envelope, seq: number): Data {
  if (entry.schemaVersion > kind.version) {
    throw unknown(
      seq,
      `${entry.type} version ${String(entry.schemaVersion)} is newer than this program (${String(kind.version)})`,
    );
  }
  let data = entry.data;
  for (let version = entry.schemaVersion; version < kind.version; version += 1) {
    const step = kind.upcasters?.[version];
    if (step === undefined) {
      throw unknown(seq, `${entry.type} version ${String(version)} ${kind.tooOld ?? 'has no way up'}`);
    }
    data = step(data);
  }
  return data;
}
