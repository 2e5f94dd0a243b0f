import { dirname, join } from 'node:path';
import type { HeldSet, HostMark } from '../port.ts';
import { readOwnFile, requireNoLink } from '../../runtime/durable-file.ts';
import { Fault } from '../../runtime/errors.ts';
import { replaceInBackground } from '../../runtime/replace-in-background.ts';
import { foundAt } from '../../runtime/sqlite-files.ts';
import { OverlayUnavailable } from '../faults.ts';
import {
  headOf,
  readHostText,
  unreadable,
  type HostSet,
  type KnownLines,
  type UnreadableHost,
} from './host-set.ts';
import { headMax, isChange, isTorn, parseChange, type ChangeLine, type HostFile } from './host-text.ts';
import { unavailable, type OpenHost } from './open-host.ts';

/** How many bytes are read at the end first, and as many again before each that have no line's beginning. */
const tailBytes = 4096;

/** A larger change is no append: whoever asks for the mark reads the last one. */
export const changeMax = 1_048_576;

/** A mark is not looked for further from the end: somebody else put more than a change behind it. */
const tailMax = 2 * changeMax;

/** A file with more bytes is not read as a whole: it is none of ours, and no text can be as long as a file. */
const hostFileMax = 268_435_456;

function tooLarge(size: number): UnreadableHost {
  return unreadable(`a file of ${String(size)} bytes, which are more than any host's`);
}

/** The path of the file of a host in a shard. */
export function hostFilePath(folder: string, { shard, host }: { shard: string; host: string }): string {
  return join(folder, shard, `${host}${hostFileEnding}`);
}

/** JSON Lines: each line is a JSON text. */
export const hostFileEnding = '.jsonl';

/** A file with a mark. */
export interface Marked {
  readonly kind: 'marked';
  readonly mark: ChangeLine;
  /** Where the next change begins, in bytes: at the end, or where a torn one does. */
  readonly end: number;
  /** Whether the last line before that has its end. */
  readonly isEnded: boolean;
  /** Bytes of the set as it was last written whole. */
  readonly setBytes: number;
}

/** What a host's file says of itself at both its ends. Where it is one of another shard, `ofAnother` is the plan in it. */
export type HostStanding = Marked | (UnreadableHost & { readonly ofAnother?: number });

/**
 * Reads the mark of a host's file, at a cost that does not grow with it. Where somebody put something behind the last
 * change, the whole is read: a change behind what cannot be read would not be one. Throws ForeignState, OverlayUnavailable.
 */
export async function standingOf(file: OpenHost, place: HostFile): Promise<HostStanding> {
  const { text, end } = await readHead(file);
  const head = headOf(text, { ...place, path: file.path });
  const last = await lastChange(file, end);
  if (head.kind === 'head') {
    if ('problem' in last) return last;
    const whole = last.isFollowed ? await wholeOf(file, { ...place, known: new Map() }) : undefined;
    return whole?.kind === 'unreadable' ? whole : { ...last, setBytes: head.head.bytes };
  }
  const isOfAnother = head.head !== undefined && head.head.shard !== place.shard && last.kind === 'marked';
  return isOfAnother ? { ...head, ofAnother: last.mark.plan } : head;
}

/** The first line of a file, and where the second one begins; as much as there may be of a line, where that has no end. */
export async function readHead(file: OpenHost): Promise<{ text: string; end: number }> {
  const start = await file.read(0, Math.min(headMax + 1, file.size));
  const end = start.indexOf('\n');
  return end < 0
    ? { text: start.toString(), end: file.size }
    : { text: start.toString('utf8', 0, end), end: end + 1 };
}

/** The whole of a file as a set. Throws ForeignState, OverlayUnavailable. */
export async function wholeOf(
  file: OpenHost,
  place: HostFile & { known: KnownLines },
): Promise<HostSet | UnreadableHost> {
  const bytes = await bytesOf(file);
  return 'problem' in bytes ? bytes : setIn(bytes, { ...place, path: file.path });
}

/** All bytes of a file. Throws OverlayUnavailable. */
export async function bytesOf(file: OpenHost): Promise<Buffer | UnreadableHost> {
  return file.size > hostFileMax ? tooLarge(file.size) : file.read(0, file.size);
}

/** The set in the bytes of a file. Throws ForeignState. */
export function setIn(
  bytes: Buffer,
  place: HostFile & { path: string; known: KnownLines },
): HostSet | UnreadableHost {
  return readHostText(bytes.toString(), place);
}

/** `isFollowed`: lines stand behind it that are not what is left of another change. */
type LastChange = (Omit<Marked, 'setBytes'> & { readonly isFollowed: boolean }) | UnreadableHost;

/** The last change in a file from `begin` on. */
async function lastChange(file: OpenHost, begin: number): Promise<LastChange> {
  let end = file.size;
  let isEnded: boolean | undefined;
  let isFollowed = false;
  for await (const line of linesFromEnd(file, begin)) {
    if (isEnded === undefined && isTorn(line)) {
      end = line.start;
      isEnded = true;
      continue;
    }
    isEnded ??= line.isEnded;
    if (!isChange(line.text)) {
      isFollowed = true;
      continue;
    }
    const parsed = parseChange(line.text);
    if ('flaw' in parsed) return unreadable(`a last change that is ${parsed.flaw}`);
    return { kind: 'marked', mark: parsed.line, end, isEnded, isFollowed };
  }
  return unreadable('a set of objects that no change closes');
}

interface Line {
  readonly text: string;
  /** Where it begins, in bytes. */
  readonly start: number;
  readonly isEnded: boolean;
}

/** The last lines of a file from `begin` on, the last one first. A line of which not all is read is none. */
async function* linesFromEnd(file: OpenHost, first: number): AsyncGenerator<Line> {
  const begin = Math.max(first, file.size - tailMax);
  let from = file.size;
  let tail = Buffer.alloc(0);
  while (from > begin || tail.length > 0) {
    let before = lineEndBefore(tail);
    while (before < 0 && from > begin) {
      const more = Math.min(from - begin, Math.max(tailBytes, tail.length));
      tail = Buffer.concat([await file.read(from - more, more), tail]);
      from -= more;
      before = lineEndBefore(tail);
    }
    if (before < 0 && begin > first) return;
    const line = tail.subarray(before + 1);
    const isEnded = line.at(-1) === 0x0a;
    yield {
      text: line.toString('utf8', 0, line.length - Number(isEnded)),
      start: from + before + 1,
      isEnded,
    };
    tail = tail.subarray(0, before + 1);
  }
}

/** The place of the line end before the last line, which may have an end of its own; -1 if there is none. */
function lineEndBefore(bytes: Buffer): number {
  return bytes.length < 2 ? -1 : bytes.lastIndexOf('\n', bytes.length - 2);
}

/** The mark of a host that a standing says. */
export function markOf(standing: HostStanding | undefined): HostMark {
  if (standing === undefined) return { kind: 'nothing' };
  if (standing.kind === 'unreadable') return { kind: 'unreadable', problem: standing.problem };
  return { kind: 'marked', ...holdingOf(standing.mark) };
}

export function holdingOf({ plan, digest, objects }: HeldSet): HeldSet {
  return { plan, digest, objects };
}

/** Reads a whole file at once. Undefined where there is none. Throws ForeignState, OverlayUnavailable. */
export function readHostFile(
  path: string,
  place: HostFile & { known: KnownLines },
): HostSet | UnreadableHost | undefined {
  const size = foundAt(path)?.size ?? 0;
  if (size > hostFileMax) return tooLarge(size);
  const text = textOf(path);
  return text === undefined ? undefined : readHostText(text, { ...place, path });
}

function textOf(path: string): string | undefined {
  try {
    return readOwnFile(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw unavailable(path, 'read', cause);
  }
}

/**
 * Replaces a host's file as a whole: a crash at any moment leaves the old file or the new one, and when this returns
 * the new one is on disk. Throws OverlayUnavailable, also for a link in place of a folder.
 */
export async function replaceHostFile(path: string, bytes: Buffer): Promise<void> {
  await orUnavailable(path, () => replaceInBackground(path, bytes, { within: dirname(dirname(path)) }));
}

/** Puts a change behind all others, in one append. Throws as replaceHostFile does. */
export async function appendChange(
  file: OpenHost,
  { end, bytes }: { end: number; bytes: Buffer },
): Promise<void> {
  const folder = dirname(file.path);
  await orUnavailable(file.path, async () => {
    requireNoLink(folder, { within: dirname(folder) });
    await file.putAtEnd(end, bytes);
  });
}

async function orUnavailable(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if (cause instanceof OverlayUnavailable) throw cause;
    throw cause instanceof Fault
      ? new OverlayUnavailable(cause.message, cause)
      : unavailable(path, 'written', cause);
  }
}
