import { canonicalText } from '../../events/codec/canonical.ts';

/** The first place at which two values of JSON differ, in words. */
export interface ValueDifference {
  /** The keys and names that lead there, as in `intended policies acme-corp egress`. */
  readonly where: string;
  /** Each value as JSON, cut short; undefined where there is none. */
  readonly expected: string | undefined;
  readonly found: string | undefined;
}

/**
 * The first difference between two values of JSON; undefined if there is none. The order of a list does not count,
 * since lists of what is kept stand for sets and maps.
 */
export function differenceOf(expected: unknown, found: unknown): ValueDifference | undefined {
  return differenceAt([], { expected, found });
}

interface BothValues {
  readonly expected: unknown;
  readonly found: unknown;
}

function differenceAt(path: readonly string[], { expected, found }: BothValues): ValueDifference | undefined {
  const parts = { expected: partsOf(expected), found: partsOf(found) };
  if (parts.expected === undefined || parts.found === undefined) {
    return textOf(expected) === textOf(found)
      ? undefined
      : { where: path.join(' '), expected: shown(expected), found: shown(found) };
  }
  for (const name of new Set([...parts.expected.keys(), ...parts.found.keys()])) {
    const pair = { expected: parts.expected.get(name), found: parts.found.get(name) };
    const difference = differenceAt([...path, name], pair);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** The parts of a list or an object by name; undefined for any other value. */
function partsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value)) return partsOfList(value);
  return isObject(value) ? new Map(Object.entries(value).sort(byName)) : undefined;
}

/** Items that have a name each go by it; others are compared in the order of their texts. */
function partsOfList(items: readonly unknown[]): ReadonlyMap<string, unknown> {
  const named = new Map(items.map((item) => [nameOf(item), isNamed(item) ? item[1] : item]));
  if (named.size === items.length && !named.has(undefined))
    return new Map([...named].map(([name = '', item]) => [name, item]));
  const texts = items.map((item): [string, unknown] => [textOf(item), item]).sort(byName);
  return new Map(texts.map(([, item], index) => [String(index + 1), item]));
}

/** The documents that are kept name themselves by these keys. */
const namingKeys = ['tenant', 'shard', 'host', 'external', 'name'];

function nameOf(item: unknown): string | undefined {
  const name: unknown = Array.isArray(item)
    ? item[0]
    : isObject(item)
      ? namingKeys.map((key) => item[key]).find((value) => typeof value === 'string')
      : item;
  return typeof name === 'string' || typeof name === 'number' ? String(name) : undefined;
}

/** A name, and what it stands for. */
function isNamed(item: unknown): item is readonly [unknown, unknown] {
  return Array.isArray(item) && item.length === 2;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return value === undefined ? '' : canonicalText(value);
}

const shownCharactersMax = 80;

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = textOf(value);
  return text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}...` : text;
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
