import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { LedgerForked } from '../ledger/faults.ts';
import { applyCommand } from './commands/apply.ts';
import { checkpointCommand } from './commands/checkpoint.ts';
import { connectionsCommand } from './commands/connections.ts';
import { logCommand } from './commands/log.ts';
import { planCommand } from './commands/plan.ts';
import { probeCommand } from './commands/probe.ts';
import { statusCommand } from './commands/status.ts';
import { syncCommand } from './commands/sync.ts';
import { tailCommand } from './commands/tail.ts';
import { verifyCommand } from './commands/verify.ts';
import { walkCommand } from './commands/walk.ts';
import type { Shell } from './command.ts';
import { exitCode, exitCodeOf, UsageError, type ExitCode } from './exit.ts';
import { outJson, processIo, type Io } from './io.ts';

/** Runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  // Whoever reads our output may have read enough (`| head`): that is no fault.
  process.stdout.on('error', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(exitCode.ok);
    throw error;
  });
  process.exitCode = await run(process.argv.slice(2), processIo);
}

/** Runs one command line; words go to `io`. Never throws: what goes wrong is said, and is in the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const shell: Shell = { io, exitCode: exitCode.ok };
  try {
    await program(shell).parseAsync([...argv], { from: 'user' });
    return shell.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.badInput;
    return complain(io, error, { json: argv.includes('--json') });
  }
}

function program(shell: Shell): Command {
  const { io } = shell;
  const root = new Command('isoledger')
    .description('An event-sourced, audit-first policy ledger for tenant isolation in network overlays.')
    .version(version())
    .option('--ledger <url>', 'sqlite:PATH (default sqlite:./.isoledger/ledger.db, or $ISOLEDGER_LEDGER)')
    .option('--config <file>', 'YAML file with ledger and logLevel (or $ISOLEDGER_CONFIG)');
  for (const make of commands) root.addCommand(make(shell));
  for (const name of notBuilt) root.addCommand(notBuiltCommand(name), { hidden: true });
  for (const command of [root, ...root.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        io.out(text);
      },
      writeErr: (text) => {
        io.err(text);
      },
    });
    command.configureHelp({ showGlobalOptions: true });
    command.showHelpAfterError('(--help says more)').showSuggestionAfterError();
  }
  return root;
}

const commands = [
  planCommand,
  applyCommand,
  syncCommand,
  statusCommand,
  connectionsCommand,
  verifyCommand,
  probeCommand,
  logCommand,
  tailCommand,
  checkpointCommand,
  (shell: Shell): Command => walkCommand({ shell, run }),
];

/** Commands that are promised for later versions: whoever types one is told so, and not that it is misspelt. */
const notBuilt =
  'serve explain when diff blame drift bypass quarantine release rebuild audit adopt prove evidence keys ledger doctor'.split(
    ' ',
  );

function notBuiltCommand(name: string): Command {
  return new Command(name)
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .action(() => {
      throw new UsageError(`${name} is not built in this version; isoledger --help lists what is`);
    });
}

/** The one place where thrown errors become words and an exit code. */
function complain(io: Io, error: unknown, { json }: { json: boolean }): ExitCode {
  const code = exitCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) outJson(io, { formatVersion: 1, error: { exitCode: code, message } });
  if (code !== exitCode.internal) {
    io.err(`isoledger: ${message}\n${error instanceof LedgerForked ? forkHint : ''}`);
    return code;
  }
  io.err(
    `isoledger: internal error: ${message}\nThis is a fault of isoledger. With ISOLEDGER_LOG=debug it shows its stack.\n`,
  );
  if (process.env['ISOLEDGER_LOG'] === 'debug' && error instanceof Error) io.err(`${error.stack ?? ''}\n`);
  return code;
}

const forkHint = `What was seen before is kept beside the ledger, in PATH.d/state. Entries were changed or cut off, unless you put an
older copy there on purpose: then move PATH.d away, and isoledger sync drives the overlay anew.
`;

function version(): string {
  const manifest = findPackageJSON('..', import.meta.url);
  return manifest === undefined
    ? 'unknown'
    : z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
