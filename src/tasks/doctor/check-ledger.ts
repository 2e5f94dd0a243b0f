import { existsSync } from 'node:fs';
import { confirm, replay, rootOf } from '../../ledger/replay.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import type { ExaminedLedger } from '../../ledger/store.ts';
import { estateProjection, type Estate } from '../../projector/estate-projection.ts';
import { readKeptCursor } from '../../projector/kept-state.ts';
import { count } from '../../words/lists.ts';
import { placeOf } from '../advice/ledger-place.ts';
import type { Examination } from '../examination.ts';
import { attempt, ok, warn, type Check } from './check.ts';

/** The result of reading a whole ledger: the checks, and the estate if every entry could be read. */
export interface Read {
  readonly checks: readonly Check[];
  readonly estate: Estate | undefined;
}

/** Reads the ledger from end to end; `onEntry` hears how far it has come. */
export async function checkLedger(
  examination: Examination,
  { opened, onEntry }: { opened: ExaminedLedger; onEntry: (done: number, of: number) => void },
): Promise<Read> {
  const { ledger, guards } = opened;
  const state = estateProjection.initial();
  const place = placeOf(examination);
  const checks: Check[] = [];
  if (guards !== undefined) {
    checks.push(
      await attempt('tables', () => {
        guards.requireDefinitions();
        return ok('tables', 'tables and the triggers that guard them are as they were created');
      }),
    );
  }
  let recordedAt: string | undefined;
  const entries = await attempt(
    'entries',
    async () => {
      const came = await readEntries(ledger, { state, onEntry });
      recordedAt = came.recordedAt;
      return came.check;
    },
    { place },
  );
  checks.push(entries);
  if (guards !== undefined) {
    checks.push(
      await attempt('columns', () => {
        guards.requireConsistent();
        return ok('columns', 'pages, look-up columns and the Merkle tree agree with the entries');
      }),
    );
  }
  checks.push(await attempt('kept state', () => checkKept(examination, ledger), { place }));
  if (recordedAt !== undefined) checks.push(checkClock({ now: examination.clock.now(), recordedAt }));
  return { checks, estate: entries.status === 'fail' ? undefined : state };
}

async function readEntries(
  ledger: LedgerReader,
  { state, onEntry }: { state: Estate; onEntry: (done: number, of: number) => void },
): Promise<{ check: Check; recordedAt: string | undefined }> {
  const { size } = await ledger.head();
  let recordedAt: string | undefined;
  let voidBatches = 0;
  const cursor = await replay(ledger, {
    onBatch: (batch) => {
      for (const entry of batch.entries) estateProjection.fold(state, entry);
      recordedAt = batch.recordedAt;
      onEntry(batch.last + 1, size);
    },
    onVoid: () => {
      voidBatches += 1;
    },
  });
  onEntry(size, size);
  const detail = `${count(cursor.size, 'entry', 'entries')}, root ${rootOf(cursor)}${voidBatches === 0 ? '' : `; ${count(voidBatches, 'void batch', 'void batches')}, without effect`}`;
  const unfinished = (await ledger.head()).size - cursor.size;
  if (unfinished <= 0) return { check: ok('entries', detail), recordedAt };
  const advice = 'give the command again that was writing them; until then they have no effect';
  const words = `${detail}; ${count(unfinished, 'entry', 'entries')} more of a batch that is not finished`;
  return { check: warn('entries', words, advice), recordedAt };
}

/** Whether the ledger still holds what commands have seen of it. */
async function checkKept({ statePath }: Examination, ledger: LedgerReader): Promise<Check> {
  const seen = readKeptCursor({ path: statePath, ledger: ledger.id });
  if (seen !== undefined) {
    await confirm(ledger, seen);
    return ok('kept state', `${count(seen.size, 'entry', 'entries')} were seen before, and all are there`);
  }
  if (!existsSync(statePath)) return ok('kept state', 'nothing was kept yet');
  return warn(
    'kept state',
    `${statePath} cannot be used: half-written, or of another version`,
    'the next command rebuilds it; compare isoledger checkpoint with one that was noted elsewhere',
  );
}

function checkClock({ now, recordedAt }: { now: string; recordedAt: string }): Check {
  if (now >= recordedAt) return ok('clock', `${now}, and the last entry is of ${recordedAt}`);
  const seconds = Math.ceil((Date.parse(recordedAt) - Date.parse(now)) / 1000);
  return warn(
    'clock',
    `${now} is ${String(seconds)} s behind the last entry, of ${recordedAt}`,
    "set this machine's clock; until then new entries get the time of the last one, and time bounds wait",
  );
}
