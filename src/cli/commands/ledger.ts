import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { shownUrl, storeOf } from '../../compose/ledgers.ts';
import { copyLedger } from '../../tasks/copy-ledger.ts';
import { restoreBackup } from '../../tasks/restore-backup.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode } from '../exit.ts';
import { UsageError } from '../../runtime/errors.ts';
import { outJson, type Io } from '../io.ts';
import { count } from '../../words/lists.ts';
import { showProgress } from '../progress.ts';
import { ledgerUrl, urlAt, type Session } from '../session.ts';
import { lines, say, type Shown } from '../../words/shown.ts';
import { givenLedgerPath } from '../path-argument.ts';

/** Custody of the ledger itself. */
export function ledgerCustodyCommand(shell: Shell): Command {
  return new Command('ledger')
    .description('backup, restore and copy: the ledger in a file, put back, or brought to another store')
    .addCommand(backupCommand(shell))
    .addCommand(restoreCommand(shell))
    .addCommand(copyCommand(shell))
    .addHelpText('after', '\nExample:\n  isoledger ledger backup backups/monday.db');
}

function backupCommand(shell: Shell): Command {
  return ledgerCommand('backup', {
    summary:
      'copy the ledger, as it is at this moment, while others write to it; the copy is read from end to end before it gets its name',
    example: 'isoledger ledger backup backups/2026-03-01.db',
  })
    .argument(
      '<file>',
      'a new file in a folder that is there; an existing file is never replaced',
      givenLedgerPath,
    )
    .addHelpText('after', backupHelp)
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      requireFolder(file);
      await inSession(shell, { options }, (session) => backUp(session, { file, options }));
    });
}

const backupHelp = `
Keep what it prints, the size and the root, elsewhere: they tell whether a copy is the one that was taken.
What is in PATH.d needs no backup; all of it follows from the ledger.`;

async function backUp(
  { io, backUp: copyTo }: Session,
  { file, options }: { file: string; options: CommonOptions },
): Promise<undefined> {
  const { setAside, ...copied } = await copyTo(file, progressOn(io));
  if (options.json === true) outJson(io, { formatVersion: 1, file, ...copied, setAside });
  else io.out(described('backed up', { file, ...copied }));
  tellSetAside(io, setAside);
}

function restoreCommand(shell: Shell): Command {
  return ledgerCommand('restore', {
    summary: 'put a backup at the place that --ledger names, all of it or nothing',
    example: 'isoledger --ledger sqlite:./.isoledger/ledger.db ledger restore backups/2026-03-01.db',
  })
    .argument('<file>', 'what ledger backup wrote', givenLedgerPath)
    .addHelpText('after', restoreHelp)
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      if (!existsSync(file)) throw new UsageError(`there is no file ${file}: name one of ledger backup's`);
      await putBack(shell, { file, options });
      shell.exitCode = exitCode.ok;
    });
}

function copyCommand(shell: Shell): Command {
  return ledgerCommand('copy', {
    summary: 'bring a ledger to another store: the same bytes in the same order, and so the same root',
    example: 'isoledger ledger copy sqlite:./.isoledger/ledger.db env:ISOLEDGER_LEDGER',
  })
    .argument('<from>', 'ledger URL')
    .argument('<to>', 'ledger URL; a ledger is made there, or an earlier copy is brought up to date')
    .addHelpText('after', copyHelp)
    .action(async (from: string, to: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>();
      await copy(shell, { from: urlAt(from), to: urlAt(to), options });
      shell.exitCode = exitCode.ok;
    });
}

const copyHelp = `
A URL with a password is read by everybody on this machine who lists the processes. Write env:NAME in its place for the URL
in that variable of the environment, or file:PATH for the one that a file holds.
It goes on where an earlier copy ended, also one that was broken off, and compares both ledgers at its end. Nobody may
write to the copy while it is made (exit code 4); whoever writes to the original is welcome, and copied the next time.
A server keeps one stream of a ledger: another NAME on it (ledger=NAME) is one more name for that stream, and no second copy.
Exit code 6 where TO holds something else, or what was kept beside either (PATH.d) has seen more than FROM holds; 2, and nothing is copied, where FROM and TO are one ledger in one place, or TO was
written to since and holds more. The copy has the id of the original: overlays follow it as they followed that.
Logs of a lost ledger at TO (PATH-wal) are set aside under another name, not deleted. Once the copy is in use, use the
original no longer.`;

async function copy(
  { io }: Shell,
  { from, to, options }: { from: string; to: string; options: CommonOptions },
): Promise<void> {
  const { isAlias, before, setAside, ...copied } = await copyLedger(storeOf, {
    from,
    to,
    onProgress: (progress) => {
      showProgress(io, { label: 'copying', ...progress });
    },
    onNotCompared: (words) => {
      io.err(say`isoledger: ${words}\n`);
    },
  });
  const shown = { from: shownUrl(from), to: shownUrl(to) };
  if (options.json === true)
    outJson(io, { formatVersion: 1, ...shown, ...copied, before, alias: isAlias, setAside });
  else io.out(described('copied to', { file: shown.to, ...copied, before }));
  tellSetAside(io, setAside);
  if (isAlias)
    io.err(
      say`the server held this ledger already, under another name: ${shown.to} leads to the same stream, isoledger-${copied.ledger}, and is no second copy\n`,
    );
}

const restoreHelp = `
Refused, with the place left as it was:
  exit code 2  something stands at the place: a ledger is never replaced, move it away first
  exit code 5  FILE is no ledger, or cannot be read or copied
  exit code 6  FILE contradicts itself; or what was kept in PATH.d says that more was seen than FILE holds, or
               another history. Then a later backup is needed; or PATH.d is moved away on purpose, all of it, which
               gives up what came after this backup; rebuild then makes the hosts of each shard anew.
Logs of a lost ledger (PATH-wal) would spoil the restored one: they are set aside under another name, not deleted.`;

async function putBack(
  { io }: Shell,
  { file, options }: { file: string; options: CommonOptions },
): Promise<void> {
  const { setAside, ...restored } = await restoreBackup(storeOf, {
    ...{ url: await ledgerUrl(options), file, onProgress: progressOn(io) },
  });
  if (options.json === true) outJson(io, { formatVersion: 1, file, ...restored, setAside });
  else io.out(described('restored', { file, ...restored }));
  tellSetAside(io, setAside);
}

function tellSetAside(io: Io, setAside: readonly string[]): void {
  for (const moved of setAside)
    io.err(say`a log of a lost ledger was set aside: ${moved} (it may hold entries that are nowhere else)\n`);
}

function described(
  what: string,
  of: { file: string; ledger: string; size: number; root: string; before?: number },
): Shown {
  const { file, ledger, size, root, before = 0 } = of;
  const rows = { [what]: file, ledger, size: String(size), root };
  const more = before === 0 ? {} : { before: `${count(before, 'entry was', 'entries were')} there already` };
  return lines(
    Object.entries({ ...rows, ...more }).map(([name, value]) => `${name.padEnd(what.length)}  ${value}`),
  );
}

/** Refuses a folder that is missing. One that there can never be is no matter of making it: writing the file says why. */
function requireFolder(file: string): void {
  const folder = dirname(resolve(file));
  if (!isMissing(folder)) return;
  throw new UsageError(`there is no folder ${folder}: make it, or name a file in another one`);
}

function isMissing(folder: string): boolean {
  try {
    statSync(folder);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

function progressOn(io: Io): (progress: { step: string; done: number; of: number }) => void {
  return ({ step, done, of }) => {
    showProgress(io, { label: step, done, of });
  };
}
