import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Relation } from '../../../projections/fold/relation.ts';

const keys = [1, 2, 3];
const members = ['a', 'b', 'c'];
const step = fc.record({
  does: fc.constantFrom('add', 'remove', 'lay over'),
  key: fc.constantFrom(...keys),
  member: fc.constantFrom(...members),
});

/** Everything that can be asked of a relation. */
function asked(relation: Relation<number>): object {
  return keys.map((key) => ({
    of: [...relation.of(key)].sort(),
    count: relation.count(key),
    has: members.map((member) => relation.has(key, member)),
  }));
}

function expected(pairs: ReadonlySet<string>): object {
  return keys.map((key) => {
    const of = members.filter((member) => pairs.has(`${String(key)} ${member}`));
    return { of, count: of.length, has: members.map((member) => of.includes(member)) };
  });
}

describe('a relation over a relation', () => {
  it('says what a set of pairs says, and leaves the one below alone, through any steps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pairs = new Set<string>();
        let relation = new Relation<number>();
        const below: { relation: Relation<number>; before: object }[] = [];
        for (const { does, key, member } of steps) {
          if (does === 'lay over') {
            below.push({ relation, before: asked(relation) });
            relation = new Relation(relation);
          } else if (does === 'add') {
            relation.add(key, member);
            pairs.add(`${String(key)} ${member}`);
          } else {
            relation.remove(key, member);
            pairs.delete(`${String(key)} ${member}`);
          }
          expect(asked(relation)).toEqual(expected(pairs));
        }
        for (const { relation: lower, before } of below) expect(asked(lower)).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});
