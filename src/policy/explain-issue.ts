import type { z } from 'zod';
import { excerpt } from './excerpt.ts';
import { Flaw } from './flaw.ts';
import { nearestWord } from './nearest-word.ts';
import type { KeyPath } from './place.ts';

/** A flaw, and the part of the checked value that it is about. */
export interface Explained {
  readonly path: KeyPath;
  readonly flaw: Flaw;
}

/** The checked value: the keys that it may have if it is a mapping, and access to its parts. */
interface Checked {
  readonly keys: readonly string[];
  readonly valueAt: (path: KeyPath) => unknown;
}

/** For issues that no schema of this folder raises. */
const unexplained = 'this value has no place here';

/** Says in plain words what a schema found wrong. */
export function explainIssue(issue: z.core.$ZodIssue, context: Checked): readonly Explained[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], flaw: unknownKey(key, context.keys) }));
  }
  return [{ path, flaw: explainValue(issue, path, context) }];
}

function explainValue(issue: z.core.$ZodIssue, path: KeyPath, { keys, valueAt }: Checked): Flaw {
  const value = valueAt(path);
  switch (issue.code) {
    case 'custom':
      return carriedFlaw(issue);
    case 'invalid_type':
      return value === undefined ? missing(path, keys) : wrongType(issue.expected);
    case 'invalid_value':
      return notAmong(issue.values.map(String), value);
    case 'too_small':
      return new Flaw('an empty list says nothing here: name at least one, or leave an optional key out', {
        allowed: 'a list of at least one',
      });
    default:
      return new Flaw(unexplained, { allowed: 'another value' });
  }
}

function carriedFlaw(issue: z.core.$ZodIssueCustom): Flaw {
  const flaw: unknown = issue.params?.['flaw'];
  return flaw instanceof Flaw ? flaw : new Flaw(unexplained, { allowed: 'another value' });
}

function missing(path: KeyPath, keys: readonly string[]): Flaw {
  return new Flaw(`${String(path.at(-1))} is missing`, {
    found: 'nothing',
    allowed: `a mapping with ${keys.join(', ')}`,
  });
}

function wrongType(expected: string): Flaw {
  switch (expected) {
    case 'string':
      return new Flaw('text is needed here', {
        allowed: 'text; in quotes where YAML would read a number, a truth value or nothing',
      });
    case 'array':
      return new Flaw('a list is needed here', { allowed: 'a list, as [one, two]' });
    case 'object':
      return new Flaw('a mapping is needed here', { allowed: 'keys with values, as { key: value }' });
    default:
      return new Flaw('a number is needed here', { allowed: 'a number without quotes' });
  }
}

/** The flaw of a value that is none of the allowed words. */
export function notAmong(words: readonly string[], value: unknown): Flaw {
  return new Flaw('this is none of the values that may stand here', {
    allowed: words.join(', '),
    nearest: typeof value === 'string' ? nearestWord(value, words) : undefined,
  });
}

function unknownKey(key: string, keys: readonly string[]): Flaw {
  const found = excerpt(key);
  return new Flaw(`unknown key ${found}`, {
    found,
    allowed: keys.join(', '),
    nearest: nearestWord(key, keys),
  });
}
