import { dirname, join } from 'node:path';
import { z } from 'zod';
import { defined } from '../../../events/codec/defined.ts';
import { canonicalText } from '../../../events/codec/canonical.ts';
import {
  digestOfObjects,
  objectsByKey,
  overlayObject,
  type OverlayObject,
} from '../../../events/overlay-objects.ts';
import type { HostReading } from '../port.ts';
import { readOwnFile, replaceFile } from '../../runtime/durable-file.ts';
import { Fault, ForeignState } from '../../runtime/errors.ts';
import { foundText } from '../../runtime/found-text.ts';
import { OverlayUnavailable } from '../faults.ts';
import { flawOfObjects } from './found-objects.ts';

/** The state of one host of an embedded overlay: a JSON file of its own, one object a line. */
const hostFile = z.strictObject({
  formatVersion: z.literal(1),
  // It is quoted in events, whose size has an end.
  ledger: z.string().max(200),
  shard: z.string(),
  host: z.string(),
  plan: z.int().min(1),
  // The digest of the set that was written: whoever edits the objects does not know of it.
  digest: z.string().optional(),
  objects: z.array(overlayObject),
});

/** The most characters that are told of a name in a file that is in the wrong place. */
const nameMax = 100;

export interface HostFile {
  readonly ledger: string;
  readonly shard: string;
  readonly host: string;
}

/**
 * Reads a host's file. A file that is not whole is `unreadable`: no part of it can be relied upon. Throws
 * ForeignState for another ledger's file; OverlayUnavailable if it cannot be opened.
 */
export function readHostFile(path: string, expected: HostFile): HostReading {
  const content = contentOf(path);
  if (content === undefined) return { kind: 'nothing' };
  if ('kind' in content) return content;
  const { ledger, shard, host, plan, objects, digest: marked } = content;
  if (ledger !== expected.ledger) throw new ForeignState(path, ledger);
  if (shard !== expected.shard || host !== expected.host) {
    return unreadable(`the file of host ${foundText(host, nameMax)} of ${foundText(shard, nameMax)}`);
  }
  const flaw = flawOfObjects(objects);
  if (flaw !== undefined) return unreadable(`a set of objects in which ${flaw}`);
  return {
    kind: 'objects',
    state: { plan, objects, digest: digestOfObjects(objects), ...defined({ marked }) },
  };
}

/** The plan in a file that names another shard than its place; undefined in any other. */
export function planOfAnotherShard(path: string, { shard }: HostFile): number | undefined {
  const content = contentOf(path);
  return content === undefined || 'kind' in content || content.shard === shard ? undefined : content.plan;
}

/** Undefined where there is no file. */
function contentOf(
  path: string,
): z.infer<typeof hostFile> | Extract<HostReading, { kind: 'unreadable' }> | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const json = parseJson(text);
  if (json === undefined)
    return unreadable(`${String(Buffer.byteLength(text))} bytes that are not a whole JSON text`);
  const parsed = hostFile.safeParse(json);
  if (!parsed.success) return unreadable(`a JSON text that is no host file: ${issueWords(parsed.error)}`);
  return parsed.data;
}

function unreadable(problem: string): Extract<HostReading, { kind: 'unreadable' }> {
  return { kind: 'unreadable', problem: foundText(problem) };
}

/** The first fault, with its place as a path of keys. */
function issueWords({ issues }: z.ZodError): string {
  return issues
    .slice(0, 1)
    .map(({ path, message }) => `${path.join('.') || 'its top'}: ${message}`)
    .join();
}

function readText(path: string): string | undefined {
  try {
    return readOwnFile(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new OverlayUnavailable(`${path} cannot be read`, cause);
  }
}

/** Undefined if the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Replaces a host's file as a whole: a crash at any moment leaves the old file or the new one, and when this returns
 * the new one is on disk. Throws OverlayUnavailable, also for a link
 * in place of a folder.
 */
export function writeHostFile(
  path: string,
  content: HostFile & { plan: number; digest: string; objects: readonly OverlayObject[] },
): void {
  const { objects, ...head } = content;
  // Equal sets become equal bytes, wherever they came from.
  const lines = [...objectsByKey(objects)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, object]) => canonicalText(object))
    .join(',\n');
  const header = JSON.stringify({ formatVersion: 1, ...head }).slice(0, -1);
  try {
    replaceFile(path, `${header},"objects":[\n${lines}\n]}\n`, { within: dirname(dirname(path)) });
  } catch (cause) {
    const problem = cause instanceof Fault ? cause.message : `${path} cannot be written`;
    throw new OverlayUnavailable(problem, cause);
  }
}

/** The path of the file of a host in a shard. */
export function hostFilePath(folder: string, { shard, host }: { shard: string; host: string }): string {
  return join(folder, shard, `${host}.json`);
}
