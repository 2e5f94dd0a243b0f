import { z } from 'zod';
import { canonicalText } from '../../../events/codec/canonical.ts';
import { digest } from '../../../events/names.ts';
import { objectsByKey, overlayObject, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { HeldSet, HostChange } from '../port.ts';
import { flawWords } from './flaw-words.ts';

/** A host, and the ledger that it belongs to. */
export interface HostFile {
  readonly ledger: string;
  readonly shard: string;
  readonly host: string;
}

/** The most bytes of the first line: whoever asks for a mark reads no more. */
export const headMax = 4096;

/** The first line of a host's file. */
const head = z.strictObject({
  formatVersion: z.literal(2),
  // It is quoted in events, whose size has an end.
  ledger: z.string().max(200),
  shard: z.string(),
  host: z.string(),
  // Bytes of the set as it was last written whole: what is appended may grow as large.
  bytes: z.int().min(0),
});
export type HeadLine = z.infer<typeof head>;

/**
 * A line that makes a set out of the lines above it, and is the host's mark. Change 0 closes the set that was written
 * whole, one object a line. Each later one takes the objects of some keys away, then puts others.
 */
const change = z.strictObject({
  change: z.int().min(0),
  plan: z.int().min(1),
  // The digest of the set that was asked for: whoever edits the objects does not know of it.
  digest,
  objects: z.int().min(0),
  removed: z.array(z.string()).default([]),
  put: z.array(overlayObject).default([]),
});
export type ChangeLine = z.infer<typeof change>;

/** What a line says; or why it is none, in words that go on after `line 7 that is`. */
export type ParsedLine<Line> = { readonly line: Line } | { readonly flaw: string };

export function parseHead(text: string): ParsedLine<HeadLine> {
  if (Buffer.byteLength(text) > headMax) return { flaw: `longer than ${String(headMax)} bytes` };
  return parsed(text, { as: head, name: 'head of a host file' });
}

export function parseChange(text: string): ParsedLine<ChangeLine> {
  return parsed(text, { as: change, name: 'change of a host' });
}

export function parseObject(text: string): ParsedLine<OverlayObject> {
  return parsed(text, { as: overlayObject, name: 'object' });
}

function parsed<Line>(text: string, { as, name }: { as: z.ZodType<Line>; name: string }): ParsedLine<Line> {
  const json = parseJson(text);
  if (json === undefined) return { flaw: 'no whole JSON text' };
  const { success, data, error } = as.safeParse(json);
  return success ? { line: data } : { flaw: `no ${name}: ${flawWords(error, json)}` };
}

/** Undefined if the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a line is meant as a change. No object begins so. */
export function isChange(text: string): boolean {
  return /^\s*\{\s*"change"\s*:/.test(text);
}

/** How each change begins that this program writes, up to its steps (see changeText): texts, and numbers in between. */
const opening: readonly (string | RegExp)[] = [
  '{"change":',
  /^\d*/,
  ',"plan":',
  /^\d*/,
  ',"digest":"',
  /^[0-9a-f]{0,64}/,
  '","objects":',
  /^\d*/,
];
const steps = ['}', ',"removed":["', ',"put":[{'];

/** Whether a change that this program writes may begin with a text, or whether the text begins with such a beginning. */
function beginsAsOurs(text: string): boolean {
  let rest = text;
  for (const part of opening) {
    const found = typeof part === 'string' ? part : (part.exec(rest)?.[0] ?? '');
    if (!rest.startsWith(found)) return found.startsWith(rest);
    rest = rest.slice(found.length);
  }
  return steps.some((step) => step.startsWith(rest) || rest.startsWith(step));
}

/**
 * Whether the last line of a file is what is left of a change that was never made: an append that was broken off, so that
 * the line has no end; or one of which a part did not reach the disk when the machine stopped, so that it reads as zeros.
 * No beginning of a change is a whole JSON text, and no text has zeros. A line that somebody adds is not taken for one,
 * unless it is the beginning of such a change.
 */
export function isTorn({ text, isEnded }: { text: string; isEnded: boolean }): boolean {
  const [beginning = '', ...afterZeros] = text.split('\0');
  if (!beginsAsOurs(beginning)) return false;
  const end = afterZeros.at(-1);
  if (end === undefined) return !isEnded && parseJson(text) === undefined;
  return !isEnded || end === '' || /[\]\d]\}$/.test(end);
}

/** The lines of objects, sorted by key. Equal sets become equal text, wherever they came from. */
export function setText(objects: Iterable<OverlayObject>): string {
  return sorted(objectsByKey(objects))
    .map(([, object]) => `${canonicalText(object)}\n`)
    .join('');
}

/** The text of a file whose set is written whole, `set` being the lines of its objects. */
export function fileText(
  { ledger, shard, host }: HostFile,
  { set, mark: { plan, digest, objects } }: { set: string; mark: HeldSet },
): string {
  const head: HeadLine = { formatVersion: 2, ledger, shard, host, bytes: Buffer.byteLength(set) };
  return `${JSON.stringify(head)}\n${set}${JSON.stringify({ change: 0, plan, digest, objects })}\n`;
}

/** The line of a change, without its end. Steps that are none are left out. */
export function changeText(number: number, { plan, digest, objects, removed, put }: HostChange): string {
  const mark = JSON.stringify({ change: number, plan, digest, objects }).slice(0, -1);
  const texts = sorted(objectsByKey(put)).map(([, object]) => canonicalText(object));
  const gone = removed.length === 0 ? '' : `,"removed":${JSON.stringify([...removed].sort())}`;
  return `${mark}${gone}${texts.length === 0 ? '' : `,"put":[${texts.join()}]`}}`;
}

function sorted(objects: ReadonlyMap<string, OverlayObject>): [key: string, object: OverlayObject][] {
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
}
