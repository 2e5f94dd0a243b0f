import { dirname, join } from 'node:path';
import type { HeldSet, HostMark } from '../port.ts';
import { readOwnFile, requireNoLink } from '../../runtime/durable-file.ts';
import { Fault } from '../../runtime/errors.ts';
import { replaceInBackground } from '../../runtime/replace-in-background.ts';
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
import type { OpenHost } from './open-host.ts';

/** How many bytes are read at the end first, and as many again before each that have no line's beginning. */
const tailBytes = 4096;

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

/** Reads the mark of a host's file, at a cost that does not grow with it. Throws ForeignState, OverlayUnavailable. */
export async function standingOf(file: OpenHost, place: HostFile): Promise<HostStanding> {
  const { text, end } = await readHead(file);
  const head = headOf(text, { ...place, path: file.path });
  const last = await lastChange(file, end);
  if (head.kind === 'head') return 'problem' in last ? last : { ...last, setBytes: head.head.bytes };
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

type LastChange = Omit<Marked, 'setBytes'> | UnreadableHost;

/** The last change in a file from `begin` on. Lines of objects that somebody added behind it are passed over. */
async function lastChange(file: OpenHost, begin: number): Promise<LastChange> {
  let end = file.size;
  let isEnded: boolean | undefined;
  for await (const line of linesFromEnd(file, begin)) {
    if (isEnded === undefined && isTorn(line)) {
      end = line.start;
      isEnded = true;
      continue;
    }
    isEnded ??= line.isEnded;
    if (!isChange(line.text)) continue;
    const parsed = parseChange(line.text);
    if ('flaw' in parsed) return unreadable(`a last change that is ${parsed.flaw}`);
    return { kind: 'marked', mark: parsed.line, end, isEnded };
  }
  return unreadable('a set of objects that no change closes');
}

interface Line {
  readonly text: string;
  /** Where it begins, in bytes. */
  readonly start: number;
  readonly isEnded: boolean;
}

async function* linesFromEnd(file: OpenHost, begin: number): AsyncGenerator<Line> {
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
  const text = textOf(path);
  return text === undefined ? undefined : readHostText(text, { ...place, path });
}

function textOf(path: string): string | undefined {
  try {
    return readOwnFile(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new OverlayUnavailable(`${path} cannot be read`, cause);
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
    throw new OverlayUnavailable(cause instanceof Fault ? cause.message : `${path} cannot be written`, cause);
  }
}
