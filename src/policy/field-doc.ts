/** A part of a JSON Schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** How a value is written. `words` go to people, `json` to editors. */
export type Form =
  | {
      readonly is: 'value';
      readonly words: string;
      readonly json: JsonSchema;
      /** A path of a file: a URL of a server in its place may hold a password. */
      readonly isPath?: true;
    }
  | { readonly is: 'mapping'; readonly fields: DescribedFields }
  | {
      readonly is: 'list';
      readonly of: Form;
      readonly itemsMin: 0 | 1;
      readonly itemsMax?: number;
      /** A single item may stand without brackets. */
      readonly orSingle?: boolean;
    };

/** What people and editors are told of a key of a document. */
export interface FieldDoc {
  /** What the key is for: a sentence. */
  readonly says: string;
  readonly form: Form;
  /** A right value, as it is written. */
  readonly example: unknown;
  /** The value that counts where the key is left out, as it is written. */
  readonly default?: unknown;
  /** What holds where the key is left out, if no one value says it. */
  readonly absent?: string;
  /** Other words for the key: whoever writes one is told the key. */
  readonly alsoCalled?: readonly string[];
}

/** The keys of a mapping, each with what is said of it, and those that must be there. */
export interface DescribedFields {
  readonly docs: ReadonlyMap<string, FieldDoc>;
  readonly required: readonly string[];
}

/** A text that matches a pattern. */
export function textForm(words: string, pattern?: RegExp): Form {
  return {
    is: 'value',
    words,
    json: { type: 'string', ...(pattern === undefined ? {} : { pattern: pattern.source }) },
  };
}

/** The path of a file. */
export function pathForm(words = 'the path of a file'): Form {
  return { is: 'value', words, json: { type: 'string' }, isPath: true };
}

/** One of some words. */
export function wordForm(allowed: readonly string[]): Form {
  const words = allowed.length === 1 ? `always ${allowed.join()}` : `one of ${allowed.join(', ')}`;
  return { is: 'value', words, json: { type: 'string', enum: allowed } };
}

/** A whole right value of a mapping: what must be there, by example. */
export function wholeExample({ docs, required }: DescribedFields): Record<string, unknown> {
  const keys = required.length === 0 ? [...docs.keys()] : required;
  return Object.fromEntries(keys.map((key) => [key, docs.get(key)?.example]));
}

const plainText = /^[A-Za-z][\w/.-]*$|^\d+[A-Za-z][\w.-]*$|^\d+(\.\d+){3}(\/\d+)?$/;
/** Words that YAML versions read as something else than text. */
const notText = /^(y|n|yes|no|on|off|true|false|null|0[box]\w*|\d+[eE]\d+)$/i;

/** A value as YAML on one line. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, each]) => `${key}: ${flow(each)}`);
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
  }
  if (typeof value === 'string' && plainText.test(value) && !notText.test(value)) return value;
  return JSON.stringify(value);
}
