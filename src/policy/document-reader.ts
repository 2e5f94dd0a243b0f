import { z } from 'zod';
import { flawOfPath } from '../runtime/credentials.ts';
import { explainIssue, type Explained } from './explain-issue.ts';
import type { DescribedFields } from './field-doc.ts';
import type { FieldSet } from './fields.ts';
import { Flaw } from './flaw.ts';
import { isMapping } from './mapping.ts';
import { findNetworkKeys, networkKeyFlaw } from './network-keys.ts';
import { pathId, problemAt, type KeyPath, type LocatedProblem, type Place } from './place.ts';
import type { SourceMap } from './yaml/source-map.ts';

/**
 * A mapping as far as it could be read. `whole` is there only if nothing was wrong; `known` holds the right fields.
 */
export interface ReadFields<Shape extends z.ZodRawShape> {
  readonly whole: z.output<FieldSet<Shape>['whole']> | undefined;
  readonly known: z.output<FieldSet<Shape>['known']> | undefined;
}

/** Reads the parts of one document and collects every problem: no problem hides another. */
export class DocumentReader {
  readonly source: SourceMap;
  readonly problems: LocatedProblem[];
  /** Where ports stand without a protocol: tcp is meant. */
  readonly tcpMeant: Place[] = [];
  readonly #networkKeys = new Set<string>();

  /** `problems` were found before this reader was made. */
  constructor(source: SourceMap, problems: readonly LocatedProblem[]) {
    this.source = source;
    this.problems = [...problems];
  }

  /**
   * Reports a flaw of the value at a path, or of a missing value. A path that was refused earlier is not reported
   * again.
   */
  report(path: KeyPath, flaw: Flaw): void {
    if (this.source.isUnreadable(path)) return;
    this.problems.push(problemAt(this.source.placeOf(path), flaw, this.source.written(path)));
  }

  /** Reports doubtful values of which nothing worse is known: must be called last. */
  reportDoubts(doubts: readonly LocatedProblem[]): void {
    const wrong = new Set(this.problems.map(({ place }) => place.keyPath));
    this.problems.push(...doubts.filter(({ place }) => !wrong.has(place.keyPath)));
  }

  /**
   * Reports every key that belongs to the network. Must be called before `fields`, so that no key is reported twice.
   */
  refuseNetworkKeys(value: unknown, options: { kind: string; except: string | undefined }): void {
    for (const path of findNetworkKeys(value, options.except)) {
      this.#networkKeys.add(pathId(path));
      this.report(path, networkKeyFlaw(path, options.kind));
    }
  }

  /** Reads a mapping with fixed keys, and reports each wrong field. */
  fields<Shape extends z.ZodRawShape>(
    set: FieldSet<Shape>,
    value: unknown,
    path: KeyPath,
  ): ReadFields<Shape> {
    const whole = set.whole.safeParse(value);
    const misplaced = urlsForPaths(set, value);
    if (whole.success && misplaced.length === 0)
      return { whole: whole.data, known: set.known.safeParse(value).data };
    const explained = [...(whole.success ? [] : this.#explain(whole.error, value, set)), ...misplaced];
    this.#reportAll(explained, value, path);
    if (!isMapping(value)) return { whole: undefined, known: undefined };
    const wrong = new Set(explained.map((each) => each.path[0]));
    const right = Object.entries(value).filter(([key]) => !wrong.has(key));
    return { whole: undefined, known: set.known.safeParse(Object.fromEntries(right)).data };
  }

  /** Reads a value that is no mapping. A wrong value is reported, and gives undefined. */
  value<Value>(schema: z.ZodType<Value>, value: unknown, path: KeyPath): Value | undefined {
    const result = schema.safeParse(value);
    if (!result.success) this.#reportAll(this.#explain(result.error, value, undefined), value, path);
    return result.data;
  }

  /** The right items of a list, each with its index. Wrong items are reported. */
  items<Value>(schema: z.ZodType<Value>, values: readonly unknown[], path: KeyPath): Indexed<Value>[] {
    return values.flatMap((each, index) => {
      const value = this.value(schema, each, [...path, index]);
      return value === undefined ? [] : [{ value, index }];
    });
  }

  /** The index of each name in a list. A name that is listed twice is reported. */
  indexByName(
    list: KeyPath,
    names: readonly Indexed<string | undefined>[],
    nameKey?: string,
  ): Map<string, number> {
    const indexes = new Map<string, number>();
    for (const { value, index } of names) {
      if (value === undefined) continue;
      const first = indexes.get(value);
      if (first === undefined) indexes.set(value, index);
      else this.#reportTwice(value, { list, first, second: index, nameKey });
    }
    return indexes;
  }

  #reportTwice(
    name: string,
    {
      list,
      first,
      second,
      nameKey,
    }: { list: KeyPath; first: number; second: number; nameKey: string | undefined },
  ): void {
    const suffix = nameKey === undefined ? [] : [nameKey];
    const { line, keyPath } = this.source.placeOf([...list, first, ...suffix]);
    const message = `${name} is listed twice: first at ${keyPath} on line ${line}, and here`;
    this.report([...list, second, ...suffix], new Flaw(message, { found: name, allowed: 'each only once' }));
  }

  #explain(error: z.ZodError, value: unknown, fields: DescribedFields | undefined): Explained[] {
    const context = { fields, valueAt: (path: KeyPath): unknown => valueAt(value, path) };
    return error.issues.flatMap((issue) => explainIssue(issue, context));
  }

  #reportAll(explained: readonly Explained[], value: unknown, path: KeyPath): void {
    for (const each of explained) {
      const full = [...path, ...each.path];
      const isMissing = valueAt(value, each.path) === undefined;
      // A single value may stand for a list of one: then the source has no path for the item.
      const at = isMissing ? full : this.source.longestKnown(full);
      if (!this.#networkKeys.has(pathId(at))) this.report(at, each.flaw);
    }
  }
}

/** What is no path where one is asked for: it is not quoted, since it may hold a password. */
function urlsForPaths({ docs }: DescribedFields, value: unknown): Explained[] {
  if (!isMapping(value)) return [];
  return [...docs].flatMap(([key, { form }]) => {
    const given = form.is === 'value' && form.isPath === true ? value[key] : undefined;
    const message = typeof given === 'string' ? flawOfPath(given) : undefined;
    const hints = { found: 'a URL', allowed: 'the path of a file' };
    return message === undefined ? [] : [{ path: [key], flaw: new Flaw(message, hints) }];
  });
}

/** An item of a list and its index in the list as written. */
export interface Indexed<Value> {
  readonly value: Value;
  readonly index: number;
}

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((at, step) => {
    if (Array.isArray(at)) return at[Number(step)];
    return isMapping(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }, value);
}
