import { z } from 'zod';

/** True for a value that fits a schema. */
type Test = (value: unknown) => boolean;

/**
 * A schema's safeParse, several times as fast for a value that fits the schema: the result is then that value itself,
 * and no copy. The schema judges every other value, so that refusals and their reasons have one judge. A schema with
 * an unknown part (a default, a transformation) judges every value.
 */
export function quickParse<Output>(
  schema: z.ZodType<Output>,
): (value: unknown) => z.ZodSafeParseResult<Output> {
  const test = knownTestOf(schema);
  const fits = (value: unknown): value is Output => test(value);
  return (value) => (fits(value) ? { success: true, data: value } : schema.safeParse(value));
}

/** True if quickParse knows every part of the schema, and so need not ask it. */
export function isKnown(schema: z.core.$ZodType): boolean {
  return knownTestOf(schema) !== never;
}

const never: Test = () => false;

function knownTestOf(schema: z.core.$ZodType): Test {
  try {
    return testOf(schema);
  } catch (error) {
    if (error instanceof PartNotKnown) return never;
    throw error;
  }
}

class PartNotKnown extends Error {}

/** A test that passes only if the schema would return its input unchanged. Throws PartNotKnown. */
function testOf(schema: z.core.$ZodType): Test {
  const checks = schema._zod.def.checks ?? [];
  return checks.map(testOfCheck).reduce(both, testOfType(schema));
}

function testOfType(schema: z.core.$ZodType): Test {
  if (schema instanceof z.ZodString) return (value) => typeof value === 'string';
  if (schema instanceof z.ZodNumberFormat && schema.format === 'safeint') return Number.isSafeInteger;
  if (schema instanceof z.ZodBoolean) return (value) => typeof value === 'boolean';
  if (schema instanceof z.ZodLiteral) return isOneOf([...schema.values]);
  if (schema instanceof z.ZodEnum) return isOneOf(schema.options);
  if (schema instanceof z.ZodUnknown) return () => true;
  if (schema instanceof z.ZodObject) return testOfObject(schema);
  if (schema instanceof z.ZodRecord) return testOfRecord(schema);
  if (schema instanceof z.ZodArray) return testOfArray(testOf(schema.def.element));
  if (schema instanceof z.ZodTuple) return testOfTuple(schema);
  if (schema instanceof z.ZodNullable) return either(isOneOf([null]), testOf(schema.unwrap()));
  if (schema instanceof z.ZodUnion) return schema.options.map(testOf).reduce(either);
  throw new PartNotKnown(schema._zod.def.type);
}

function testOfCheck(check: z.core.$ZodCheck): Test {
  if (check instanceof z.core.$ZodCheckRegex) return testOfPattern(check._zod.def.pattern);
  if (check instanceof z.core.$ZodCheckMinLength) return isOfLength(check._zod.def.minimum, Infinity);
  if (check instanceof z.core.$ZodCheckMaxLength) return isOfLength(0, check._zod.def.maximum);
  if (check instanceof z.core.$ZodCheckGreaterThan) return isBetween(boundOf(check), Infinity);
  if (check instanceof z.core.$ZodCheckLessThan) return isBetween(-Infinity, boundOf(check));
  if (check instanceof z.ZodCustom) {
    const { fn } = check._zod.def;
    return (value) => fn(value) === true;
  }
  throw new PartNotKnown(check._zod.def.check);
}

function both(one: Test, other: Test): Test {
  return (value) => one(value) && other(value);
}

function either(one: Test, other: Test): Test {
  return (value) => one(value) || other(value);
}

function isOneOf(values: readonly unknown[]): Test {
  const [only] = values;
  if (values.length === 1) return (value) => value === only;
  const all = new Set(values);
  return (value) => all.has(value);
}

function isOfLength(min: number, max: number): Test {
  return (value) =>
    (typeof value === 'string' || Array.isArray(value)) && value.length >= min && value.length <= max;
}

function boundOf({ _zod: { def } }: z.core.$ZodCheckGreaterThan | z.core.$ZodCheckLessThan): number {
  if (!def.inclusive || typeof def.value !== 'number') throw new PartNotKnown('a bound of its own kind');
  return def.value;
}

function isBetween(min: number, max: number): Test {
  return (value) => typeof value === 'number' && value >= min && value <= max;
}

/** A global or sticky pattern goes on from its last match, and so may answer otherwise the next time. */
function testOfPattern(pattern: RegExp): Test {
  if (pattern.global || pattern.sticky) throw new PartNotKnown('a pattern with a memory');
  return (value) => typeof value === 'string' && pattern.test(value);
}

interface Member {
  readonly test: Test;
  readonly required: boolean;
}

/** Only for strict objects: other schemas treat unknown members in ways of their own. */
function testOfObject(schema: z.ZodObject<z.core.$ZodShape>): Test {
  if (!(schema.def.catchall instanceof z.ZodNever)) throw new PartNotKnown('an object that is not strict');
  const members = new Map<string, Member>();
  for (const [name, member] of Object.entries(schema.shape)) {
    const required = !(member instanceof z.ZodOptional);
    members.set(name, { test: testOf(required ? member : member.unwrap()), required });
  }
  const required = [...members.values()].filter((member) => member.required).length;
  return (value) => isPlain(value) && countOfRequired(value, members) === required;
}

/** The number of required members that an object has; NaN if one of its members does not fit. */
function countOfRequired(
  object: Readonly<Record<string, unknown>>,
  members: ReadonlyMap<string, Member>,
): number {
  let count = 0;
  for (const name in object) {
    const member = members.get(name);
    const value = object[name];
    if (member === undefined || !(member.test(value) || (value === undefined && !member.required)))
      return NaN;
    if (member.required) count += 1;
  }
  return count;
}

function testOfRecord({ keyType, valueType }: z.ZodRecord): Test {
  const anyKey = keyType instanceof z.ZodString && keyType.def.checks === undefined;
  if (!anyKey || !(valueType instanceof z.ZodUnknown)) throw new PartNotKnown('a record of its own kind');
  // The schema skips __proto__, and asks what a constructor is.
  return (value) =>
    isPlain(value) && !Object.hasOwn(value, '__proto__') && !Object.hasOwn(value, 'constructor');
}

function testOfArray(element: Test): Test {
  return (value) => {
    if (!Array.isArray(value)) return false;
    for (const item of value) if (!element(item)) return false;
    return true;
  };
}

function testOfTuple({ def: { items, rest } }: z.ZodTuple): Test {
  if (rest !== null) throw new PartNotKnown('a tuple with a rest');
  const tests = items.map(testOf);
  return (value) =>
    Array.isArray(value) && value.length === tests.length && tests.every((test, index) => test(value[index]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
