/** Whether a value is as a JSON Schema says, for the keywords that our schemas have. Throws at any other keyword. */
export function matches(schema: unknown, value: unknown, root: unknown = schema): boolean {
  const rules = mapping(schema) ?? {};
  return Object.entries(rules).every(([keyword, rule]) => holds({ keyword, rule, rules, value, root }));
}

interface Question {
  readonly keyword: string;
  readonly rule: unknown;
  readonly rules: Readonly<Record<string, unknown>>;
  readonly value: unknown;
  readonly root: unknown;
}

function holds({ keyword, rule, rules, value, root }: Question): boolean {
  const [object, text, number] = [
    mapping(value),
    asText(value),
    typeof value === 'number' ? value : undefined,
  ];
  const limit = Number(rule);
  switch (keyword) {
    case '$schema':
    case '$defs':
    case 'title':
    case 'description':
    case 'default':
    case 'examples':
    case 'formatVersion':
      return true;
    case '$ref':
      return matches(at(root, String(rule)), value, root);
    case 'anyOf':
      return list(rule).some((each) => matches(each, value, root));
    case 'not':
      return !matches(rule, value, root);
    case 'type':
      return rule === typeOf(value);
    case 'enum':
      return list(rule).includes(value);
    case 'required':
      return object === undefined || list(rule).every((key) => Object.hasOwn(object, String(key)));
    case 'properties':
      return Object.entries(mapping(rule) ?? {}).every(
        ([key, below]) =>
          object === undefined || !Object.hasOwn(object, key) || matches(below, object[key], root),
      );
    case 'additionalProperties': {
      const known = mapping(rules['properties']) ?? {};
      return rule !== false || Object.keys(object ?? {}).every((key) => Object.hasOwn(known, key));
    }
    case 'items':
      return !Array.isArray(value) || value.every((item) => matches(rule, item, root));
    case 'minItems':
      return !Array.isArray(value) || value.length >= limit;
    case 'maxItems':
      return !Array.isArray(value) || value.length <= limit;
    case 'minimum':
      return number === undefined || number >= limit;
    case 'maximum':
      return number === undefined || number <= limit;
    case 'minLength':
      return text === undefined || Array.from(text).length >= limit;
    case 'maxLength':
      return text === undefined || Array.from(text).length <= limit;
    case 'pattern':
      return text === undefined || new RegExp(String(rule), 'u').test(text);
    default:
      throw new TypeError(`no rule for ${keyword}`);
  }
}

function at(root: unknown, reference: string): unknown {
  return reference
    .split('/')
    .slice(1)
    .reduce<unknown>((part, step) => mapping(part)?.[step], root);
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return value === null ? 'null' : typeof value;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapping(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
