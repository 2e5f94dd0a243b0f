import { UnreadableEntry } from '../../events/decode.ts';
import { Conflict, LedgerDamaged, LedgerForked } from '../ledger/faults.ts';
import { Fenced } from '../overlay/faults.ts';
import { UnknownEnd } from '../verify/faults.ts';
import { RestoreRefused } from './exit.ts';

/** What to do next about a complaint whose own words do not say it: whole lines, or ''. */
export function adviceOn(error: unknown): string {
  if (error instanceof RestoreRefused) return adviceOnRestoring(error.cause);
  if (error instanceof LedgerForked) return forked;
  if (error instanceof LedgerDamaged) return damaged;
  if (error instanceof Fenced) return fenced;
  if (error instanceof Conflict) return conflict;
  if (error instanceof UnreadableEntry) return unreadable;
  if (error instanceof UnknownEnd && error.nearest === undefined) return unknownEnd;
  return '';
}

function adviceOnRestoring(cause: Error): string {
  if (cause instanceof LedgerForked) return forkedBackup;
  return cause instanceof LedgerDamaged ? damagedBackup : adviceOn(cause);
}

const forked = `What was seen before is kept with what follows from the ledger: in PATH.d, or in .isoledger/ID for one on a server. Entries
were changed or cut off, or this is an older copy: put the ledger itself or a later backup back (isoledger ledger restore
FILE; ledger copy for one on a server). Only if an older copy was put there on purpose, move that whole folder away: what
came after it is lost, and isoledger sync drives the overlay anew.
`;

const forkedBackup = `What was seen before is kept in PATH.d/state beside the place of the ledger, and is more than this backup holds, or
another history. Restore a later backup. Only if there is none, move PATH.d away on purpose and restore again: what came
after this backup is lost then, and hosts that hold a later plan refuse isoledger sync until they are cleared.
`;

const damagedBackup = `Restore another backup; keep this one aside, for evidence of what happened to it.
`;

const unknownEnd = `Ends are spelt tenant, tenant/segment, or an external's name. isoledger log --type TenantRegistered lists the tenants.
`;

const damaged = `Leave the file as it is, for evidence. isoledger doctor says what else is wrong; with a backup, move the ledger away and
put the backup in its place: isoledger ledger restore FILE.
`;

const fenced = `The overlay is ahead of this ledger. If an older backup of the ledger was restored, what came after it is lost, and the
hosts have to be cleared before they take its plans (an embedded one: remove its file PATH.d/overlay/SHARD/HOST.json, and
sync again). Otherwise another ledger or process drives them: find and end it.
`;

const conflict = `Others kept changing what this was decided on. Nothing was recorded: give the command again.
`;

const unreadable = `A later version of isoledger may have written it: use that version. Nothing is skipped, since what is not understood may
be what forbids something.
`;
