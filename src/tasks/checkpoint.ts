import type { Gap } from '../../projections/isolation/hosts/gap.ts';
import { untimedGaps } from '../../projections/isolation/judging/recorded.ts';
import { clockAhead } from '../ledger/clocks.ts';
import { isAfter, judgedAt, type Instant } from '../ledger/instants.ts';
import type { Head, LedgerReader } from '../ledger/port.ts';
import { headAfter, replay, rootOf, start, type Cursor } from '../ledger/replay.ts';
import type { WallClock } from '../runtime/clock.ts';
import { Fault } from '../runtime/errors.ts';
import { NoSuchInstant } from '../verify/faults.ts';

/** A ledger does not hold what a checkpoint of it said. */
class NotAsExpected extends Fault {
  readonly code = 'NotAsExpected';
  readonly category = 'integrity';

  constructor(expected: Head, actual: Head) {
    const found =
      actual.size < expected.size
        ? `it has ${String(actual.size)} entries only, with root ${actual.root}`
        : `its first ${String(expected.size)} entries give the root ${actual.root}`;
    super(
      `the ledger does not hold ${String(expected.size)}:${expected.root}: ${found}; entries were changed or cut off since, or this is another ledger or an older copy of it`,
    );
  }
}

/** What a ledger was at an instant, and what is not known of it: of a time that no entry tells of. */
export interface Checkpoint extends Head {
  readonly gaps: readonly Gap[];
}

/**
 * How many entries of settled batches there are at an instant, and the Merkle root over their bytes. The ledger is read from end
 * to end and not only asked: entries that do not give its root are refused. Throws NoSuchInstant, and what replay throws.
 */
export async function checkpoint(ledger: LedgerReader, at: Instant, clock: WallClock): Promise<Checkpoint> {
  let there: Cursor = start;
  let [isThere, last] = [true, -1];
  let recorded: RecordedSpan | undefined;
  // Of an entry the clock says nothing: it may show a time that cannot be.
  const now = at.kind === 'time' ? clock.now() : '';
  await replay(ledger, {
    onBatch: (batch) => {
      const isTimely = batch.recordedAt <= now;
      recorded = {
        ...{ since: recorded?.since ?? batch.recordedAt, until: batch.recordedAt },
        timely: isTimely ? { seq: batch.last, time: batch.recordedAt } : recorded?.timely,
      };
      isThere = !isAfter(at, batch);
      last = batch.last;
    },
    onVoid: (first, end) => {
      isThere = at.kind === 'now' || (at.kind === 'seq' && first <= at.seq);
      last = end;
    },
    onSettled: (cursor) => {
      if (isThere) there = cursor;
    },
  });
  if (at.kind === 'seq' && at.seq > last) throw new NoSuchInstant({ seq: at.seq, head: last });
  return { size: there.size, root: rootOf(there), gaps: gapsAt(at, recorded, now) };
}

/** What the batches of a ledger say of its time. */
interface RecordedSpan {
  readonly since: string;
  readonly until: string;
  /** The last batch that the clock has come to. */
  readonly timely: { readonly seq: number; readonly time: string } | undefined;
}

/**
 * What is not known of a time: outside the recorded one, and where entries bear times ahead of the clock. A ledger without entries
 * holds nothing, and that is known.
 */
function gapsAt(at: Instant, recorded: RecordedSpan | undefined, now: string): Gap[] {
  if (at.kind !== 'time' || recorded === undefined) return [];
  const { instant } = at;
  const { since, until, timely } = recorded;
  const untimed =
    instant < until && clockAhead({ recordedAt: until, now }) !== undefined
      ? { now, since: timely?.time, first: (timely?.seq ?? -1) + 1 }
      : undefined;
  const later = untimedGaps({ instant }, { since, until, drifts: [], takenBack: [], untimed });
  if (instant < since) return [gap(`the ledger begins at ${since}: nothing is known of before`), ...later];
  return instant > judgedAt(now, until)
    ? [gap(`${instant} is still to come: this is the last state so far, of ${until}`)]
    : later;
}

function gap(problem: string): Gap {
  return { kind: 'ledger', about: 'ledger', problem };
}

/** Throws NotAsExpected if the first entries of a ledger are not those of a checkpoint, or fewer. */
export async function requireHeld(ledger: LedgerReader, expected: Head): Promise<void> {
  const actual = await headAfter(ledger, expected.size);
  if (actual.size !== expected.size || actual.root !== expected.root)
    throw new NotAsExpected(expected, actual);
}
