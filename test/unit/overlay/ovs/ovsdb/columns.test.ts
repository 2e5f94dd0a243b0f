import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  integerColumn,
  mapColumn,
  optionalColumn,
  referenceAtom,
  rowAfter,
  setColumn,
  textAtom,
  textColumn,
} from '../../../../../src/overlay/ovs/ovsdb/columns.ts';
import { mapValue, optionalValue, setValue, uuidAtom } from '../../../../../src/overlay/ovs/ovsdb/wire.ts';

const columns = {
  name: textColumn(),
  mac: optionalColumn(textAtom),
  protocols: setColumn(textAtom),
  options: mapColumn(),
};

const few = fc.constantFrom('a', 'b', 'c', 'd');
const set = fc.uniqueArray(few);
const map = fc.dictionary(few, few).map((object) => new Map(Object.entries(object)));

describe('values of columns', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(set, map, fc.option(few, { nil: undefined }), (elements, pairs, maybe) => {
        expect(columns.protocols.parse(setValue(elements))).toEqual(new Set(elements));
        expect(columns.options.parse(mapValue(pairs))).toEqual(pairs);
        expect(columns.mac.parse(optionalValue(maybe))).toBe(maybe);
      }),
    );
  });

  it('are read where a set of one element is written as that element', () => {
    const uuid = '11111111-1111-4111-8111-111111111111';
    expect(columns.protocols.parse('OpenFlow15')).toEqual(new Set(['OpenFlow15']));
    expect(columns.mac.parse(['set', ['aa']])).toBe('aa');
    expect(setColumn(referenceAtom).parse(uuidAtom(uuid))).toEqual(new Set([uuid]));
  });

  it('have the default of OVSDB where they are left out', () => {
    expect(columns.name.parse(undefined)).toBe('');
    expect(integerColumn().parse(undefined)).toBe(0);
    expect(columns.mac.parse(undefined)).toBeUndefined();
    expect(columns.protocols.parse(undefined)).toEqual(new Set());
    expect(columns.options.parse(undefined)).toEqual(new Map());
  });

  it.each([
    ['two values where one may be', columns.mac, ['set', ['a', 'b']]],
    ['an element twice', columns.protocols, ['set', ['a', 'a']]],
    [
      'a key twice',
      columns.options,
      [
        'map',
        [
          ['a', '1'],
          ['a', '2'],
        ],
      ],
    ],
    ['a number for a text', columns.name, 1],
    ['a reference that is no UUID', setColumn(referenceAtom), ['uuid', 'x']],
    ['a set for a map', columns.options, ['set', []]],
    ['a text for a map', columns.options, 'a'],
    ['a map of something else than pairs', columns.options, ['map', [['a']]]],
    ['a number in a map', columns.options, ['map', [['a', 1]]]],
    ['no list of elements', columns.protocols, ['set', 'a']],
    ['null', columns.protocols, null],
  ])('are refused: %s', (_, column, value) => {
    expect(column.safeParse(value).success).toBe(false);
  });
});

describe('a difference of a row', () => {
  it('leads from the one to the other, as the protocol defines it', () => {
    fc.assert(
      fc.property(set, set, map, map, (before, after, pairsBefore, pairsAfter) => {
        const differing = [
          ...before.filter((one) => !after.includes(one)),
          ...after.filter((one) => !before.includes(one)),
        ];
        const pairs = [
          ...[...pairsBefore].filter(([key]) => !pairsAfter.has(key)),
          ...[...pairsAfter].filter(([key, value]) => pairsBefore.get(key) !== value),
        ];
        const row = rowAfter(
          { protocols: setValue(before), options: mapValue(pairsBefore) },
          { protocols: setValue(differing), options: mapValue(pairs) },
          columns,
        );
        expect(columns.protocols.parse(row['protocols'])).toEqual(new Set(after));
        expect(columns.options.parse(row['options'])).toEqual(pairsAfter);
      }),
    );
  });

  it('tells a column with at most one value as it is now', () => {
    const row = { name: 'p', mac: 'aa' };
    expect(rowAfter(row, { mac: 'bb' }, columns)).toEqual({ name: 'p', mac: 'bb' });
    expect(rowAfter(row, { mac: ['set', []] }, columns)).toEqual({ name: 'p', mac: ['set', []] });
  });

  it('begins with the empty default where a column was left out', () => {
    expect(columns.protocols.parse(rowAfter({}, { protocols: 'a' }, columns)['protocols'])).toEqual(
      new Set(['a']),
    );
  });
});
