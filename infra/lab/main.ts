import { Command, CommanderError } from 'commander';
import { exitCode, exitCodeOf, type ExitCode } from '../../src/cli/exit.ts';
import { outJson, processIo, table, type Io } from '../../src/cli/io.ts';
import { reportProblems } from '../../src/cli/problems.ts';
import { say } from '../../src/words/shown.ts';
import { demo } from './demo.ts';
import { takeDown } from './down.ts';
import { reportOf } from './plan.ts';
import { statusOf, type LabStatus } from './status.ts';
import { raise } from './up.ts';

interface Options {
  readonly name: string;
  readonly json?: boolean;
  readonly sync?: boolean;
  readonly keep?: boolean;
}

/** As a program: `npm run lab -- up DIR | down | status`. */
async function main(argv: readonly string[]): Promise<number> {
  const { io } = processIo();
  let code: number = exitCode.ok;
  const program = new Command('lab')
    .description(
      "an estate's hosts, workloads and tunnels in network namespaces of this machine, for real packets",
    )
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  const command = (words: string, summary: string): Command =>
    program.command(words).description(summary).option('--name <name>', 'which lab', 'lab');
  command('up <dir>', 'build the estate of these documents, apply them and drive the hosts there')
    .option('--json', 'tell programs what there is, on stdout')
    .option('--no-sync', 'build the network only: neither apply nor sync')
    .action(async (folder: string, options: Options) => {
      code = await up(io, folder, options);
    });
  command('down', 'take away what the lab made, however far it came').action(async ({ name }: Options) => {
    code = await down(io, name);
  });
  command('status', 'what is up')
    .option('--json', 'as up --json')
    .action(({ name, json = false }: Options) => {
      code = status(io, statusOf(name), json);
    });
  command('demo', 'the example estate: pings and a stream, before and after a revocation, and the verdict')
    .option('--keep', 'leave the lab up at the end')
    .action(async ({ name, keep = false }: Options) => {
      code = await demo(io, { name, keep, signal: stopSignal() });
    });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (fault) {
    if (fault instanceof CommanderError) return fault.exitCode === 0 ? exitCode.ok : exitCode.badInput;
    io.err(say`lab: ${fault instanceof Error ? fault.message : String(fault)}\n`);
    if (process.env['ISOLEDGER_LOG'] === 'debug') throw fault;
    return exitCodeOf(fault);
  }
}

/** Aborted when this process is asked to end: what was made is taken down first. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      stop.abort();
    });
  return stop.signal;
}

async function up(io: Io, folder: string, { name, json = false, sync = true }: Options): Promise<number> {
  const raised = await raise({ name, estate: folder, drive: sync, tell: io, signal: stopSignal() });
  switch (raised.kind) {
    case 'documents':
      return reportProblems(io, raised.problems, { json: false });
    case 'not-applied':
      io.err(say`lab: the documents were not applied, so nothing is up\n`);
      return raised.exitCode;
    case 'up': {
      const { place, plan, syncExitCode } = raised;
      if (json) outJson(io, reportOf(place, plan));
      else status(io, statusOf(name), false);
      if (syncExitCode !== 0)
        io.err(
          say`lab: the network is up, but sync ended with ${syncExitCode}: npm run lab -- down takes it away\n`,
        );
      return syncExitCode;
    }
  }
}

async function down(io: Io, name: string): Promise<ExitCode> {
  const { wasThere, left } = await takeDown(name);
  for (const each of left) io.err(say`lab: left alone: ${each}\n`);
  io.err(wasThere ? say`lab ${name} is down\n` : say`no lab ${name} is up\n`);
  return exitCode.ok;
}

/** Ends with 1 where something of the lab is not there. */
function status(io: Io, lab: LabStatus, json: boolean): ExitCode {
  const { place, plan, isWhole, hosts, missing } = lab;
  const isSound =
    isWhole &&
    missing.length === 0 &&
    hosts.every((each) => each.isThere && each.daemons.every(({ runs }) => runs));
  if (json) outJson(io, reportOf(place, plan));
  else {
    io.out(say`lab ${place.name}${isWhole ? '' : ', not whole: its up did not come to its end'}\n`);
    io.out(say`ledger     ${place.ledger}\ndocuments  ${place.estate}\n\n`);
    io.out(table(['host', 'namespace', 'ovsdb-server', 'ovs-vswitchd', 'ovsdb'], hosts.map(hostRow)));
    io.out(say`\n`);
    io.out(table(['workload', 'namespace', 'mac', 'addresses'], workloadRows(lab)));
  }
  for (const namespace of missing) io.err(say`lab: the namespace ${namespace} is gone\n`);
  return isSound ? exitCode.ok : exitCode.finding;
}

function hostRow({ host, daemons, isThere }: LabStatus['hosts'][number]): string[] {
  const states = daemons.map(({ pid, runs }) => (runs ? String(pid) : pid === undefined ? 'none' : 'dead'));
  return [host.host, isThere ? host.namespace : `${host.namespace} (gone)`, ...states, `unix:${host.socket}`];
}

function workloadRows({ plan }: LabStatus): string[][] {
  return plan.workloads.map(({ name, namespace, mac, ips }) => [name, namespace, mac, ips.join(' ')]);
}

process.exitCode = await main(process.argv.slice(2));
