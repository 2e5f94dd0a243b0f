import { canonicalText } from '../../../events/codec/canonical.ts';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { ForeignState } from '../../runtime/errors.ts';
import { foundText } from '../../runtime/found-text.ts';
import { flawOfObject } from './found-objects.ts';
import {
  isChange,
  isTorn,
  parseChange,
  parseHead,
  parseObject,
  type ChangeLine,
  type HeadLine,
  type HostFile,
} from './host-text.ts';

/** The most characters that are told of a name in a file that is in the wrong place. */
const nameMax = 100;

/** The most characters that are told of an object's key. */
const keyMax = 100;

export interface UnreadableHost {
  readonly kind: 'unreadable';
  readonly problem: string;
}

/** What a host's file comes to: its last mark, and the objects of all lines. */
export interface HostSet {
  readonly kind: 'objects';
  readonly mark: ChangeLine;
  readonly objects: ReadonlyMap<string, OverlayObject>;
}

/**
 * Objects by the text of their line, so that a line that is known need not be parsed. Lines that are read become known:
 * hosts of one shard have most lines in common.
 */
export type KnownLines = Map<string, { readonly key: string; readonly object: OverlayObject }>;

export function knownLines(objects: ReadonlyMap<string, OverlayObject>): KnownLines {
  return new Map(Array.from(objects, ([key, object]) => [canonicalText(object), { key, object }]));
}

/**
 * Reads the whole text of a host's file, every line of which has to be right: half a set is another set, since what is
 * missing may be the acl that cuts somebody off. Only a torn change at the end counts for nothing. Throws ForeignState.
 */
export function readHostText(
  text: string,
  place: HostFile & { path: string; known: KnownLines },
): HostSet | UnreadableHost {
  const [first = '', ...lines] = text.split('\n');
  const head = headOf(first, place);
  if (head.kind === 'unreadable') return unreadable(head.problem);
  // Text after the last line's end; nothing, where every line is ended.
  const rest = lines.pop() ?? '';
  if (rest !== '') lines.push(rest);
  const last = lines.at(-1);
  if (last !== undefined && isTorn({ text: last, isEnded: rest === '' })) lines.pop();
  return setOf(lines, place.known);
}

/** The head of the file that should be that of a host. Throws ForeignState if it is another ledger's. */
export function headOf(
  text: string,
  place: HostFile & { path: string },
): { kind: 'head'; head: HeadLine } | (UnreadableHost & { head?: HeadLine }) {
  const parsed = parseHead(text);
  if ('flaw' in parsed) return unreadable(`a first line that is ${parsed.flaw}`);
  const { line: head } = parsed;
  if (head.ledger !== place.ledger) throw new ForeignState(place.path, head.ledger);
  if (head.shard === place.shard && head.host === place.host) return { kind: 'head', head };
  const [host, shard] = [foundText(head.host, nameMax), foundText(head.shard, nameMax)];
  return { ...unreadable(`the file of host ${host} of ${shard}`), head };
}

export function unreadable(problem: string): UnreadableHost {
  return { kind: 'unreadable', problem: foundText(problem) };
}

function setOf(lines: readonly string[], known: KnownLines): HostSet | UnreadableHost {
  const objects = new Map<string, OverlayObject>();
  let mark: ChangeLine | undefined;
  for (const [index, text] of lines.entries()) {
    const at = `line ${String(index + 2)}`;
    if (isChange(text)) {
      const parsed = parseChange(text);
      if ('flaw' in parsed) return unreadable(`${at} that is ${parsed.flaw}`);
      const due = mark === undefined ? 0 : mark.change + 1;
      mark = parsed.line;
      if (mark.change !== due)
        return unreadable(`change ${String(mark.change)} in ${at}, where change ${String(due)} should be`);
      const flaw = flawOfStep(objects, mark);
      if (flaw !== undefined) return unreadable(`${at}, in which ${flaw}`);
    } else {
      const line = known.get(text) ?? lineOf(text, known);
      if ('flaw' in line) return unreadable(`${at}${line.flaw}`);
      if (objects.has(line.key)) return unreadable(`${at}, in which ${twice(line.key)}`);
      objects.set(line.key, line.object);
    }
  }
  return mark === undefined
    ? unreadable('a set of objects that no change closes')
    : { kind: 'objects', mark, objects };
}

function lineOf(text: string, known: KnownLines): { key: string; object: OverlayObject } | { flaw: string } {
  const parsed = parseObject(text);
  if ('flaw' in parsed) return { flaw: ` that is ${parsed.flaw}` };
  const { line: object } = parsed;
  const key = keyOf(object);
  const flaw = flawOfObject(object);
  if (flaw !== undefined) return { flaw: `, in which ${foundText(key, keyMax)} ${flaw}` };
  const line = { key, object };
  known.set(text, line);
  return line;
}

/** Makes a step of a set. Why it cannot be made, in words; undefined if it is made. */
function flawOfStep(objects: Map<string, OverlayObject>, { removed, put }: ChangeLine): string | undefined {
  for (const key of removed) objects.delete(key);
  const keys = new Set<string>();
  for (const object of put) {
    const key = keyOf(object);
    if (keys.has(key)) return twice(key);
    const flaw = flawOfObject(object);
    if (flaw !== undefined) return `${foundText(key, keyMax)} ${flaw}`;
    keys.add(key);
    objects.set(key, object);
  }
  return undefined;
}

function twice(key: string): string {
  return `${foundText(key, keyMax)} stands twice`;
}
