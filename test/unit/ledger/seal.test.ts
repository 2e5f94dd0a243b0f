import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { readEnvelope } from '../../../events/codec/decode.ts';
import { EntryTooLarge, UnfitEntry } from '../../../src/ledger/faults.ts';
import { sealBatch } from '../../../src/ledger/seal.ts';
import { fact, placed, tester } from '../../doubles/facts.ts';

const uuid = '0199c0de-0000-7000-8000-000000000001';
const placement = { first: 4, recordedAt: '2026-03-01T12:00:00.000Z', ids: () => uuid };

describe('sealing', () => {
  it('gives canonical bytes that read back as what was said', () => {
    const request = { events: [placed('alpha'), placed('beta')], actor: tester, reason: 'été' };
    const entries = sealBatch(request, placement);
    const contents = entries.map(({ bytes }, index) => readEnvelope({ seq: 4 + index, bytes }));
    expect(contents).toEqual(
      request.events.map((event, index) => ({
        ...{ v: 1, id: uuid, ...event, recordedAt: placement.recordedAt, actor: tester, reason: 'été' },
        batch: { id: uuid, index, count: 2 },
      })),
    );
    for (const [index, { bytes }] of entries.entries())
      expect(Buffer.from(bytes)).toEqual(Buffer.from(canonicalBytes(contents[index])));
  });

  it('writes what is not plain JSON as the library does, if it reads back', () => {
    const data = { at: new Date(0) };
    const [entry] = sealBatch({ events: [{ ...fact('verify'), data }], actor: tester }, placement);
    expect(entry && readEnvelope({ seq: 4, bytes: entry.bytes }).data).toEqual({
      at: '1970-01-01T00:00:00.000Z',
    });
  });

  it.each<[what: string, change: object]>([
    ['a subject against the schema', { subject: 'Tenant/UPPER' }],
    ['data that turns into a text', { data: { toJSON: () => 'x' } }],
    ['data that is a list', { data: [] }],
    ['something else beside the event', { more: true }],
  ])('refuses %s, since nobody could read it', (_what, change) => {
    const seal = (): unknown =>
      sealBatch({ events: [{ ...fact('verify'), ...change }], actor: tester }, placement);
    expect(seal).toThrow(UnfitEntry);
    expect(seal).toThrow('not recorded: entry 4 cannot be read');
  });

  it('refuses what is too large, by bytes and not by characters', () => {
    const seal = (text: string): unknown =>
      sealBatch({ events: [fact('verify', text)], actor: tester }, placement);
    expect(() => seal('é'.repeat(32_700))).toThrow(EntryTooLarge);
    expect(() => seal('e'.repeat(32_700))).not.toThrow();
  });
});
