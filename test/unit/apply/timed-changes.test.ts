import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gainedGrants } from '../../../projections/intended/changed-grants.ts';
import { emptyIntended, type Intended } from '../../../projections/intended/intended.ts';
import { wordsOf } from '../../../projections/intended/traffic.ts';
import { timedChanges, type TimedChange } from '../../../src/apply/plan/timed-changes.ts';
import { generateEstate } from '../../bench/estate.ts';
import { mutateEstate } from '../../bench/estate/mutate.ts';
import { decideOn } from '../../support/documents.ts';
import type { Decision } from '../../../src/domain/decide.ts';

type Accepted = Decision & { kind: 'accepted' };

async function accepted(documents: readonly object[], intended = emptyIntended()): Promise<Accepted> {
  const yaml = documents.map((document) => JSON.stringify(document)).join('\n---\n');
  const decision = await decideOn(yaml, { intended });
  if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems));
  return decision;
}

/** Each side of every bound of generated rules. */
const instants = [
  '2023-12-31T23:59:59.999Z',
  '2024-01-01T00:00:00.000Z',
  '2026-03-01T11:59:59.999Z',
  '2026-03-01T12:00:00.000Z',
  '2026-03-15T17:00:00.499Z',
  '2026-03-15T17:00:00.500Z',
  '2026-04-01T05:59:59.999Z',
  '2026-04-01T06:00:00.000Z',
  '2026-06-30T21:59:58.999Z',
  '2026-06-30T21:59:59.000Z',
  '2035-12-31T16:59:59.999Z',
  '2035-12-31T17:00:00.000Z',
  '2040-01-01T00:00:00.000Z',
];

function changesAt({ before, after }: Record<'before' | 'after', Intended>, at: string): string[] {
  const gained = gainedGrants({ before, after }, { at }).map(
    (grant) => ({ change: 'gained', grant }) as const,
  );
  const lost = gainedGrants({ before: after, after: before }, { at }).map(
    (grant) => ({ change: 'lost', grant }) as const,
  );
  return [...gained, ...lost].map(spell).sort();
}

function spell({ change, grant: { from, to, traffic } }: Pick<TimedChange, 'change' | 'grant'>): string {
  return `${change} ${from} ${to} ${wordsOf(traffic)}`;
}

describe('what a decision changes by time', () => {
  it('together with what it changes at once is what it changes at any instant', async () => {
    let met = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.integer({ min: 0, max: instants.length - 1 }),
        fc.boolean(),
        async (seed, first, isFirst) => {
          const old = generateEstate({ seed, tenants: 6, rulesPerTenant: 8 });
          const before = isFirst ? emptyIntended() : (await accepted(old.documents)).after;
          const { documents } = isFirst ? old : mutateEstate(old, seed).estate;
          const { after, scope } = await accepted(documents, before);
          const at = instants[first] ?? '';
          const timed = timedChanges({ before, after, at, scope });
          met += timed.length;
          const atOnce = changesAt({ before, after }, at);
          const ending = timed.filter(({ since }) => since === undefined).map(spell);
          expect(atOnce).toEqual(expect.arrayContaining(ending));
          const lasting = atOnce.filter((change) => !ending.includes(change));
          for (const instant of instants.slice(first)) {
            const meanwhile = timed
              .filter(({ since = at, until }) => since <= instant && (until === undefined || instant < until))
              .map(spell);
            expect([...lasting, ...meanwhile].sort()).toEqual(changesAt({ before, after }, instant));
          }
        },
      ),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 25) },
    );
    expect(met).toBeGreaterThan(0);
  });
});
