import { statSync } from 'node:fs';
import { filesOfState } from '../ledger/derived.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { replay } from '../ledger/replay.ts';
import { keptEstate } from '../apply/plan/kept-estate.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { otherLedgerIn, readKeptCursor, readKeptFile, type KeptPlace } from '../projector/kept-state.ts';
import { Refolded } from '../projector/refolded.ts';
import { readSeen } from '../projector/seen.ts';
import { readOwnFile } from '../runtime/durable-file.ts';
import { noFileAt } from '../runtime/sqlite-files.ts';
import { reasonOf } from '../runtime/system-reason.ts';
import type { Workspace } from './workspace.ts';

/** The estate, to be folded from the entries alone and compared with what is kept of it. */
export function refolded({ ledger, statePath }: Pick<Workspace, 'ledger' | 'statePath'>): Refolded<Estate> {
  const place = { path: statePath, ledger: ledger.id };
  return new Refolded(keptEstate, { path: statePath, kept: readKeptFile(place) });
}

/**
 * Why what earlier commands saw of a ledger cannot be compared with it, or not all of it, where something is kept of it: in
 * words. Undefined where nothing was kept. The note of what was seen is never older than the kept state. Throws ForeignState.
 */
export function notCompared({
  ledger,
  statePath,
}: {
  readonly ledger: Pick<LedgerReader, 'id'>;
  readonly statePath: string;
}): string | undefined {
  const { seenPath } = filesOfState(statePath);
  if (readSeen({ path: seenPath, ledger: ledger.id }) !== undefined) return undefined;
  const kept = readKeptCursor({ path: statePath, ledger: ledger.id });
  if (kept !== undefined)
    return `${flawOfKept({ path: seenPath, ledger: ledger.id }) ?? `${seenPath} is gone`}: what earlier commands saw of the ledger after its first ${String(kept.size)} entries was not compared`;
  const [flaw] = [seenPath, statePath].flatMap((path) => flawOfKept({ path, ledger: ledger.id }) ?? []);
  return (
    flaw &&
    `${flaw}: whether the ledger still holds what earlier commands saw was not compared, and only contradictions within it show`
  );
}

function flawOfKept({ path, ledger }: KeptPlace): string | undefined {
  try {
    readOwnFile(path, { followLinks: false });
    return `${path} is ${flawOfFile({ path, ledger })}`;
  } catch (error) {
    if (isAbsent(path, error)) return undefined;
    const kind = noFileAt(path, { followLinks: false })?.kind;
    return `${path} cannot be read (${kind === undefined ? reasonOf(error) : `it is ${kind}`})`;
  }
}

/** Another ledger's `seen.json` is refused before. */
function flawOfFile(place: KeptPlace): string {
  const other = otherLedgerIn(place);
  return other === undefined ? 'half-written, or of another version' : `the kept state of ledger ${other}`;
}

/** With too many files open, opening one does not tell whether it is there. */
function isAbsent(path: string, error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  if (error.code === 'ENOENT') return true;
  const isLimit = error.code === 'EMFILE' || error.code === 'ENFILE';
  return isLimit && statSync(path, { throwIfNoEntry: false }) === undefined;
}

/**
 * Makes sure that the kept estate is the one that the entries come to. Reads the whole ledger, if anything is kept.
 * Throws KeptStateDiffers, and what replay throws.
 */
export async function confirmKept(workspace: Pick<Workspace, 'ledger' | 'statePath'>): Promise<void> {
  const estate = refolded(workspace);
  if (!estate.isKept) return;
  await replay(workspace.ledger, {
    onBatch: (batch) => {
      estate.take(batch);
    },
  });
  const fault = estate.difference();
  if (fault !== undefined) throw fault;
}
