import type { z } from 'zod';

/**
 * The first fault of a line as people are told it: the place as a path of keys, what stands there, and what should. A pattern is
 * no word for anybody: of a text that does not fit one it is said that it may not stand there.
 */
export function flawWords({ issues }: z.ZodError, line: unknown): string {
  const [issue] = issues;
  if (issue === undefined) return 'not as it should be';
  const found = valueAt(line, issue.path);
  const words = found === undefined && issue.path.length > 0 ? 'is missing' : wordsOf(issue, found);
  return issue.path.length === 0 ? words : `${issue.path.map(String).join('.')}: ${words}`;
}

function wordsOf(issue: z.core.$ZodIssue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${kindOf(found)} stands where ${needed(issue.expected)} should`;
    case 'unrecognized_keys':
      return `a key that has no place here: ${issue.keys.join(', ')}`;
    case 'invalid_value':
      return `${shown(found)} stands where ${issue.values.map(shown).join(' or ')} should`;
    case 'too_small':
      return `${sized(found)} is less than ${String(issue.minimum)}`;
    case 'too_big':
      return `${sized(found)} is more than ${String(issue.maximum)}`;
    default:
      return `${shown(found)} is nothing that may stand here`;
  }
}

function valueAt(line: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.getOwnPropertyDescriptor(value, key)?.value;
  }, line);
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? kindOf(value) : JSON.stringify(value);
}

function sized(value: unknown): string {
  if (typeof value === 'string') return `the length, ${String(value.length)},`;
  return Array.isArray(value) ? `the number of items, ${String(value.length)},` : shown(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
      return String(value);
    case 'boolean':
      return 'a truth value';
    default:
      return 'a mapping';
  }
}

/** What a schema asks for. */
function needed(expected: string): string {
  switch (expected) {
    case 'string':
      return 'a text';
    case 'int':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'array':
    case 'tuple':
      return 'a list';
    default:
      return 'a mapping';
  }
}
