import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Addressing } from '../../../projections/isolation/authorised/addressing.ts';
import { Authorisation } from '../../../projections/isolation/authorised/authorisation.ts';
import { boundsOf } from '../../../projections/isolation/authorised/rule-time.ts';
import { Agenda } from '../../../projections/isolation/engine/agenda.ts';
import { goOn, soAt } from '../../../projections/isolation/engine/tick.ts';
import { Ticks } from '../../../projections/isolation/engine/ticks.ts';
import { IsolationState } from '../../../projections/isolation/state.ts';
import { after, start } from './history.ts';
import { Dice } from './random-estate.ts';
import { randomTale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);
const ends = ['a/s', 'a/t', 'b/s', 'b/t', 'c/s', 'c/t', 'x', 'y'];

interface Authorised {
  readonly authorisation: Authorisation;
  readonly addressing: Addressing;
}

/** All that may be asked of what documents authorise, for some pairs of ends. */
function told({ authorisation, addressing }: Authorised, asked: readonly string[]): unknown {
  const opening = { protocol: 'tcp', dstPort: 15 } as const;
  return asked.map((from) => ({
    contested: addressing.contested(from),
    exchanges: [...authorisation.exchanges(from)].sort(),
    partners: [...authorisation.candidates.partnersOf(from)].sort(),
    pairs: ends.map((to) => ({
      between: authorisation.between({ from, to }),
      consented: authorisation.consented({ from, to }),
      guarded: authorisation.guarded({ from, to }),
      rules: authorisation.rulesFor({ from, to }, opening),
      seen: addressing.attached({ from, to }),
    })),
  }));
}

test('given random histories, what is authorised goes on from instant to instant as it is worked out anew', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = new Dice(seed);
      const { history } = randomTale(dice, 1 + Math.floor(dice.below(6)));
      const state = new IsolationState();
      const { documents } = state;
      const live = new Authorisation(documents, '');
      const addressing = new Addressing(live);
      let time = start;
      const move = (instant: string, before: Parameters<Addressing['moveTo']>[0]): void => {
        const passing = [...documents.policies.values()].filter(({ egress, ingress }) =>
          [...egress, ...ingress].flatMap(boundsOf).some((bound) => time < bound && bound <= instant),
        );
        live.moveTo(instant, { before, bounds: passing.map(({ tenant }) => tenant) });
        addressing.moveTo(before);
        time = instant;
        const anew = new Authorisation(documents, instant);
        // What was not asked before is not remembered: some ends at a time.
        const asked = dice.some(ends, 0.6);
        expect(told({ authorisation: live, addressing }, asked)).toEqual(
          told({ authorisation: anew, addressing: new Addressing(anew) }, asked),
        );
      };
      for (const batch of history.batches) {
        for (; after(1, time) < batch.recordedAt;) move(after(1, time), undefined);
        const change = state.follow(batch);
        move(batch.recordedAt, change?.documents);
      }
    }),
    { numRuns: 40 * scale },
  );
});

test('an agenda tells items in the order of their instants, each once an instant', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(5))), fc.nat(20), (items, until) => {
      const agenda = new Agenda<number>();
      const text = (at: number): string => String(at).padStart(2, '0');
      for (const [at, item] of items) agenda.put(text(at), item);
      const due = items.filter(([at]) => at <= until);
      expect(agenda.take(text(until))).toEqual(new Set(due.map(([, item]) => item)));
      const rest = items.filter(([at]) => at > until).map(([at]) => at);
      expect(agenda.next).toBe(rest.length === 0 ? undefined : text(Math.min(...rest)));
    }),
  );
});

describe('ticks', () => {
  const at = (seconds: number): string => after(seconds);

  test('tell what ended something: the documents of its very instant, if there are any', () => {
    const ticks = new Ticks();
    for (const [seconds, changed] of [
      [1, 'documents'],
      [2, 'nothing'],
      [2, 'held'],
      [2, 'documents'],
      [3, 'nothing'],
    ] as const)
      ticks.push({ at: at(seconds), changed });
    expect(ticks.endOf(2)).toEqual({ until: at(2), endedBy: 4 });
    expect(ticks.endOf(5)).toEqual({ until: at(3), endedBy: undefined });
    expect(ticks.before({ until: at(2), endedBy: 4 })).toBe(3);
    expect(ticks.before({ until: at(3), endedBy: undefined })).toBe(4);
  });

  test('are forgotten up to the last change of documents that is too long ago', () => {
    const ticks = new Ticks();
    for (let seconds = 1; seconds <= 3000; seconds += 1)
      ticks.push({ at: at(seconds), changed: seconds % 2 === 0 ? 'documents' : 'nothing' });
    ticks.forget(Date.parse(at(2001)));
    expect(ticks).toMatchObject({ oldest: 2000, now: 3000 });
    expect(ticks.endOf(2000)).toBeUndefined();
    expect(ticks.endOf(2001)).toEqual({ until: at(2001), endedBy: undefined });
    expect(ticks.before({ until: at(100), endedBy: undefined })).toBe(2000);
  });

  test('keep what was so at the oldest one that may be asked for', () => {
    const list = [1, 4, 6].map((since) => ({ since }));
    goOn(list, { since: 8 }, 5);
    expect(list).toEqual([{ since: 4 }, { since: 6 }, { since: 8 }]);
    expect(soAt(list, 7)).toEqual({ since: 6 });
    expect(soAt(list, 3)).toBeUndefined();
    goOn(list, { since: 8 }, 0);
    expect(list).toHaveLength(3);
  });
});
