import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../events/entry.ts';
import { differenceOf } from '../../../src/projector/difference.ts';
import { keptEstate } from '../../../src/apply/plan/kept-estate.ts';
import type { Estate } from '../../../src/projector/estate-projection.ts';
import type { Batch } from '../../../src/ledger/replay.ts';
import type { KeptFile } from '../../../src/projector/kept-state.ts';
import { KeptStateDiffers, Refolded } from '../../../src/projector/refolded.ts';
import { history } from './every-kind.ts';

function batchOf(entry: Entry): Batch {
  return { entries: [entry], first: entry.seq, last: entry.seq, recordedAt: entry.recordedAt, bytes: 1 };
}

/** What is kept after so many entries of the history, by a process that went on with state that was kept before. */
function keptAfter(size: number, resumedAt: number): KeptFile {
  let state = keptEstate.initial();
  for (const [index, entry] of history.slice(0, size).entries()) {
    if (index === resumedAt) state = keptEstate.load(written(state, history[index - 1]?.recordedAt));
    keptEstate.fold(state, entry);
  }
  return {
    ...{ formatVersion: 2, ledger: 'l', projection: 'estate', version: keptEstate.version },
    ...{ cursor: { size, frontier: [] }, recordedAt: history[size - 1]?.recordedAt, digest },
    length: 1,
    state: () => written(state, history[size - 1]?.recordedAt),
  };
}

function written(state: Estate, at: string | undefined): unknown {
  return JSON.parse(JSON.stringify(keptEstate.save(state, at)));
}

const digest = 'ef'.repeat(32);

/** The entry that vouches for the kept file, after all others. */
const vouching: Entry = {
  ...(history.at(-1) ?? raise()),
  seq: history.length,
  type: 'StateKept',
  data: { projection: 'estate', version: keptEstate.version, size: history.length, digest },
};

function raise(): never {
  throw new Error('there is no history');
}

function refoldedFrom(kept: KeptFile, entries: readonly Entry[]): Refolded<Estate> {
  const refold = new Refolded(keptEstate, { path: 'estate.json', kept });
  for (const entry of entries) refold.take(batchOf(entry));
  return refold;
}

function differenceFrom(kept: KeptFile): string | undefined {
  return refoldedFrom(kept, [...history, vouching]).difference()?.message;
}

/** Every copy of a value of JSON in which one leaf is another one, or one item of a list is gone. */
function* edited(value: unknown): Generator {
  if (Array.isArray(value)) {
    for (const index of value.keys()) {
      yield value.toSpliced(index, 1);
      for (const other of edited(value[index])) yield value.with(index, other);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      for (const other of edited(inner)) yield { ...value, [key]: other };
  } else if (typeof value === 'string') yield `${value}x`;
  else if (typeof value === 'number') yield value + 1;
  else if (typeof value === 'boolean') yield !value;
}

describe('kept state beside what the entries come to', () => {
  it('is the same, wherever the keeping and the going on fell', () => {
    for (let size = 0; size <= history.length; size += 1)
      for (const resumedAt of [-1, Math.floor(size / 2), size - 1])
        expect([size, differenceFrom(keptAfter(size, resumedAt))]).toEqual([size, undefined]);
  });

  it('differs after every edit, and the place is named', () => {
    const kept = keptAfter(history.length, -1);
    let edits = 0;
    for (const state of edited(kept.state())) {
      edits += 1;
      expect(differenceFrom({ ...kept, state: () => state })).toMatch(
        /at (intended|applied|bounds|desired)( \S+)+ it holds /,
      );
    }
    expect(edits).toBeGreaterThan(100);
  });

  it('differs where it is of another time, or of another place than its cursor says', () => {
    const kept = keptAfter(history.length, -1);
    const later = '2999-01-01T00:00:00.000Z';
    expect(differenceFrom({ ...kept, recordedAt: later })).toMatch(/at time of the last entry .*2999/);
    expect(differenceFrom({ ...kept, cursor: { size: 3, frontier: [] } })).toMatch(/nothing/);
    expect(differenceFrom({ ...keptAfter(3, -1), cursor: kept.cursor })).toMatch(/holds nothing, by the/);
  });

  it('of another version is not compared, since nobody uses it', () => {
    expect(differenceFrom({ ...keptAfter(3, -1), version: 0, state: () => ({}) })).toBeUndefined();
  });

  it('is not compared where no entry vouches for it, since nobody uses it either', () => {
    const edited = { ...keptAfter(history.length, -1), state: () => ({}) };
    const refold = refoldedFrom(edited, history);
    expect([refold.isVouchedFor, refold.difference()]).toEqual([false, undefined]);
    const vouched = refoldedFrom(edited, [...history, vouching]);
    expect([vouched.isVouchedFor, vouched.difference()]).toEqual([true, expect.any(KeptStateDiffers)]);
  });

  it('that is no JSON differs, whoever vouches for it', () => {
    const state = (): unknown => JSON.parse('{');
    expect(differenceFrom({ ...keptAfter(history.length, -1), state })).toMatch(/it holds nothing/);
  });
});

describe('the first difference of two values', () => {
  it.each([
    [{ a: [] }, { a: ['x'] }, { where: 'a x', found: '"x"' }],
    [
      { a: [{ name: 'x', b: 1 }] },
      { a: [{ name: 'x', b: 2 }] },
      { where: 'a x b', expected: '1', found: '2' },
    ],
    [[['x', 1]], [['x', 2]], { where: 'x', expected: '1', found: '2' }],
    [[{ b: 1 }, { b: 1 }], [{ b: 1 }], { where: '2', expected: '{"b":1}' }],
    [[null], [false], { where: '1', expected: 'null', found: 'false' }],
    ['x'.repeat(99), '', { where: '', expected: `"${'x'.repeat(79)}...`, found: '""' }],
  ])('of %j and %j is %j', (expected, found, difference) => {
    expect(differenceOf(expected, found)).toEqual(difference);
  });

  it('is none in another order', () => {
    expect(differenceOf([{ a: 1 }, { b: 2 }, 'x'], ['x', { b: 2 }, { a: 1 }])).toBeUndefined();
  });
});
