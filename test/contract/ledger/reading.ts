import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/ledger/faults.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { collect, fact, seqs, tester } from '../../doubles/facts.ts';
import type { OpenLedger } from './open.ts';

async function filled(ledger: Ledger, size: number): Promise<Ledger> {
  const subjects = ['tenant/a', 'tenant/ab', 'host/h'];
  const events = Array.from({ length: size }, (_, index) => fact(subjects[index % 3] ?? '', String(index)));
  await ledger.append({ events, actor: tester });
  return ledger;
}

const upTo = (size: number): number[] => Array.from({ length: size }, (_, seq) => seq);

export function describeReading(open: OpenLedger): void {
  describe('reading', () => {
    it('gives every entry once, in order, over many pages', async () => {
      const ledger = await filled(await open(), 1500);
      expect(await seqs(ledger.read())).toEqual(upTo(1500));
    });

    it.each([
      [{ after: 2 }, [3, 4, 5, 6]],
      [{ to: 2 }, [0, 1, 2]],
      [{ after: -2, to: -1 }, []],
      [{ after: -5, to: 2 }, [0, 1, 2]],
      [{ after: 2, to: 4 }, [3, 4]],
      [{ after: 4, to: 2 }, []],
      [{ after: 5, to: 100 }, [6]],
      [{ after: 6 }, []],
      [{ after: 100 }, []],
    ])('given %j, gives that range', async (range, expected) => {
      const ledger = await filled(await open(), 7);
      expect(await seqs(ledger.read(range))).toEqual(expected);
    });

    it.each([
      [['tenant/a'], [0, 3, 6]],
      [['tenant'], [0, 1, 3, 4, 6]],
      [
        ['host', 'tenant/ab'],
        [1, 2, 4, 5],
      ],
      [
        ['tenant/a', 'tenant'],
        [0, 1, 3, 4, 6],
      ],
      [['shard'], []],
      [[], []],
    ])('given the filter %j, keeps whole path segments', async (subjects, expected) => {
      const ledger = await filled(await open(), 7);
      expect(await seqs(ledger.read({ filter: { subjects } }))).toEqual(expected);
    });

    it('given a filter and a range over many pages, keeps both', async () => {
      const ledger = await filled(await open(), 1500);
      const read = await seqs(ledger.read({ after: 100, to: 1400, filter: { subjects: ['host'] } }));
      expect(read).toEqual(upTo(1500).filter((seq) => seq > 100 && seq <= 1400 && seq % 3 === 2));
    });

    it('given appends while it reads, ends at the head as of the call', async () => {
      const ledger = await filled(await open(), 600);
      const entries = ledger.read();
      const read: number[] = [];
      for await (const { seq } of entries) {
        read.push(seq);
        if (seq % 100 === 0) await ledger.append({ events: [fact('verify')], actor: tester });
      }
      expect(read).toEqual(upTo(600));
      expect((await ledger.head()).size).toBe(606);
    });

    it('given many writers at once, readers see a gapless prefix at any time, and the same bytes again', async () => {
      const ledger = await open();
      const writing = Promise.all(
        upTo(200).map((index) =>
          ledger.append({ events: [fact('verify', String(index)), fact('verify')], actor: tester }),
        ),
      );
      const seen: string[] = [];
      while (seen.length < 400) {
        const entries = await collect(ledger.read());
        expect(entries.map(({ seq }) => seq)).toEqual(upTo(entries.length));
        const texts = entries.map(({ bytes }) => Buffer.from(bytes).toString());
        expect(texts.slice(0, seen.length)).toEqual(seen);
        seen.splice(0, seen.length, ...texts);
        await new Promise(setImmediate);
      }
      await writing;
    });

    it('given a reader that leaves early, goes on as before', async () => {
      const ledger = await filled(await open(), 600);
      for await (const { seq } of ledger.read()) if (seq === 300) break;
      expect(await ledger.append({ events: [fact('verify')], actor: tester })).toMatchObject({ first: 600 });
    });

    it('once closed, gives and takes nothing more', async () => {
      const ledger = await filled(await open(), 3);
      await ledger.close();
      await ledger.close();
      await expect(ledger.append({ events: [fact('verify')], actor: tester })).rejects.toThrow(
        StoreUnavailable,
      );
      await expect(ledger.head()).rejects.toThrow(StoreUnavailable);
      await expect(Promise.try(() => collect(ledger.read()))).rejects.toThrow(StoreUnavailable);
    });
  });
}
