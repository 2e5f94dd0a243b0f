import type { z } from 'zod';
import { excerpt } from './excerpt.ts';
import { flow, wholeExample, type DescribedFields } from './field-doc.ts';
import { Flaw } from './flaw.ts';
import { nearestWord } from './nearest-word.ts';
import type { KeyPath } from './place.ts';

/** `a`, `a and b`, `a, b and c`. */
const listed = new Intl.ListFormat('en-GB');

/** A flaw, and the part of the checked value that it is about. */
export interface Explained {
  readonly path: KeyPath;
  readonly flaw: Flaw;
}

/** The checked value: the fields that it may have if it is a mapping, and access to its parts. */
interface Checked {
  readonly fields: DescribedFields | undefined;
  readonly valueAt: (path: KeyPath) => unknown;
}

/** For issues that no schema of this folder raises. */
const unexplained = 'this value has no place here';

/** Says in plain words what a schema found wrong. */
export function explainIssue(issue: z.core.$ZodIssue, context: Checked): readonly Explained[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], flaw: unknownKey(key, context) }));
  }
  if (issue.code === 'invalid_type' && context.valueAt(path) === undefined) return missing(path, context);
  return [{ path, flaw: explainValue(issue, path, context) }];
}

function explainValue(issue: z.core.$ZodIssue, path: KeyPath, { fields, valueAt }: Checked): Flaw {
  const value = valueAt(path);
  switch (issue.code) {
    case 'custom':
      return carriedFlaw(issue);
    case 'invalid_type':
      return wrongType(issue.expected, exampleOf(path, fields));
    case 'invalid_value':
      return notAmong(issue.values.map(String), value);
    case 'too_big':
      return isOfNumbers(issue)
        ? new Flaw('this is too much', { allowed: `${String(issue.maximum)} at most` })
        : unknownFlaw();
    case 'too_small':
      if (isOfNumbers(issue))
        return new Flaw('this is too little', { allowed: `${String(issue.minimum)} at least` });
      return new Flaw('an empty list says nothing here: name at least one, or leave an optional key out', {
        allowed: `a list of at least one${as(exampleOf(path, fields))}`,
      });
    default:
      return unknownFlaw();
  }
}

function unknownFlaw(): Flaw {
  return new Flaw(unexplained, { allowed: 'another value' });
}

function isOfNumbers({ origin }: { readonly origin: string }): boolean {
  return origin === 'number' || origin === 'int';
}

function carriedFlaw(issue: z.core.$ZodIssueCustom): Flaw {
  const flaw: unknown = issue.params?.['flaw'];
  return flaw instanceof Flaw ? flaw : unknownFlaw();
}

/** Says once, at the first of them, which keys of a mapping are missing, and shows it with right values. */
function missing(path: KeyPath, { fields, valueAt }: Checked): readonly Explained[] {
  const key = String(path.at(-1));
  const absent = (fields?.required ?? []).filter((each) => valueAt([each]) === undefined);
  const keys = path.length === 1 && absent.includes(key) ? absent : [key];
  if (keys[0] !== key) return [];
  const are = keys.length === 1 ? 'is missing: it is' : 'are missing: they are';
  const allowed = fields === undefined ? key : flow(wholeExample(fields));
  return [
    { path, flaw: new Flaw(`${listed.format(keys)} ${are} required here`, { found: 'nothing', allowed }) },
  ];
}

/** A right value of a field, as YAML; undefined for parts of it, and where nothing is known of it. */
function exampleOf(path: KeyPath, fields: DescribedFields | undefined): string | undefined {
  const [key, ...below] = path;
  if (key === undefined && fields !== undefined) return flow(wholeExample(fields));
  const doc = below.length > 0 || key === undefined ? undefined : fields?.docs.get(String(key));
  return doc === undefined ? undefined : `${String(key)}: ${flow(doc.example)}`;
}

function as(example: string | undefined): string {
  return example === undefined ? '' : `, as ${example}`;
}

function wrongType(expected: string, example: string | undefined): Flaw {
  switch (expected) {
    case 'string':
      return new Flaw('text is needed here', {
        allowed: `text; in quotes where YAML would read a number, a truth value or nothing${as(example)}`,
      });
    case 'array':
      return new Flaw('a list is needed here', { allowed: `a list${as(example ?? '[one, two]')}` });
    case 'object':
      return new Flaw('a mapping is needed here', {
        allowed: `keys with values${as(example ?? '{ key: value }')}`,
      });
    default:
      return new Flaw('a number is needed here', { allowed: `a number without quotes${as(example)}` });
  }
}

/** The flaw of a value that is none of the allowed words. */
export function notAmong(words: readonly string[], value: unknown): Flaw {
  return new Flaw('this is none of the values that may stand here', {
    allowed: words.join(', '),
    nearest: typeof value === 'string' ? nearestWord(value, words) : undefined,
  });
}

function unknownKey(key: string, { fields, valueAt }: Checked): Flaw {
  const found = excerpt(key);
  const docs = [...(fields?.docs ?? [])];
  const keys = docs.map(([each]) => each);
  const meant = docs.find(([each, { alsoCalled }]) => {
    return (
      alsoCalled?.some((word) => word.toLowerCase() === key.toLowerCase()) === true &&
      valueAt([each]) === undefined
    );
  });
  return new Flaw(`unknown key ${found}`, {
    found,
    allowed: keys.join(', '),
    nearest: meant?.[0] ?? nearestWord(key, keys),
  });
}
