import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { draftOf } from '../../../events/draft.ts';
import type { AppendResult, Ledger } from '../../../src/ledger/port.ts';
import { LedgerForked, StoreUnavailable } from '../../../src/ledger/faults.ts';
import { estateProjection, type Estate } from '../../../src/projector/estate-projection.ts';
import {
  keep,
  keptStanding,
  otherLedgerIn,
  readKept,
  readKeptCursor,
  readKeptFile,
} from '../../../src/projector/kept-state.ts';
import { unfolded, type Projected } from '../../../src/projector/projection.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { inTemporaryFolder } from '../../support/documents.ts';
import { samples } from '../events/samples.ts';

const actor = { name: 'ada', authenticated: 'asserted' } as const;

class FullLedger extends MemoryLedger {
  override append(): Promise<AppendResult> {
    return Promise.reject(new StoreUnavailable('the disk is full'));
  }
}

function emptyLedger(): Ledger {
  return new MemoryLedger({ clock: systemClock, ids: randomIds });
}

function partsOf({ state, cursor, recordedAt }: Projected<Estate>): object {
  return { state, cursor, recordedAt };
}

async function keptOf(ledger: Ledger, path: string): Promise<Projected<Estate>> {
  const kept = await readKept(ledger, path, estateProjection);
  if (kept.kind !== 'kept') throw new Error(`what is kept is ${kept.kind}`);
  return kept.projected;
}

async function ledgerWithEverything(): Promise<Ledger> {
  const ledger = emptyLedger();
  for (const event of Object.values(samples)) await ledger.append({ events: [draftOf(event)], actor });
  return ledger;
}

it('kept state and rebuilt state are equal, wherever the keeping fell', async () => {
  await inTemporaryFolder(async (folder) => {
    const ledger = emptyLedger();
    const path = join(folder, 'state', 'estate.json');
    expect(await readKept(ledger, path, estateProjection)).toEqual({ kind: 'none' });
    let resumed = unfolded(estateProjection);
    for (const event of Object.values(samples)) {
      await ledger.append({ events: [draftOf(event)], actor });
      await resumed.catchUp(ledger);
      const kept = partsOf(resumed);
      expect(kept).toEqual(partsOf(await unfolded(estateProjection).catchUp(ledger)));
      await keep({ ledger, path, actor }, estateProjection, resumed);
      resumed = await keptOf(ledger, path);
      expect(partsOf(resumed)).toEqual(kept);
    }
  });
});

it('a file that an entry vouches for is used, and no other: half-written, edited, or moved to another place in the ledger', async () => {
  await inTemporaryFolder(async (folder) => {
    const ledger = await ledgerWithEverything();
    const path = join(folder, 'estate.json');
    await keep({ ledger, path, actor }, estateProjection, await unfolded(estateProjection).catchUp(ledger));
    const whole = readFileSync(path, 'utf8');
    for (const [spoilt, kind] of [
      [whole.slice(0, -100), 'unvouched'],
      [whole.replace('web-1', 'web-2'), 'unvouched'],
      [`${whole} `, 'unvouched'],
      [whole.replace('"size":', '"size":1'), 'unvouched'],
      [whole.replace('"size":', '"size":7'), 'unvouched'],
      [whole.replace(/"version":\d+/, '"version":0'), 'none'],
      ['{"formatVersion":3,"more":1}\n', 'none'],
      [whole.slice(1), 'unvouched'],
      ['[]', 'unvouched'],
      ['', 'unvouched'],
    ] as const) {
      expect(spoilt).not.toBe(whole);
      writeFileSync(path, spoilt);
      expect([spoilt.slice(0, 9), (await readKept(ledger, path, estateProjection)).kind]).toEqual([
        spoilt.slice(0, 9),
        kind,
      ]);
    }
    writeFileSync(path, whole);
    await keptOf(ledger, path);
  });
});

it('an entry that only quotes the digest of a file does not vouch for it', async () => {
  await inTemporaryFolder(async (folder) => {
    const [ledger, other] = [await ledgerWithEverything(), emptyLedger()];
    const path = join(folder, 'estate.json');
    await keep({ ledger, path, actor }, estateProjection, await unfolded(estateProjection).catchUp(ledger));
    const edited = readFileSync(path, 'utf8').replace('web-1', 'web-2');
    writeFileSync(path, edited);
    const digest = readKeptFile({ path, ledger: ledger.id })?.digest ?? '';
    const data = { projection: 'estate', version: estateProjection.version, size: 1, digest };
    const reason = `see ${digest}`;
    await ledger.append({ events: [draftOf(samples.ShardResumed)], actor, reason });
    expect((await readKept(ledger, path, estateProjection)).kind).toBe('unvouched');
    // Such an entry comes alone: among others it is nobody's of ours.
    const among = [draftOf({ type: 'StateKept', data }), draftOf(samples.ShardResumed)];
    await ledger.append({ events: among, actor });
    expect((await readKept(ledger, path, estateProjection)).kind).toBe('unvouched');
    expect(other.id).not.toBe(ledger.id);
  });
});

it('a companion is kept with the state, whoever keeps it next, and another one makes it worth keeping', async () => {
  await inTemporaryFolder(async (folder) => {
    const ledger = await ledgerWithEverything();
    const path = join(folder, 'estate.json');
    const estate = await unfolded(estateProjection).catchUp(ledger);
    const digest = 'd'.repeat(64);
    expect([estate.companion, estate.isWorthKeeping]).toEqual([undefined, false]);
    estate.accompany(digest);
    expect(estate.isWorthKeeping).toBe(true);
    await keep({ ledger, path, actor }, estateProjection, estate);
    expect(estate.isWorthKeeping).toBe(false);
    const next = await (await keptOf(ledger, path)).catchUp(ledger);
    expect([next.companion, next.isWorthKeeping]).toEqual([digest, false]);
    await keep({ ledger, path, actor }, estateProjection, next);
    expect((await keptOf(ledger, path)).companion).toBe(digest);
    writeFileSync(path, readFileSync(path, 'utf8').replace(digest, 'e'.repeat(64)));
    expect((await readKept(ledger, path, estateProjection)).kind).toBe('unvouched');
  });
});

it('a keeping that is broken off leaves the former file, for which its own entry vouches', async () => {
  await inTemporaryFolder(async (folder) => {
    const ledger = await ledgerWithEverything();
    const path = join(folder, 'estate.json');
    const estate = await unfolded(estateProjection).catchUp(ledger);
    await keep({ ledger, path, actor }, estateProjection, estate);
    const former = readFileSync(path);
    await estate.catchUp(ledger);
    const failing = new FullLedger({ clock: systemClock, ids: randomIds });
    await expect(keep({ ledger: failing, path, actor }, estateProjection, estate)).rejects.toThrow('full');
    expect(readFileSync(path).equals(former)).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(['estate.json']);
    // The entry is there, and the file did not come: as after a crash between the two.
    const elsewhere = join(folder, 'elsewhere', 'estate.json');
    await keep({ ledger, path: elsewhere, actor }, estateProjection, estate);
    rmSync(elsewhere);
    const kept = await (await keptOf(ledger, path)).catchUp(ledger);
    expect(partsOf(kept)).toEqual(partsOf(await estate.catchUp(ledger)));
  });
});

it('two writers at once leave one whole file, for which an entry vouches', async () => {
  await inTemporaryFolder(async (folder) => {
    const ledger = await ledgerWithEverything();
    const path = join(folder, 'estate.json');
    const estates = [];
    for (let writer = 0; writer < 4; writer += 1) {
      estates.push(await unfolded(estateProjection).catchUp(ledger));
      await ledger.append({ events: [draftOf(samples.ShardResumed)], actor });
    }
    await Promise.all(estates.map((estate) => keep({ ledger, path, actor }, estateProjection, estate)));
    const kept = await (await keptOf(ledger, path)).catchUp(ledger);
    expect(partsOf(kept)).toEqual(partsOf(await unfolded(estateProjection).catchUp(ledger)));
    expect(readdirSync(folder)).toEqual(['estate.json']);
  });
});

it("another ledger's state is not used, and a ledger that does not continue what was seen is refused", async () => {
  await inTemporaryFolder(async (folder) => {
    const [first, second] = [await ledgerWithEverything(), await ledgerWithEverything()];
    const path = join(folder, 'estate.json');
    const seen = await unfolded(estateProjection).catchUp(first);
    await keep({ ledger: first, path, actor }, estateProjection, seen);
    expect(existsSync(path)).toBe(true);
    const place = { path, ledger: second.id };
    expect(await readKept(second, path, estateProjection)).toEqual({ kind: 'foreign', ledger: first.id });
    expect(await keptStanding(second, path, estateProjection)).toEqual({ kind: 'foreign', ledger: first.id });
    expect([readKeptCursor(place), readKeptFile(place)]).toEqual([undefined, undefined]);
    expect([otherLedgerIn(place), otherLedgerIn({ path, ledger: first.id })]).toEqual([first.id, undefined]);
    expect(readKeptCursor({ path, ledger: first.id })).toEqual(seen.cursor);
    await expect(seen.catchUp(second)).rejects.toThrow(LedgerForked);
    await expect(seen.catchUp(emptyLedger())).rejects.toThrow(LedgerForked);
  });
});
