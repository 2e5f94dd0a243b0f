import { expect, it } from 'vitest';
import { Endings } from '../../../projections/isolation/objects/endings.ts';
import { VersionedIndex, type Version } from '../../../projections/isolation/objects/versions.ts';

it('a table that hears of the end of what it never held holds what it held', () => {
  const kept: Version<string> = { item: 'kept', order: 0, since: 1, until: Infinity };
  const table = new VersionedIndex<string, string, string>(
    { ordered: () => [kept], endings: new Endings() },
    { has: (version): version is Version<string> => version.item !== '', keyOf: (item) => item },
  );
  expect(table.at('kept', 1)).toEqual(['kept']);
  table.end({ item: 'never held', order: 1, since: 1, until: 2 });
  expect([...table.keys()]).toEqual(['kept']);
});
