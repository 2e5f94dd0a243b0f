/** The fields of a match, by name, as they are spelt; one without a value has an empty one. */
export type MatchFields = ReadonlyMap<string, string>;

export function fieldsOf(match: string): MatchFields {
  return new Map(
    match.split(',').map((part) => {
      const [name = '', value = ''] = part.split('=');
      return [name, value];
    }),
  );
}

/** A field's number, undefined where the match has none. Whatever is no number is not a number of anything. */
export function numberIn(fields: MatchFields, name: string): number | undefined {
  const value = fields.get(name);
  return value === undefined ? undefined : Number(value);
}

/** The value that some actions set a field to, as it is spelt. */
export function valueSet(actions: string, name: string): string | undefined {
  return actions
    .split(',')
    .find((action) => action.startsWith('set_field:') && action.endsWith(`->${name}`))
    ?.slice('set_field:'.length, -`->${name}`.length);
}
