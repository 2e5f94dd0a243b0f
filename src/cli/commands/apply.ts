import type { Command } from 'commander';
import { enact, judge, type Enacted } from '../../apply/record/enact.ts';
import { readFolder } from '../../policy/read-folder.ts';
import { estateProjection } from '../../projector/estate-projection.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { count, outJson } from '../io.ts';
import { askedOf, problemsOf, pruneHelp } from '../judge-folder.ts';
import { reportProblems } from '../problems.ts';
import { actorOf, hasLedger, type Session } from '../session.ts';
import { keepEstate, loadEstate } from '../../tasks/workspace.ts';
import { changedDocuments, documentsTable } from '../show-documents.ts';

interface ApplyOptions extends CommonOptions {
  readonly prune?: string;
  readonly reason?: string;
  readonly source?: string;
  readonly as?: string;
}

export function applyCommand(shell: Shell): Command {
  return ledgerCommand('apply', {
    summary: 'judge a folder of documents as a whole, and record what changed as one batch of events',
    example: 'isoledger apply infra/examples --reason "first estate" --as "$USER"',
  })
    .argument('<dir>', 'folder of YAML or JSON documents, read recursively; a single file works too')
    .option('--prune <all|tenant>', pruneHelp)
    .option('--reason <text>', 'why; recorded with every event')
    .option('--source <git-ref>', 'where the documents come from; recorded with every event')
    .option('--as <name>', 'who does it; the account of the operating system if left out')
    .action(async (dir: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ApplyOptions>();
      const { prune } = options;
      if (!(await hasLedger(options))) {
        // What is refused leaves nothing behind, not even an empty ledger.
        const folder = await readFolder(dir);
        const decision = judge(askedOf(folder, { prune, estate: emptyEstate }), emptyEstate);
        const problems = problemsOf(folder, decision);
        if (problems.length > 0) {
          shell.exitCode = reportProblems(shell.io, problems, { json: options.json === true });
          return;
        }
      }
      await inSession(shell, { options, create: true }, (session) => apply(session, { dir, options }));
    });
}

const emptyEstate = estateProjection.initial();

async function apply(
  session: Session,
  { dir, options }: { dir: string; options: ApplyOptions },
): Promise<ExitCode | undefined> {
  const { io, ledger, clock } = session;
  const json = options.json === true;
  const actor = actorOf(options.as);
  const folder = await readFolder(dir);
  const estate = await loadEstate(session);
  const asked = askedOf(folder, { prune: options.prune, estate: estate.state });
  if (folder.problems.length > 0) {
    return reportProblems(io, problemsOf(folder, judge(asked, estate.state)), { json });
  }
  const { reason, source } = options;
  const stated = { ...(reason === undefined ? {} : { reason }), ...(source === undefined ? {} : { source }) };
  const enacted = await enact(
    { ledger, clock, ...asked, actor, ...stated, idempotencyKey: session.newId() },
    estate,
  );
  const problems = problemsOf(folder, enacted.decision);
  if (problems.length > 0) return reportProblems(io, problems, { json });
  keepEstate(session, enacted.estate);
  report(session, { enacted, json });
  return undefined;
}

function report({ io }: Session, { enacted, json }: { enacted: Enacted; json: boolean }): void {
  const { decision, recorded } = enacted;
  if (decision.kind !== 'accepted') return;
  if (json) {
    const batch = recorded === undefined ? null : { first: recorded.first, last: recorded.last };
    outJson(io, { formatVersion: 1, documents: decision.changes, recorded: batch });
    return;
  }
  if (recorded === undefined) {
    io.out(
      `nothing to record: all ${count(decision.changes.length, 'document')} are in force as they stand\n`,
    );
    return;
  }
  io.out(documentsTable(changedDocuments(decision.changes)));
  const events = count(recorded.last - recorded.first + 1, 'event');
  io.out(
    `recorded ${events} for ${count(changedDocuments(decision.changes).length, 'changed document')}: entries ${String(recorded.first)} to ${String(recorded.last)}\n`,
  );
}
