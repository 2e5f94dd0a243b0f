import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { checkLedger, type Read } from '../../../src/tasks/doctor/check-ledger.ts';
import { adviceOn } from '../../../src/tasks/advice/on-fault.ts';
import { gravest, failed, ok } from '../../../src/tasks/doctor/check.ts';
import { examine } from '../../../src/compose/workspace.ts';
import { LedgerDamaged, LedgerForked, StoreUnavailable } from '../../../src/ledger/faults.ts';
import { CraftedLedger } from '../../doubles/crafted-ledger.ts';
import { placed, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

const recordedAt = '2026-03-01T12:00:00.000Z';

/** An entry as stores with capped writes keep it: one of a batch whose others may have failed to come. */
function entryOf(of: { seq: number; batch: string; index: number; count: number }): Uint8Array {
  const idOf = (tail: string): string => `019cd2a0-0000-7000-8000-${tail.padStart(12, '0')}`;
  return canonicalBytes({
    ...{ v: 1, id: idOf(String(of.seq)), ...placed('acme'), recordedAt, actor: tester },
    batch: { id: idOf(of.batch), index: of.index, count: of.count },
  });
}

async function read(entries: readonly Uint8Array[]): Promise<{ came: Read; heard: number[] }> {
  const ledger = new CraftedLedger(entries);
  const heard: number[] = [];
  const opened = {
    ledger,
    guards: { requireDefinitions: () => undefined, requireConsistent: () => undefined },
    wasDisturbed: () => false,
  };
  const examination = await examine(`sqlite:${join(temporaryFolder(), 'ledger.db')}`);
  const onEntry = (done: number): void => void heard.push(done);
  return { came: await checkLedger(examination, { opened, onEntry }), heard };
}

function entriesOf({ checks }: Read): string {
  const found = checks.find(({ name }) => name === 'entries');
  return `${found?.status ?? ''} ${found?.detail ?? ''}`;
}

describe('doctor, reading a ledger', () => {
  it('given a void batch, counts it and is content; given one that is not finished, warns', async () => {
    const [done, torn, later] = [
      entryOf({ seq: 0, batch: 'a', index: 0, count: 1 }),
      entryOf({ seq: 1, batch: 'b', index: 0, count: 2 }),
      entryOf({ seq: 2, batch: 'c', index: 0, count: 1 }),
    ];
    const { came, heard } = await read([done, torn, later]);
    expect(entriesOf(came)).toMatch(/^ok 3 entries, root [0-9a-f]{64}; 1 void batch, without effect$/);
    expect([came.estate === undefined, heard]).toEqual([false, [1, 3, 3]]);

    const pending = await read([done, torn]);
    expect(entriesOf(pending.came)).toMatch(
      /^warn 1 entry, .*; 1 entry more of a batch that is not finished$/,
    );
  });

  it('given a ledger that contradicts itself, relies on nothing of it', async () => {
    const { came } = await read([
      entryOf({ seq: 0, batch: 'a', index: 1, count: 2 }),
      entryOf({ seq: 1, batch: 'b', index: 0, count: 1 }),
    ]);
    expect(came.checks[1]).toMatchObject({ status: 'fail', category: 'integrity' });
    expect(came.estate).toBeUndefined();
  });
});

describe('what doctor comes to', () => {
  it('is the category of the gravest failure, or nothing', () => {
    const damaged = failed('entries', new LedgerDamaged('torn'));
    const missing = failed('ledger', new StoreUnavailable('gone'));
    expect(gravest([ok('node', 'fine'), missing, damaged])).toBe('integrity');
    expect(gravest([ok('node', 'fine'), missing])).toBe('unreachable');
    expect(gravest([ok('node', 'fine')])).toBeUndefined();
    expect(gravest([damaged, failed('entries', new Error('our own'))])).toBe('bug');
    expect(missing).toMatchObject({ detail: 'gone', advice: 'as it says' });
  });
});

describe('what doctor says to do', () => {
  const [expectedRoot, actualRoot] = ['0', '1'].map((digit) => digit.repeat(64));
  const parted = new LedgerForked({
    size: 3,
    expectedRoot: expectedRoot ?? '',
    actualRoot: actualRoot ?? '',
  });

  it.each([
    ['another history', parted],
    ['damage', new LedgerDamaged('torn')],
  ])('about %s fits the place that the ledger is in', (_, fault) => {
    const places = [
      { kind: 'file', derived: 'ledger.db.d' },
      { kind: 'server', derived: '.isoledger/4711' },
    ] as const;
    const [file, server] = [adviceOn(fault, places[0]).text, adviceOn(fault, places[1]).text];
    expect(file).toContain('ledger restore FILE');
    expect(file).not.toMatch(/server|ledger copy/);
    expect(server).toMatch(/ledger copy\s+sqlite:FILE URL/);
    expect(server).not.toMatch(/ledger restore|PATH\.d/);
    for (const [index, advice] of [file, server].entries())
      if (fault === parted) expect(advice).toContain(` ${places[index]?.derived ?? ''}.`);
    // Doctor says the same, and sends nobody to itself.
    const own = server
      .trim()
      .replaceAll('\n', ' ')
      .replace(/ isoledger doctor says what else is wrong\.$/, '');
    expect(failed('entries', fault, { place: places[1] })).toMatchObject({ advice: own });
    expect(own).not.toMatch(/doctor/);
  });
});
