import type { Command } from 'commander';
import { driverNames } from '../../compose/drivers.ts';
import { applyFolder, judgeFirst, type ApplyRequest, type ApplyResult } from '../../tasks/apply-folder.ts';
import { systemClock } from '../../runtime/clock.ts';
import { inSession, type CommonOptions, type Shell, writingCommand } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { asOption, reasonOption, sourceOption } from '../free-text.ts';
import { outJson, type Io } from '../io.ts';
import { count } from '../../words/lists.ts';
import { reportProblems } from '../problems.ts';
import { pruneHelp } from '../prune-help.ts';
import { actorOf, firstWords, hasLedger, type ClockOption, type Session } from '../session.ts';
import { passedOverWords } from '../show-notes.ts';
import { changedDocuments, documentsTable } from '../show-documents.ts';
import { warnOfClock } from '../warn-of-clock.ts';
import { say } from '../../words/shown.ts';
import { givenPath } from '../path-argument.ts';

interface ApplyOptions extends CommonOptions, ClockOption {
  readonly prune?: string;
  readonly reason?: string;
  readonly source?: string;
  readonly as?: string;
}

export function applyCommand(shell: Shell): Command {
  return writingCommand('apply', {
    summary: 'judge a folder of documents as a whole, and record what changed as one batch of events',
    example: 'isoledger apply infra/examples --reason "first estate" --as "$USER"',
  })
    .argument(
      '<dir>',
      'folder of YAML or JSON documents, read recursively; a single file works too',
      givenPath,
    )
    .option('--prune <all|tenant>', pruneHelp)
    .addOption(reasonOption('why; recorded with every event'))
    .addOption(sourceOption())
    .addOption(asOption())
    .action(async (dir: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApplyOptions>();
      const first = (await hasLedger(options))
        ? undefined
        : await judgeFirst({ dir, prune: options.prune, drivers: driverNames, clock: systemClock });
      if (first !== undefined && first.problems.length > 0) {
        shell.exitCode = reportProblems(shell.io, first.problems, {
          json: options.json === true,
          ofUnknownName: await firstWords(options),
        });
        return;
      }
      const folder = first?.folder;
      await inSession(shell, { options, deed: 'create' }, (session) =>
        apply(session, { dir, folder, options }),
      );
    });
}

async function apply(
  session: Session,
  { options, ...documents }: Pick<ApplyRequest, 'dir' | 'folder'> & { options: ApplyOptions },
): Promise<ExitCode | undefined> {
  const { io } = session;
  const json = options.json === true;
  await warnOfClock(session);
  const { prune, reason, source } = options;
  const applied = await applyFolder(session, {
    ...documents,
    ...{ prune, actor: actorOf(options.as), reason, source },
  });
  if (applied.kind === 'refused') return reportProblems(io, applied.problems, { json });
  report(io, applied, { json });
  return undefined;
}

function report(
  io: Io,
  { changes, recorded, notes }: Extract<ApplyResult, { kind: 'accepted' }>,
  { json }: { json: boolean },
): void {
  if (json) {
    const batch = recorded === undefined ? null : { first: recorded.first, last: recorded.last };
    outJson(io, { formatVersion: 1, documents: changes, recorded: batch, passedOver: notes.passedOver });
    return;
  }
  if (recorded === undefined) {
    io.out(
      say`nothing to record: all ${count(changes.length, 'document')} are in force as they stand\n${passedOverWords(notes)}`,
    );
    return;
  }
  io.out(documentsTable(changedDocuments(changes)));
  const events = count(recorded.last - recorded.first + 1, 'event');
  io.out(
    say`recorded ${events} for ${count(changedDocuments(changes).length, 'changed document')}: entries ${String(recorded.first)} to ${String(recorded.last)}\n${passedOverWords(notes)}`,
  );
}
