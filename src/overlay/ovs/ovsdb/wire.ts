import { z } from 'zod';

/** A single value as OVSDB writes it in JSON (RFC 7047, 5.1). */
export type WireAtom =
  string | number | boolean | readonly ['uuid', string] | readonly ['named-uuid', string];

/** The value of a column as OVSDB writes it in JSON. */
export type WireValue =
  | WireAtom
  | readonly ['set', readonly WireAtom[]]
  | readonly ['map', readonly (readonly [WireAtom, WireAtom])[]];

/** A row as OVSDB writes it in JSON, by column. */
export type WireRow = Readonly<Record<string, WireValue>>;

/** A reference to a row that is there. */
export function uuidAtom(uuid: string): WireAtom {
  return ['uuid', uuid];
}

/** A reference to a row that the same transaction inserts under that name. */
export function namedUuidAtom(name: string): WireAtom {
  return ['named-uuid', name];
}

export function setValue(atoms: Iterable<WireAtom>): WireValue {
  return ['set', [...atoms]];
}

/** The value of a column that may be empty. */
export function optionalValue(atom: WireAtom | undefined): WireValue {
  return atom ?? ['set', []];
}

export function mapValue(entries: Iterable<readonly [string, string]>): WireValue {
  return ['map', Array.from(entries, ([key, value]) => [key, value] as const)];
}

/** Numbers are whole: no column that is used has others, and a switch's own fit into 53 bits. */
const atom = z.union([
  z.string(),
  z.int(),
  z.boolean(),
  z.tuple([z.literal('uuid'), z.string()]),
]) satisfies z.ZodType<WireAtom>;

const value = z.union([
  atom,
  z.tuple([z.literal('set'), z.array(atom)]),
  z.tuple([z.literal('map'), z.array(z.tuple([atom, atom]))]),
]) satisfies z.ZodType<WireValue>;

/** A row as a server sends it, before it is read as one of a table. */
export const wireRow = z.record(z.string(), value);
