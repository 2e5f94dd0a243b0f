import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NothingToCopy, PlaceTaken, StoreUnavailable } from '../../src/ledger/faults.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { LedgerStore, StoredLedger } from '../../src/ledger/store.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { placed, tester } from '../doubles/facts.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';

/** A store with two places of its kind, which hold no ledger yet. */
export interface TwoPlaces {
  readonly store: LedgerStore;
  readonly url: string;
  readonly elsewhere: string;
}

const noProgress = (): void => undefined;

async function open(
  store: LedgerStore,
  url: string,
  how: Parameters<LedgerStore['open']>[1],
): Promise<StoredLedger> {
  const stored = await store.open(url, how);
  onTestFinished(() => stored.ledger.close());
  return stored;
}

async function openFilled({ store, url }: TwoPlaces): Promise<StoredLedger> {
  const stored = await open(store, url, { create: true });
  await stored.ledger.append({ events: [placed('acme')], actor: tester });
  return stored;
}

/** What every adapter of the port of stores promises. */
export function describeStoreContract(name: string, given: () => TwoPlaces | Promise<TwoPlaces>): void {
  describe(`the store of ledgers ${name}`, () => {
    it('knows its own places by their form, and no others', async () => {
      const { store, url, elsewhere } = await given();
      expect([url, elsewhere].map((place) => store.names(place))).toEqual([true, true]);
      for (const other of ['', 'http://localhost', 'sqlite:', 'esdb://'])
        expect(store.names(other)).toBe(false);
    });

    it('makes a ledger only where that is asked for, and then has it', async () => {
      const { store, url } = await given();
      expect(await store.exists(url)).toBe(false);
      await expect(store.open(url, { create: false })).rejects.toThrow(StoreUnavailable);
      expect(await store.exists(url)).toBe(false);
      const { ledger } = await open(store, url, { create: true });
      expect(await store.exists(url)).toBe(true);
      const again = await open(store, url, { create: false });
      expect(again.ledger.id).toBe(ledger.id);
    });

    it('opens a ledger that is to be a copy under the id of the original', async () => {
      const { store, elsewhere, ...place } = await given();
      const { ledger } = await openFilled({ store, elsewhere, ...place });
      const asked: string[] = [];
      const accept = (derived: string): Promise<void> => {
        asked.push(derived);
        return Promise.resolve();
      };
      const copyOf = { id: ledger.id, accept };
      const copy = await open(store, elsewhere, { create: true, copyOf });
      expect(copy.ledger.id).toBe(ledger.id);
      expect([copy.setAside, asked]).toEqual([[], [copy.derived]]);
      await open(store, elsewhere, { create: true, copyOf });
      expect(asked).toHaveLength(1);
    });

    it('makes no copy that was refused', async () => {
      const { store, elsewhere, ...place } = await given();
      const { ledger } = await openFilled({ store, elsewhere, ...place });
      const copyOf = { id: ledger.id, accept: () => Promise.reject(new Error('not this one')) };
      await expect(store.open(elsewhere, { create: true, copyOf })).rejects.toThrow('not this one');
      expect(await store.exists(elsewhere)).toBe(false);
    });

    it('says where what follows from a ledger lies', async () => {
      const { store, url } = await given();
      const { ledger, derived } = await open(store, url, { create: true });
      expect(store.derivedAt(url).replace('ID', ledger.id)).toBe(derived);
      expect((await store.examine(url)).derived).toBe(derived);
    });

    it('looks at a place without a ledger, and leaves it as it is', async () => {
      const { store, url } = await given();
      const { isThere, where } = await store.examine(url);
      expect(isThere).toBe(false);
      expect(where).not.toBe('');
      expect(await store.exists(url)).toBe(false);
    });

    it('looks at a ledger, all of which is as it should be', async () => {
      const place = await given();
      const { ledger } = await openFilled(place);
      const examination = await place.store.examine(place.url);
      expect(examination.isThere).toBe(true);
      expect((await examination.retentions?.()) ?? []).toEqual([]);
      const examined = await examination.open();
      onTestFinished(() => examined.ledger.close());
      examined.guards?.requireDefinitions();
      examined.guards?.requireConsistent();
      expect(await examined.ledger.head()).toEqual(await ledger.head());
      expect(examined.wasDisturbed()).toBe(false);
    });

    it('backs a ledger up to a file, which holds the same, and replaces no file', async () => {
      const place = await given();
      const { ledger, backUp } = await openFilled(place);
      const file = join(temporaryFolder(), 'backup.db');
      const copied = await backUp(file, noProgress);
      expect(copied).toEqual({ ledger: ledger.id, ...(await ledger.head()), setAside: [] });
      const backup = openSqliteLedger({ path: file, create: false, clock: systemClock, ids: randomIds });
      onTestFinished(() => backup.close());
      expect([backup.id, await backup.head()]).toEqual([ledger.id, await ledger.head()]);
      await expect(backUp(file, noProgress)).rejects.toThrow(PlaceTaken);
    });

    it('puts a backup in a place, or says that such a place takes none and leaves it as it is', async () => {
      const place = await given();
      const { ledger, backUp } = await openFilled(place);
      const file = join(temporaryFolder(), 'backup.db');
      await backUp(file, noProgress);
      const { store, elsewhere } = place;
      const restored = store.restore(elsewhere, {
        file,
        onProgress: noProgress,
        accept: async (copy) => {
          expect([copy.ledger.id, copy.derived]).toEqual([ledger.id, store.derivedAt(elsewhere)]);
          expect(await copy.ledger.head()).toEqual(await ledger.head());
        },
      });
      if (store.kind === 'server') await expect(restored).rejects.toMatchObject({ code: 'BadConfig' });
      else expect(await restored).toEqual({ ledger: ledger.id, ...(await ledger.head()), setAside: [] });
      expect(await store.exists(elsewhere)).toBe(store.kind === 'file');
      expect(existsSync(file)).toBe(true);
    });

    it('tells one place from two', async () => {
      const place = await given();
      const { store, url, elsewhere } = place;
      const { ledger } = await openFilled(place);
      await store.requireTwoPlaces({ from: url, to: elsewhere }, ledger);
      await expect(store.requireTwoPlaces({ from: url, to: url }, ledger)).rejects.toThrow(NothingToCopy);
      expect(await store.isFurtherName(elsewhere, ledger)).toBe(false);
      expect(await store.isFurtherName(url, ledger)).toBe(false);
    });
  });
}
