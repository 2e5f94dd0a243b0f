import type { Command } from 'commander';
import type { Foresight, Step } from '../../apply/plan/foresee.ts';
import type { TimedChange } from '../../apply/plan/timed-changes.ts';
import type { Grant } from '../../../projections/intended/grants.ts';
import { portsText } from '../../../events/names.ts';
import { rowsOf } from '../../../projections/intended/traffic.ts';
import type { KnownReadings } from '../../policy/read-documents.ts';
import { estateProjection, type Estate } from '../../projector/estate-projection.ts';
import { unfolded, type Projected } from '../../projector/projection.ts';
import { driverNames } from '../../compose/drivers.ts';
import { systemClock } from '../../runtime/clock.ts';
import { planFolder } from '../../tasks/plan-folder.ts';
import { loadReadings } from '../../tasks/kept-readings.ts';
import { loadEstate } from '../../tasks/workspace.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { outJson, table, type Io } from '../io.ts';
import { count } from '../../words/lists.ts';
import { reportProblems } from '../problems.ts';
import { pruneHelp } from '../prune-help.ts';
import { firstWords, hasLedger } from '../session.ts';
import { passedOverWords, tcpMeantWords } from '../show-notes.ts';
import { changedDocuments, documentsTable } from '../show-documents.ts';
import { warnOfClock } from '../warn-of-clock.ts';
import { say } from '../../words/shown.ts';
import { givenPath } from '../path-argument.ts';

interface PlanOptions extends CommonOptions {
  readonly prune?: string;
  readonly detailedExitcode?: boolean;
}

export function planCommand(shell: Shell): Command {
  return ledgerCommand('plan', {
    summary:
      'what applying a folder would change: documents, connections gained and lost, overlay steps; records nothing',
    example: 'isoledger plan infra/examples',
  })
    .argument(
      '<dir>',
      'folder of YAML or JSON documents, read recursively; a single file works too',
      givenPath,
    )
    .option('--prune <all|tenant>', pruneHelp)
    .option('--detailed-exitcode', 'exit code 1 if applying the folder would change a document, 0 if nothing')
    .action(async (dir: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlanOptions>();
      const of = { io: shell.io, dir, options };
      if (await hasLedger(options)) {
        await inSession(shell, { options }, async (session) => {
          await warnOfClock(session);
          const estate = await loadEstate(session);
          const { known } = loadReadings(session, estate);
          return plan({ ...of, estate, known });
        });
      } else {
        // A first plan comes before the first apply, and records nothing: not even an empty ledger.
        shell.exitCode =
          (await plan({ ...of, estate: unfolded(estateProjection), isFirst: true })) ?? exitCode.ok;
      }
    });
}

async function plan(of: {
  io: Io;
  estate: Projected<Estate>;
  dir: string;
  options: PlanOptions;
  known?: KnownReadings;
  isFirst?: boolean;
}): Promise<ExitCode | undefined> {
  const { io, dir, options, known, isFirst = false } = of;
  const json = options.json === true;
  const request = { dir, prune: options.prune, clock: systemClock, drivers: driverNames, known };
  const planned = await planFolder(of.estate, request);
  if (planned.kind === 'refused') {
    const ofUnknownName = isFirst ? await firstWords(options) : undefined;
    return reportProblems(io, planned.problems, { json, ofUnknownName });
  }
  const { foresight, notes } = planned;
  if (json) outJson(io, { ...asJson(foresight), ...notes });
  else {
    show(io, foresight);
    io.out(say`${tcpMeantWords(notes)}${passedOverWords(notes)}`);
  }
  const differs = changedDocuments(foresight.documents).length > 0;
  return differs && options.detailedExitcode === true ? exitCode.finding : exitCode.ok;
}

/** A connection as `connections` lists it. */
interface Row {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly ports: string;
}

function connectionRows(grants: readonly Grant[]): Row[] {
  return grants.flatMap(({ from, to, traffic }) =>
    rowsOf(traffic).map(({ protocol, ports }) => ({
      ...{ from, to, protocol },
      ports: ports === undefined ? '*' : portsText(ports),
    })),
  );
}

function asJson(foresight: Foresight): object {
  const { documents, gained, lost, withheld, released, timed, steps, emptied } = foresight;
  const connections = { gained: connectionRows(gained), lost: connectionRows(lost) };
  const more = { withheld: connectionRows(withheld), released, timed: timedRows(timed) };
  return { formatVersion: 1, documents, connections, ...more, steps, emptied };
}

function timedRows(timed: readonly TimedChange[]): (Row & Record<string, string | null>)[] {
  return timed.flatMap(({ change, grant, since = null, until = null }) =>
    connectionRows([grant]).map((row) => ({ change, ...row, since, until })),
  );
}

function show(io: Io, planned: Foresight): void {
  const { documents, steps, held, emptied } = planned;
  const changed = changedDocuments(documents);
  const [gained, lost] = [connectionRows(planned.gained), connectionRows(planned.lost)];
  const timed = timedRows(planned.timed);
  const atOnce = `${count(gained.length, 'connection')} gained, ${String(lost.length)} lost`;
  const withheld = connectionRows(planned.withheld);
  const cut = withheld.length === 0 ? '' : `, ${String(withheld.length)} withheld by quarantine`;
  const later = timed.length === 0 ? '' : `, ${count(timed.length, 'change')} by time`;
  io.out(
    say`${atOnce}${cut}${later}; ${count(changed.length, 'changed document')} of ${String(documents.length)}\n\n`,
  );
  io.out(changed.length === 0 ? say`all documents are in force as they stand\n` : documentsTable(changed));
  const heading = ['FROM', 'TO', 'PROTOCOL', 'PORTS'];
  const cells = ({ from, to, protocol, ports }: Row): string[] => [from, to, protocol, ports];
  const rows = [
    ...lost.map((row) => ['lost', ...cells(row)]),
    ...gained.map((row) => ['gained', ...cells(row)]),
    ...withheld.map((row) => ['gained on release', ...cells(row)]),
  ];
  if (rows.length > 0) io.out(say`\n${table(['CONNECTION', ...heading], rows)}`);
  if (timed.length > 0) {
    const bounded = timed.map((row) => [
      ...[row['change'] ?? '', row['since'] ?? 'at once', row['until'] ?? 'for good'],
      ...cells(row),
    ]);
    io.out(say`\n${table(['BY TIME', 'SINCE', 'UNTIL', ...heading], bounded)}`);
  }
  io.out(say`\n`);
  for (const name of planned.released)
    io.out(say`${name} is in quarantine, which would end: what comes later under that name is another\n`);
  showSteps(io, {
    steps,
    after: changed.length === 0 ? 'isoledger sync' : 'isoledger sync after isoledger apply',
  });
  for (const shard of held)
    io.out(say`${shard} is held: its steps wait until isoledger rebuild --shard ${shard} --resume\n`);
  for (const { shard, host } of emptied)
    io.out(say`${shard}: host ${host} is retired, and will be emptied by isoledger sync\n`);
}

function showSteps(io: Io, { steps, after }: { steps: readonly Step[]; after: string }): void {
  if (steps.length === 0) {
    io.out(say`overlay: nothing to do\n`);
    return;
  }
  const groups = new Map<string, { cells: string[]; count: number }>();
  for (const { shard, step, object } of steps) {
    const kind = object.slice(0, object.indexOf('/'));
    const key = `${shard} ${step} ${kind}`;
    const group = groups.get(key) ?? { cells: [shard, step, kind], count: 0 };
    groups.set(key, { ...group, count: group.count + 1 });
  }
  io.out(say`overlay: ${count(steps.length, 'step')}, made by ${after}\n`);
  io.out(
    table(
      ['SHARD', 'STEP', 'OBJECT', 'COUNT'],
      Array.from(groups.values(), (group) => [...group.cells, String(group.count)]),
    ),
  );
}
