import { UnreadableEntry } from '../../events/decode.ts';
import { Conflict, LedgerDamaged, LedgerForked } from '../ledger/faults.ts';
import { Fenced } from '../overlay/faults.ts';
import { UnknownEnd } from '../verify/faults.ts';
import { RestoreRefused } from './exit.ts';

/** Where a ledger is kept: what cures a file does not cure a server. */
export type Store = 'file' | 'server';

/** What to do next about a complaint whose own words do not say it: whole lines, or ''. */
export function adviceOn(error: unknown, store: Store): string {
  if (error instanceof RestoreRefused) return adviceOnRestoring(error.cause);
  if (error instanceof LedgerForked) return adviceOnFork(error, store);
  if (error instanceof LedgerDamaged) return damaged[store];
  if (error instanceof Fenced) return fenced;
  if (error instanceof Conflict) return conflict;
  if (error instanceof UnreadableEntry) return unreadable;
  if (error instanceof UnknownEnd && error.nearest === undefined) return unknownEnd;
  return '';
}

function adviceOnRestoring(cause: Error): string {
  if (cause instanceof LedgerForked) return forkedBackup;
  return cause instanceof LedgerDamaged ? damagedBackup : adviceOn(cause, 'file');
}

function adviceOnFork({ fork }: LedgerForked, store: Store): string {
  switch (fork) {
    case 'gone':
      return gone;
    case 'unnamed':
      return unnamed;
    case 'changed':
      return parted.server;
    case 'parted':
      return parted[store];
  }
}

const parted = {
  file: `What was seen before is kept with what follows from the ledger, in PATH.d. Entries were changed or cut off, or this is an
older copy: put the ledger itself or a later backup back (isoledger ledger restore FILE). Only if an older copy was put
there on purpose, move that whole folder away: what came after it is lost, and isoledger sync drives the overlay anew.
`,
  server: `What was seen before is kept with what follows from the ledger, in .isoledger/ID. The server holds an older copy, or another
history: bring a later backup there (isoledger ledger copy sqlite:FILE URL), or put later files of the server back
(infra/eventstoredb/README.md, Restore). Only if an older copy was put there on purpose, move .isoledger/ID away, wherever
commands are given: what came after it is lost, and isoledger sync drives the overlay anew.
`,
};

const gone = `The server let entries go: because of $maxCount, $maxAge or $tb, of a deletion, or of an older copy that was put there.
isoledger doctor names what was set. An admin takes that away with infra/eventstoredb/protect.js, and what no scavenge has
removed is back. Entries that stay gone have to come from a backup: infra/eventstoredb/README.md, Restore.
`;

const unnamed = `The entries are in a stream of their own, isoledger-ID, and may all be there. An admin takes a deletion or $tb back with
infra/eventstoredb/protect.js. After a deletion for good (isoledger doctor names it) that name cannot be used again: bring a
backup to the same server under another one (isoledger ledger copy sqlite:FILE 'URL&ledger=OTHER'), which finds the entries
that are there, and use that one from then on. See infra/eventstoredb/README.md, Restore.
`;

const forkedBackup = `What was seen before is kept in PATH.d/state beside the place of the ledger, and is more than this backup holds, or
another history. Restore a later backup. Only if there is none, move PATH.d away on purpose and restore again: what came
after this backup is lost then, and hosts that hold a later plan refuse isoledger sync until they are cleared.
`;

const damagedBackup = `Restore another backup; keep this one aside, for evidence of what happened to it.
`;

const unknownEnd = `Ends are spelt tenant, tenant/segment, or an external's name. isoledger log --type TenantRegistered lists the tenants.
`;

const damaged = {
  file: `Leave the file as it is, for evidence. isoledger doctor says what else is wrong; with a backup, move the ledger away and
put the backup in its place: isoledger ledger restore FILE.
`,
  server: `Keep a copy of the server's files, for evidence. isoledger doctor says what else is wrong. A stream cannot be mended: put
earlier files of the server back, or start it with empty volumes and bring a backup there (isoledger ledger copy
sqlite:FILE URL); see infra/eventstoredb/README.md, Restore.
`,
};

const fenced = `The overlay is ahead of this ledger. If an older backup of the ledger was restored, what came after it is lost, and the
hosts have to be cleared before they take its plans (an embedded one: remove its file PATH.d/overlay/SHARD/HOST.json, and
sync again). Otherwise another ledger or process drives them: find and end it.
`;

const conflict = `Others kept changing what this was decided on. Nothing was recorded: give the command again.
`;

const unreadable = `A later version of isoledger may have written it: use that version. Nothing is skipped, since what is not understood may
be what forbids something.
`;
