import { UnreadableEntry } from '../../../events/codec/unreadable-entry.ts';
import { Conflict, LedgerDamaged, LedgerForked } from '../../ledger/faults.ts';
import { Fenced, InTheWay, NotProvablyOurs } from '../../overlay/faults.ts';
import { KeptStateDiffers } from '../../projector/refolded.ts';
import { HostsElsewhere } from '../drive.ts';
import { RolesUnavailable } from '../../roles/faults.ts';
import { UnknownEnd } from '../../verify/faults.ts';
import { CopyRefused } from '../copy-ledger.ts';
import { RestoreRefused } from '../restore-backup.ts';
import { nothing, say, type Shown } from '../../words/shown.ts';
import type { LedgerPlace } from './ledger-place.ts';

/** The next step after a fault whose own words do not name it: whole lines, or nothing. */
export function adviceOn(error: unknown, place: LedgerPlace): Shown {
  return say`${stepOn(error, place)}${whatDoctorKnows(error, place)}`;
}

/** What doctor would say of a fault beyond its own words. Doctor itself leaves that out. */
function whatDoctorKnows(error: unknown, place: LedgerPlace): Shown {
  if (error instanceof LedgerForked) {
    if (error.fork === 'gone' && place.kind === 'server') return say`isoledger doctor names what was set.\n`;
    return error.fork === 'unnamed' ? say`isoledger doctor says whether it was deleted for good.\n` : nothing;
  }
  const isDamaged =
    error instanceof LedgerDamaged || (error instanceof UnreadableEntry && error.why !== 'unknown');
  return isDamaged ? say`isoledger doctor says what else is wrong.\n` : nothing;
}

/** As adviceOn, for doctor, which does not send anybody to itself. */
export function stepOn(error: unknown, place: LedgerPlace): Shown {
  if (error instanceof RestoreRefused) return adviceOnRestoring(error.cause, place);
  if (error instanceof CopyRefused) return error.cause instanceof LedgerForked ? forkedCopy(error) : nothing;
  if (error instanceof LedgerForked) return adviceOnFork(error, place);
  if (error instanceof LedgerDamaged) return damaged[place.kind];
  if (error instanceof KeptStateDiffers) return keptStateDiffers(place);
  if (error instanceof Fenced) return fenced(place);
  // Its own words say what is to be done.
  if (error instanceof NotProvablyOurs) return nothing;
  if (error instanceof InTheWay) return inTheWay;
  // What to do about hosts that are elsewhere is said where they were missed.
  if (error instanceof HostsElsewhere) return nothing;
  if (error instanceof RolesUnavailable) return noRole;
  if (error instanceof Conflict) return conflict;
  if (error instanceof UnreadableEntry) return error.why === 'unknown' ? unreadable : damaged[place.kind];
  if (error instanceof UnknownEnd && error.nearest === undefined && error.category === 'input')
    return unknownEnd;
  return nothing;
}

function adviceOnRestoring(cause: Error, place: LedgerPlace): Shown {
  if (cause instanceof LedgerForked) return forkedBackup(place);
  return cause instanceof LedgerDamaged ? damagedBackup : stepOn(cause, place);
}

function adviceOnFork({ fork }: LedgerForked, place: LedgerPlace): Shown {
  switch (fork) {
    case 'gone':
      return gone[place.kind];
    case 'unnamed':
      return unnamed;
    case 'changed':
      return parted.server(place);
    case 'parted':
      return parted[place.kind](place);
    case 'ahead':
      return ahead;
    case 'replaced':
      return replaced;
  }
}

const parted = {
  file: ({
    derived,
  }: LedgerPlace) => say`What was seen before is kept with what follows from the ledger, in ${derived}. Entries were changed or cut off,
or this is an older copy: move this file away, and put the ledger itself or a later backup in its place
(isoledger ledger restore FILE). Only if an older copy was put there on purpose, move that whole folder away: what came after it is lost, and
isoledger rebuild --shard NAME makes the hosts of each shard anew.
`,
  server: ({
    derived,
  }: LedgerPlace) => say`What was seen before is kept with what follows from the ledger, in ${derived}. The server holds an older copy, or
another history: bring a later backup there (isoledger ledger copy sqlite:FILE URL), or put later files of the server back
(infra/eventstoredb/README.md, Restore). Only if an older copy was put there on purpose, move that whole folder away, wherever
commands are given: what came after it is lost, and isoledger rebuild --shard NAME makes the hosts of each shard anew.
`,
} satisfies Record<LedgerPlace['kind'], (place: LedgerPlace) => Shown>;

const ahead = say`A reader that has that entry followed another ledger, or this is an older copy. See which ledger it followed, and name that
one (--ledger), or put a later backup back. Only if an older copy was put there on purpose, let the reader drop all that it has
and begin anew (--after -1).
`;

const replaced = say`What was read so far came from the earlier file. See which ledger is the right one, and give the command again behind the last
entry that the reader has (--after SEQ): it goes on only where the ledger holds that entry.
`;

const gone = {
  file: say`Entries that were read before are not in the file any more: an older copy was written over it, or it was cut. Put the ledger
itself or a later backup back (isoledger ledger restore FILE), and give the command again behind the last entry that the reader has
(--after SEQ): it goes on only where the ledger holds that entry. Only if an older copy was put there on purpose, let the reader
drop all that it has and begin anew (--after -1).
`,
  server: say`The server let entries go: because of $maxCount, $maxAge or $tb, of a deletion, or of an older copy that was put there.
An admin takes what was set away with infra/eventstoredb/protect.ts, and what no scavenge has
removed is back. Entries that stay gone have to come from a backup: infra/eventstoredb/README.md, Restore.
`,
} satisfies Record<LedgerPlace['kind'], Shown>;

const unnamed = say`The entries are in a stream of their own, isoledger-ID, and may all be there. An admin takes a deletion or $tb back with
infra/eventstoredb/protect.ts. After a deletion for good that name cannot be used again: bring a
backup to the same server under another one (isoledger ledger copy sqlite:FILE 'URL&ledger=OTHER'), which finds the entries
that are there, and use that one from then on. See infra/eventstoredb/README.md, Restore.
`;

const forkedBackup = ({
  derived,
}: LedgerPlace): Shown => say`What was seen before is kept with what follows from the ledger, in ${derived}, and is more than this backup holds,
or another history. Restore a later backup. Only if there is none, move that whole folder away on purpose and restore again:
what came after this backup is lost then, and isoledger rebuild --shard NAME makes the hosts of each shard anew.
`;

const forkedCopy = ({
  derived,
}: CopyRefused): Shown => say`What was seen there is kept in ${derived}, and is more than this ledger holds, or another history. Copy a ledger that holds
it. Only if there is none, move that whole folder away on purpose and copy again: what came after is lost then, and isoledger
rebuild --shard NAME makes the hosts of each shard anew.
`;

const damagedBackup = say`Restore another backup; keep this one aside, for evidence of what happened to it.
`;

const unknownEnd = say`Ends are spelt tenant, tenant/segment, or an external's name. isoledger log --type TenantRegistered lists the tenants.
`;

const damaged = {
  file: say`Leave the file as it is, for evidence. With a backup, move the ledger away and
put the backup in its place: isoledger ledger restore FILE.
`,
  server: say`Keep a copy of the server's files, for evidence. A stream cannot be mended: put
earlier files of the server back, or start it with empty volumes and bring a backup there (isoledger ledger copy
sqlite:FILE URL); see infra/eventstoredb/README.md, Restore.
`,
};

const keptStateDiffers = ({
  derived,
}: LedgerPlace): Shown => say`Somebody edited what is kept (or a fault of isoledger wrote it), and plan, apply, status, sync and quarantine rest on it. Keep a
copy, find out who it was, and delete ${derived}/state: the next command rebuilds it from the entries, and isoledger sync
drives hosts to what these say.
`;

const fenced = ({
  kind,
  derived,
}: LedgerPlace): Shown => say`A host that holds a later plan, or another one of its number, is ahead of this ledger, and keeps no other from being driven.
If this is an older copy of the ledger, put the ledger itself or a later backup back: ${putBack[kind]}.
Only if an older copy was put there on purpose, what came after it is lost, and such hosts have to be cleared before they
take its plans (an embedded one: remove its file ${derived}/overlay/SHARD/HOST.jsonl, and sync again). Otherwise somebody
changed the host: clear it likewise; or another ledger or process drives it: find and end that.
`;

const putBack = {
  file: 'move this file away, and isoledger ledger restore FILE',
  server: 'isoledger ledger copy sqlite:FILE URL, or its files (infra/eventstoredb/README.md, Restore)',
} satisfies Record<LedgerPlace['kind'], string>;

const inTheWay = say`Find out who put it there, and move it away; isoledger sync then gives the host its objects anew.
`;

const noRole = say`Once that role can be taken, isoledger sync drives the hosts concerned to where the events say.
`;

const conflict = say`Others kept changing what this was decided on. Nothing was recorded: give the command again.
`;

const unreadable = say`A later version of isoledger may have written it: use that version. Nothing is skipped, since what is not understood may
be what forbids something.
`;
