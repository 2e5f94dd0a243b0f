import { existsSync } from 'node:fs';
import { replay, rootOf, type Cursor } from '../../ledger/replay.ts';
import { filesOfState } from '../../ledger/derived.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import type { ExaminedLedger } from '../../ledger/store.ts';
import { keptEstate } from '../../apply/plan/kept-estate.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import { otherLedgerIn, readKeptFile } from '../../projector/kept-state.ts';
import type { Refolded } from '../../projector/refolded.ts';
import { noFileAt } from '../../runtime/sqlite-files.ts';
import { clockAhead } from '../../ledger/clocks.ts';
import { clockAheadWords } from '../../words/clock-words.ts';
import { count } from '../../words/lists.ts';
import { badTimeWords, unconfirmedClockWords } from '../confirm-clock.ts';
import { placeOf } from '../advice/ledger-place.ts';
import type { Examination } from '../examination.ts';
import { editedReadingsWords, findReadings } from '../kept-readings.ts';
import { notCompared, refolded } from '../kept-check.ts';
import { confirmSeen, foreignStateWords, notKeptStateWords } from '../workspace.ts';
import { attempt, ok, warn, type Check } from './check.ts';

/** The result of reading a whole ledger: the checks, and the estate if every entry could be read. */
export interface Read {
  readonly checks: readonly Check[];
  readonly estate: FollowedEstate | undefined;
}

/** The estate as it was read; others may go on recording. */
export interface FollowedEstate {
  readonly state: Estate;
  /** Reads what was recorded since. True if there was any. Throws what replay throws. */
  readonly catchUp: () => Promise<boolean>;
}

/** Reads the ledger from end to end; `onEntry` hears how far it has come. */
export async function checkLedger(
  examination: Examination,
  { opened, onEntry }: { opened: ExaminedLedger; onEntry: (done: number, of: number) => void },
): Promise<Read> {
  const { ledger, guards } = opened;
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
  const refold = refolded({ ledger, statePath: examination.statePath });
  let came: Awaited<ReturnType<typeof readEntries>> | undefined;
  const entries = await attempt(
    'entries',
    async () => {
      came = await readEntries(ledger, { refold, onEntry });
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
  const kept = { ledger, refold: came === undefined ? undefined : refold };
  checks.push(await attempt('kept state', () => checkKept(examination, kept), { place }));
  if (came?.recordedAt !== undefined) {
    checks.push(await checkClock({ ...examination, ledger }, came.recordedAt));
  }
  return { checks, estate: came === undefined ? undefined : followed(ledger, { refold, from: came.cursor }) };
}

function followed(
  ledger: LedgerReader,
  { refold, from }: { refold: Refolded<Estate>; from: Cursor },
): FollowedEstate {
  let cursor = from;
  return {
    state: refold.state,
    catchUp: async () => {
      const before = cursor.size;
      cursor = await replay(ledger, {
        from: cursor,
        onBatch: (batch) => {
          refold.take(batch);
        },
      });
      return cursor.size > before;
    },
  };
}

async function readEntries(
  ledger: LedgerReader,
  { refold, onEntry }: { refold: Refolded<Estate>; onEntry: (done: number, of: number) => void },
): Promise<{ check: Check; recordedAt: string | undefined; cursor: Cursor }> {
  const { size } = await ledger.head();
  let recordedAt: string | undefined;
  let voidBatches = 0;
  let unfinished = 0;
  const cursor = await replay(ledger, {
    onBatch: (batch) => {
      refold.take(batch);
      recordedAt = batch.recordedAt;
      onEntry(batch.last + 1, size);
    },
    onVoid: () => {
      voidBatches += 1;
    },
    onPending: (count) => {
      unfinished = count;
    },
  });
  onEntry(size, size);
  const detail = `${count(cursor.size, 'entry', 'entries')}, root ${rootOf(cursor)}${voidBatches === 0 ? '' : `; ${count(voidBatches, 'void batch', 'void batches')}, without effect`}`;
  if (unfinished === 0) return { check: ok('entries', detail), recordedAt, cursor };
  const advice = 'give the command again that was writing them; until then they have no effect';
  const words = `${detail}; ${count(unfinished, 'entry', 'entries')} more of a batch that is not finished`;
  return { check: warn('entries', words, advice), recordedAt, cursor };
}

/** Whether the ledger still holds what commands have seen of it, and the kept state is what its entries come to. */
async function checkKept(
  { statePath, clock }: Pick<Examination, 'statePath' | 'clock'>,
  { ledger, refold }: { ledger: LedgerReader; refold: Refolded<Estate> | undefined },
): Promise<Check> {
  const seen = await confirmSeen({ ledger, statePath }, { whole: true });
  const fault = refold?.difference();
  if (fault !== undefined) throw fault;
  if (refold?.isKept === true && !refold.isVouchedFor)
    return warn(
      'kept state',
      `${statePath} is not used: no entry of the ledger vouches for it, so somebody edited it`,
      'find out who; delete it, or let a command that writes replace it in time',
    );
  const foreign = otherLedgerIn({ path: statePath, ledger: ledger.id });
  if (foreign !== undefined)
    return warn(
      'kept state',
      foreignStateWords(statePath, foreign),
      'find out who; delete it, or let a command that writes replace it in time',
    );
  const readings = findReadings({ statePath, companion: refold?.companion });
  if (readings.kind === 'edited')
    return warn('kept state', `${readings.path}: ${editedReadingsWords}`, 'find out who, and delete it');
  const badTime = await badTimeWords({ ledger, clock, statePath });
  if (badTime !== undefined) return warn('kept state', badTime, 'find out who, and delete it');
  const last = seen.at(-1);
  const other = Object.values(filesOfState(statePath))
    .map((path) => noFileAt(path, { followLinks: false }))
    .find((found) => found !== undefined);
  const words =
    notCompared({ ledger, statePath }) ??
    (other && notKeptStateWords(other)) ??
    (last === undefined ? undefined : unusable(statePath, { ledger, refold }));
  if (words !== undefined)
    return warn(
      'kept state',
      words,
      `${other === undefined ? 'the next command that may write there rebuilds it' : `find out who put it there, and move ${other.path} away`}; compare isoledger checkpoint with one that was noted elsewhere`,
    );
  if (last === undefined) return ok('kept state', 'nothing was kept yet');
  return ok('kept state', `${count(last.size, 'entry', 'entries')} were seen before, and all are there`);
}

function unusable(
  path: string,
  { ledger, refold }: { ledger: LedgerReader; refold: Refolded<Estate> | undefined },
): string | undefined {
  // A command may have kept it since it was looked for.
  const isOf = (): boolean => readKeptFile({ path, ledger: ledger.id })?.version === keptEstate.version;
  return refold?.isKept === false && existsSync(path) && !isOf()
    ? `${path} is half-written, or of another version, and is not used`
    : undefined;
}

async function checkClock(
  place: Parameters<typeof unconfirmedClockWords>[0],
  recordedAt: string,
): Promise<Check> {
  const now = place.clock.now();
  const unconfirmed = await unconfirmedClockWords(place);
  if (unconfirmed !== undefined)
    return warn(
      'clock',
      unconfirmed,
      "set this machine's clock; if it is right, the next command that writes asks for --accept-clock",
    );
  if (now >= recordedAt) return ok('clock', `${now}, and the last entry is of ${recordedAt}`);
  const ahead = clockAhead({ now, recordedAt });
  if (ahead !== undefined)
    return warn(
      'clock',
      clockAheadWords(ahead),
      'until then verify says unknown of revocations that are under way',
    );
  const seconds = Math.ceil((Date.parse(recordedAt) - Date.parse(now)) / 1000);
  return warn(
    'clock',
    `${now} is ${String(seconds)} s behind the last entry, of ${recordedAt}`,
    "set this machine's clock; until then new entries get the time of the last one, and time bounds wait",
  );
}
