import { z } from 'zod';
import type { WireAtom, WireRow, WireValue } from './wire.ts';

/** How a column is changed by what `update2` tells of it: an element that is told of a set or map comes or goes. */
type Folding = 'set' | 'map';

const foldings = z.registry<{ readonly folding: Folding }>();

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const textAtom = z.string();
export const integerAtom = z.int();

/** A reference to a row, read as the row's UUID. */
export const referenceAtom = z
  .tuple([z.literal('uuid'), z.string().regex(uuidPattern)])
  .transform(([, uuid]) => uuid);

/** A column with one text. Where a server leaves it out, it is empty. */
export function textColumn(): z.ZodType<string> {
  return textAtom.default('');
}

/** A column with one integer. Where a server leaves it out, it is 0. */
export function integerColumn(): z.ZodType<number> {
  return integerAtom.default(0);
}

const noElements = ['set', []];

/** What a column has that nobody here reads, where nobody set it: a set with one element at most, a truth value, a number, a set or a map. */
const unset = { one: noElements, flag: false, number: 0, set: noElements, map: ['map', []] };

/** A column of which only matters whether it is as before. Where a server leaves it out, it is as nobody set it. */
export function rawColumn(of: keyof typeof unset): z.ZodType {
  const [byItself, told] = [unset[of], orderless(unset[of])];
  const column = z
    .unknown()
    .transform((value) => (value === byItself ? told : orderless(value)))
    .prefault(byItself);
  return of === 'set' || of === 'map' ? column.register(foldings, { folding: of }) : column;
}

/** A value whose order says nothing, for being compared. */
function orderless(value: unknown): unknown {
  const told: readonly unknown[] = Array.isArray(value) ? value : [];
  const [kind, parts] = told;
  const isMany = (kind === 'set' || kind === 'map') && Array.isArray(parts);
  const elements: readonly unknown[] = isMany ? parts : [value];
  return new Set(elements.map((part) => JSON.stringify(part)));
}

/**
 * A set of one element may be written as that element. Told apart by hand: rows come by the thousand, and a union would try
 * each of its kinds on every value.
 */
function elementsOf<Value>(element: z.ZodType<Value>): z.ZodType<Value[]> {
  return z.preprocess((value): unknown => {
    const isSet = Array.isArray(value) && value.length === 2 && value[0] === 'set';
    return isSet ? value[1] : [value];
  }, z.array(element));
}

/** A column that may be empty. */
export function optionalColumn<Value>(element: z.ZodType<Value>): z.ZodType<Value | undefined> {
  return elementsOf(element)
    .refine((elements) => elements.length <= 1, 'more than one value where one may be')
    .transform(([only]) => only)
    .prefault(noElements);
}

/** A column with a set. Its order says nothing. */
export function setColumn<Value>(element: z.ZodType<Value>): z.ZodType<ReadonlySet<Value>> {
  return elementsOf(element)
    .refine((elements) => new Set(elements).size === elements.length, 'an element twice in a set')
    .transform((elements): ReadonlySet<Value> => new Set(elements))
    .prefault(noElements)
    .register(foldings, { folding: 'set' });
}

/** A column with a map from text to text. Its order says nothing. */
export function mapColumn(): z.ZodType<ReadonlyMap<string, string>> {
  return z
    .unknown()
    .transform((value, context): ReadonlyMap<string, string> => {
      const read = mapIn(value);
      if (typeof read !== 'string') return read;
      context.addIssue(read);
      return z.NEVER;
    })
    .prefault(['map', []])
    .register(foldings, { folding: 'map' });
}

/** The map that a value is, read by hand since rows come by the thousand; or what is wrong with it. */
function mapIn(value: unknown): ReadonlyMap<string, string> | string {
  const pairs: unknown = Array.isArray(value) && value.length === 2 && value[0] === 'map' ? value[1] : value;
  if (!Array.isArray(pairs) || pairs === value) return 'no map';
  const read = new Map<string, string>();
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return 'no pair';
    const texts: readonly unknown[] = pair;
    const [key, held] = texts;
    if (typeof key !== 'string' || typeof held !== 'string') return 'no text';
    read.set(key, held);
  }
  return read.size === pairs.length ? read : 'a key twice in a map';
}

/**
 * The row after a difference, as `update2` and `update3` tell it: a column with one value, or none, is told as it is now;
 * of a set the elements that came or went; of a map the pairs that came, went or changed.
 */
export function rowAfter(
  row: WireRow,
  difference: WireRow,
  columns: Readonly<Record<string, z.ZodType>>,
): WireRow {
  const changed = Object.entries(difference).map(([name, told]): [string, WireValue] => {
    const column = columns[name];
    const folding = column === undefined ? undefined : foldings.get(column)?.folding;
    const held = row[name];
    return [name, folding === undefined || held === undefined ? told : folded(folding, held, told)];
  });
  return { ...row, ...Object.fromEntries(changed) };
}

function folded(folding: Folding, held: WireValue, told: WireValue): WireValue {
  switch (folding) {
    case 'set':
      return ['set', [...comeOrGone(byText(elements(held), identity), byText(elements(told), identity))]];
    case 'map':
      return ['map', [...comeOrGone(byText(pairs(held), keyOf), byText(pairs(told), keyOf))]];
  }
}

function identity(element: WireAtom): unknown {
  return element;
}

function keyOf([key]: readonly [WireAtom, WireAtom]): unknown {
  return key;
}

function byText<Part>(parts: readonly Part[], key: (part: Part) => unknown): Map<string, Part> {
  return new Map(parts.map((part) => [JSON.stringify(key(part)), part]));
}

/** What is told and was there goes; what was not there, or was another value, comes. */
function comeOrGone<Part>(held: ReadonlyMap<string, Part>, told: ReadonlyMap<string, Part>): Iterable<Part> {
  const after = new Map(held);
  for (const [key, part] of told) {
    if (JSON.stringify(held.get(key)) === JSON.stringify(part)) after.delete(key);
    else after.set(key, part);
  }
  return after.values();
}

function elements(value: WireValue): readonly WireAtom[] {
  if (typeof value !== 'object') return [value];
  switch (value[0]) {
    case 'set':
      return value[1];
    case 'map':
      return [];
    case 'uuid':
    case 'named-uuid':
      return [value];
  }
}

function pairs(value: WireValue): readonly (readonly [WireAtom, WireAtom])[] {
  return typeof value === 'object' && value[0] === 'map' ? value[1] : [];
}
