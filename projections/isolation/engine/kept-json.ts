/** What was kept of an engine is no engine to go on from: it is not whole, or of another place than where it is to go on. */
export class KeptRefused extends Error {
  readonly code = 'KeptRefused';

  constructor(reason: string) {
    super(`what was kept of the verifier's engine cannot be gone on from: ${reason}`);
  }
}

/** Makes a value of a part of a kept text. Throws KeptRefused where that has another form. */
export type KeptReader<Value> = (json: unknown) => Value;

/** The value of a kept text. Throws KeptRefused. */
export function read<Value>(text: string, reader: KeptReader<Value>): Value {
  return reader(jsonOf(text));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(text);
  }
}

function refuse(found: unknown): never {
  throw new KeptRefused(`nothing is kept as ${JSON.stringify(found)}`);
}

export const readText: KeptReader<string> = (json) => (typeof json === 'string' ? json : refuse(json));

export const readNumber: KeptReader<number> = (json) => (typeof json === 'number' ? json : refuse(json));

export const readFlag: KeptReader<boolean> = (json) => (typeof json === 'boolean' ? json : refuse(json));

export function readList<Item>(readItem: KeptReader<Item>): KeptReader<Item[]> {
  return (json) => (Array.isArray(json) ? json.map((item: unknown) => readItem(item)) : refuse(json));
}

/** A list of parts of which each has its own form. */
export const readParts = readList<unknown>((json) => json);

export function readNullable<Value>(reader: KeptReader<Value>): KeptReader<Value | null> {
  return (json) => (json === null ? null : reader(json));
}

/** One of some words. */
export function readOneOf<Word extends string>(words: readonly Word[]): KeptReader<Word> {
  return (json) => words.find((word) => word === json) ?? refuse(json);
}
