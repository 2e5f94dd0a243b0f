import type { Problem } from '../runtime/errors.ts';
import { excerpt } from './excerpt.ts';
import type { Flaw } from './flaw.ts';

/** A place in a folder of documents. */
export interface Place {
  /** Relative to the folder, with `/` between its parts. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** As in `egress[2].destination`, items counted from 0; empty for the document itself. */
  readonly keyPath: string;
}

/** A problem, and where it stands. */
export interface LocatedProblem extends Problem {
  readonly place: Place;
}

/** Keys, and indexes of list items, from a document's root. */
export type KeyPath = readonly (string | number)[];

const plainKey = /^[A-Za-z_][\w-]*$/;

/** As shown: `egress[2].destination`; a key that is no plain word stands in brackets and quotes, shortened. */
export function keyPathText(path: KeyPath): string {
  return path.map(stepText).join('').replace(/^\./, '');
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return plainKey.test(step) ? `.${step}` : `[${JSON.stringify(excerpt(step))}]`;
}

/** As a map's key: different for different paths. */
export function pathId(path: KeyPath): string {
  return JSON.stringify(path);
}

/** A flaw that stands at a place. `found` is the value as written, unless the flaw says what was found. */
export function problemAt(place: Place, flaw: Flaw, written?: string): LocatedProblem {
  return {
    kind: 'input',
    place,
    message: flaw.message,
    found: flaw.found ?? written ?? 'nothing',
    allowed: flaw.allowed,
    ...(flaw.nearest === undefined ? {} : { nearest: flaw.nearest }),
  };
}

/** By file, then line, then key path: the order in which a reader mends them. */
export function compareProblems(a: LocatedProblem, b: LocatedProblem): number {
  return (
    compareText(a.place.file, b.place.file) ||
    a.place.line - b.place.line ||
    compareText(a.place.keyPath, b.place.keyPath)
  );
}

/** By UTF-16 code units, which is the same everywhere (a locale's order is not). */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
