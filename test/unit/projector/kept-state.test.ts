import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { draftOf } from '../../../events/draft.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { LedgerForked } from '../../../src/ledger/faults.ts';
import { estateProjection, type Estate } from '../../../src/projector/estate-projection.ts';
import { keep, readKept } from '../../../src/projector/kept-state.ts';
import { unfolded, type Projected } from '../../../src/projector/projection.ts';
import { ForeignState } from '../../../src/runtime/errors.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { inTemporaryFolder } from '../../support/documents.ts';
import { samples } from '../events/samples.ts';

const actor = { name: 'ada', authenticated: 'asserted' } as const;

function emptyLedger(): Ledger {
  return new MemoryLedger({ clock: systemClock, ids: randomIds });
}

function partsOf(projected: Projected<Estate> | undefined): object {
  if (projected === undefined) throw new Error('nothing was kept');
  const { state, cursor, recordedAt } = projected;
  return { state, cursor, recordedAt };
}

async function ledgerWithEverything(): Promise<Ledger> {
  const ledger = emptyLedger();
  for (const event of Object.values(samples)) await ledger.append({ events: [draftOf(event)], actor });
  return ledger;
}

it('kept state and rebuilt state are equal, wherever the keeping fell', async () => {
  await inTemporaryFolder(async (folder) => {
    const ledger = emptyLedger();
    const place = { path: join(folder, 'state', 'estate.json'), ledger: ledger.id };
    expect(readKept(place, estateProjection)).toBeUndefined();
    for (const event of Object.values(samples)) {
      await ledger.append({ events: [draftOf(event)], actor });
      const kept = readKept(place, estateProjection) ?? unfolded(estateProjection);
      const resumed = await kept.catchUp(ledger);
      expect(partsOf(resumed)).toEqual(partsOf(await unfolded(estateProjection).catchUp(ledger)));
      keep(place, estateProjection, resumed);
      expect(partsOf(readKept(place, estateProjection))).toEqual(partsOf(resumed));
    }
  });
});

it('state that was half-written, edited or made by another version is rebuilt', async () => {
  await inTemporaryFolder(async (folder) => {
    const ledger = await ledgerWithEverything();
    const place = { path: join(folder, 'estate.json'), ledger: ledger.id };
    keep(place, estateProjection, await unfolded(estateProjection).catchUp(ledger));
    const whole = readFileSync(place.path, 'utf8');
    for (const spoilt of [
      whole.slice(0, -100),
      whole.replace('web-1', 'web-2'),
      whole.replace('"size":', '"size":1'),
      whole.replace(/"version":\d+/, '"version":0'),
      '[]',
    ]) {
      expect(spoilt).not.toBe(whole);
      writeFileSync(place.path, spoilt);
      expect(readKept(place, estateProjection)).toBeUndefined();
    }
  });
});

it("another ledger's state is refused, and so is a ledger that does not continue what was seen", async () => {
  await inTemporaryFolder(async (folder) => {
    const [first, second] = [await ledgerWithEverything(), await ledgerWithEverything()];
    const path = join(folder, 'estate.json');
    const seen = await unfolded(estateProjection).catchUp(first);
    keep({ path, ledger: first.id }, estateProjection, seen);
    expect(() => readKept({ path, ledger: second.id }, estateProjection)).toThrow(ForeignState);
    await expect(seen.catchUp(second)).rejects.toThrow(LedgerForked);
    await expect(seen.catchUp(emptyLedger())).rejects.toThrow(LedgerForked);
  });
});
