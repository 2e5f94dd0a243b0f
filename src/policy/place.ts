import { compareNaturally } from '../runtime/natural-order.ts';
import { defined } from '../../events/codec/defined.ts';
import type { Problem } from '../runtime/errors.ts';
import { excerpt } from './excerpt.ts';
import type { Flaw } from './flaw.ts';

/** A place in a folder of documents. */
export interface Place {
  /** Relative to the folder, with `/` between its parts. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** For example `egress[2].destination`, with items counted from 0. Empty for the document itself. */
  readonly keyPath: string;
}

/** A problem, and where it stands. */
export interface LocatedProblem extends Problem {
  readonly place: Place;
}

/** Keys, and indexes of list items, from a document's root. */
export type KeyPath = readonly (string | number)[];

const plainKey = /^[A-Za-z_][\w-]*$/;

/**
 * A path as it is shown: `egress[2].destination`. A key that is no plain word is shortened, in brackets and quotes.
 */
export function keyPathText(path: KeyPath): string {
  return path.map(stepText).join('').replace(/^\./, '');
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return plainKey.test(step) ? `.${step}` : `["${excerpt(step).replaceAll('"', String.raw`\"`)}"]`;
}

/** A path as a key of a map. Different paths have different ids. */
export function pathId(path: KeyPath): string {
  return JSON.stringify(path);
}

/** A flaw together with its place. `found` is the value as written, unless the flaw describes it. */
export function problemAt(place: Place, flaw: Flaw, written?: string): LocatedProblem {
  return {
    kind: 'input',
    place,
    message: flaw.message,
    found: flaw.found ?? written ?? 'nothing',
    allowed: flaw.allowed,
    ...defined({ nearest: flaw.nearest }),
  };
}

/** Orders problems as a person mends them: by file, then line, then key path. */
export function compareProblems(a: LocatedProblem, b: LocatedProblem): number {
  return (
    compareNaturally(a.place.file, b.place.file) ||
    a.place.line - b.place.line ||
    compareNaturally(a.place.keyPath, b.place.keyPath)
  );
}

/** Orders text by UTF-16 code units. That order is the same on every machine; the order of a locale is not. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
