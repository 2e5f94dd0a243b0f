/** The members of an object that have a value. No member is undefined, so each has a place in JSON. */
export type Defined<Members> = { [Name in keyof Members]?: Exclude<Members[Name], undefined> };

/** Leaves out members that are undefined. The others keep their order: `{ ...stated, ...defined({ reason, source }) }`. */
export function defined<Members extends object>(members: Members): Defined<Members>;
export function defined(members: Readonly<Record<string, unknown>>): object {
  const left: Record<string, unknown> = {};
  for (const name in members) if (members[name] !== undefined) left[name] = members[name];
  return left;
}
