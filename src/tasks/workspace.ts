import type { Shard } from '../../events/estate.ts';
import type { Ledger } from '../ledger/port.ts';
import { confirm, start, type Cursor } from '../ledger/replay.ts';
import type { StoredLedger } from '../ledger/store.ts';
import type { OverlayDriver, OverlayProbe } from '../overlay/port.ts';
import { estateProjection, type Estate } from '../projector/estate-projection.ts';
import { keep, readKept, readKeptCursor, type KeptPlace } from '../projector/kept-state.ts';
import { unfolded, type Projected } from '../projector/projection.ts';
import type { Roles } from '../roles/port.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';

/** An open ledger with everything that a task may need beside it. Tasks never learn which adapters serve it. */
export interface Workspace {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Where the estate's projected state is kept. */
  readonly statePath: string;
  readonly probe: OverlayProbe;
  readonly newId: () => string;
  /** The names of the overlay drivers that there are: Shard documents name one. */
  readonly drivers: readonly string[];
  readonly driverFor: (shard: Shard) => OverlayDriver;
  readonly holdRole: Roles['hold'];
  /** Copies the ledger, as it is at this moment, to a file that is not there yet. */
  readonly backUp: StoredLedger['backUp'];
  readonly log: Logger;
}

/**
 * Entries that earlier commands have seen must still be there. A ledger that was rewritten, or is an older copy, is refused
 * before anything is answered or written. Returns the place up to which they are confirmed. Throws LedgerForked,
 * ForeignState, and what reading a ledger throws.
 */
export async function confirmSeen({
  ledger,
  statePath,
}: Pick<Workspace, 'ledger' | 'statePath'>): Promise<Cursor> {
  const seen = readKeptCursor({ path: statePath, ledger: ledger.id });
  if (seen === undefined) return start;
  await confirm(ledger, seen);
  return seen;
}

/** The estate as the ledger has it now: from what was kept of it, or from the first entry. Throws what Projected.catchUp throws. */
export async function loadEstate(workspace: Workspace): Promise<Projected<Estate>> {
  const { ledger, statePath, log } = workspace;
  const place: KeptPlace = { path: statePath, ledger: ledger.id };
  const kept = readKept(place, estateProjection);
  log.debug({ from: kept?.cursor.size ?? 0 }, 'projecting the estate');
  const estate = await (kept ?? unfolded(estateProjection)).catchUp(ledger);
  // Kept state that cannot be used is replaced at once, also by a task that records nothing. Who may only read cannot.
  if (kept === undefined && estate.cursor.size > 0) tryToKeep(workspace, estate, 'debug');
  return estate;
}

/** Keeps the estate for the next command. It can be rebuilt at any time, so that failing to is worth a warning only. */
export function keepEstate(workspace: Workspace, estate: Projected<Estate>): void {
  tryToKeep(workspace, estate, 'warn');
}

function tryToKeep(
  { ledger, statePath, log }: Workspace,
  estate: Projected<Estate>,
  level: 'debug' | 'warn',
): void {
  try {
    keep({ path: statePath, ledger: ledger.id }, estateProjection, estate);
  } catch (error) {
    log[level](
      { err: error, path: statePath },
      'the projected state could not be kept; the next command rebuilds it',
    );
  }
}
