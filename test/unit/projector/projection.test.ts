import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import type { Entry } from '../../../events/entry.ts';
import { LedgerForked, StoreUnavailable } from '../../../src/ledger/faults.ts';
import { estateProjection } from '../../../src/projector/estate-projection.ts';
import { unfolded, type Projected, type Projection } from '../../../src/projector/projection.ts';
import { CraftedLedger } from '../../doubles/crafted-ledger.ts';
import { history } from './every-kind.ts';

/** Counts every entry that it folds: one that is folded twice, or not at all, shows. */
const seen: Projection<number[]> = {
  name: 'seen',
  version: 1,
  initial: () => [],
  fold: (state, { seq }) => state.push(seq),
  save: (state) => state,
  load: () => [],
};

function ledgerOf(entries: readonly Entry[]): CraftedLedger {
  return new CraftedLedger(entries.map((entry) => canonicalBytes({ ...entry, seq: undefined })));
}

/** Where the batch ends that holds an entry or, of an unfinished one, the one before it. */
function settledBefore(entries: number): number {
  const { batch } = history[entries] ?? { batch: { index: 0 } };
  return entries - batch.index;
}

function partsOf<State>({ state, cursor, recordedAt }: Projected<State>): object {
  return { state, cursor, recordedAt };
}

async function failAfter<State>(projected: Projected<State>, entries: number): Promise<void> {
  const ledger = ledgerOf(history);
  ledger.failNextReadAfter(entries);
  await expect(projected.catchUp(ledger)).rejects.toThrow(StoreUnavailable);
}

const everyEntry = history.map(({ seq }) => seq);

describe('a projection of which reading fails', () => {
  it('at any entry, stands for the last whole batch before it', async () => {
    for (const entries of everyEntry) {
      const projected = unfolded(estateProjection);
      await failAfter(projected, entries);
      const settled = ledgerOf(history.slice(0, settledBefore(entries)));
      const expected = await unfolded(estateProjection).catchUp(settled);
      expect(partsOf(await projected.catchUp(settled))).toEqual(partsOf(expected));
    }
  });

  it('at any entry, goes on from there, and folds nothing twice', async () => {
    const uninterrupted = partsOf(await unfolded(seen).catchUp(ledgerOf(history)));
    expect(uninterrupted).toMatchObject({ state: everyEntry });
    for (const entries of everyEntry) {
      const projected = unfolded(seen);
      await failAfter(projected, entries);
      expect(partsOf(await projected.catchUp(ledgerOf(history)))).toEqual(uninterrupted);
    }
  });

  it('again and again, folds nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 8 }), async (failures) => {
        const projected = unfolded(seen);
        const ledger = ledgerOf(history);
        for (const entries of failures) {
          ledger.failNextReadAfter(entries);
          const outcome = await projected.catchUp(ledger).catch((fault: unknown) => fault);
          expect(outcome === projected || outcome instanceof StoreUnavailable).toBe(true);
        }
        expect((await projected.catchUp(ledgerOf(history))).state).toEqual(everyEntry);
      }),
    );
  });

  it('tells nothing until it has caught up: what it folded was not checked against the root', async () => {
    const projected = unfolded(seen);
    await failAfter(projected, 30);
    expect(() => projected.state).toThrow('behind');
    expect(() => projected.cursor).toThrow('behind');
    expect(() => projected.recordedAt).toThrow('behind');
  });

  it('goes on in the same history only', async () => {
    const projected = unfolded(seen);
    await failAfter(projected, 30);
    const rewritten = history.map((entry) => (entry.seq === 3 ? { ...entry, reason: 'another one' } : entry));
    await expect(projected.catchUp(ledgerOf(rewritten))).rejects.toThrow(LedgerForked);
    expect((await projected.catchUp(ledgerOf(history))).state).toEqual(everyEntry);
  });
});

describe('a projection', () => {
  it('whose fold fails in the middle of a batch cannot be used again', async () => {
    const careless: Projection<number[]> = {
      ...seen,
      fold: (state, entry) => {
        if (entry.seq === 5) throw new TypeError('mine');
        seen.fold(state, entry);
      },
    };
    const projected = unfolded(careless);
    await expect(projected.catchUp(ledgerOf(history))).rejects.toThrow(TypeError);
    expect(() => projected.state).toThrow('broken');
    await expect(projected.catchUp(ledgerOf(history))).rejects.toThrow('broken');
  });

  it('that is catching up does not begin to a second time', async () => {
    const projected = unfolded(seen);
    const [first, second] = [projected.catchUp(ledgerOf(history)), projected.catchUp(ledgerOf(history))];
    await expect(second).rejects.toThrow('moving');
    expect((await first).state).toEqual(everyEntry);
  });
});
