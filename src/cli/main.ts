import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { applyCommand } from './commands/apply.ts';
import { blameCommand } from './commands/blame.ts';
import { checkpointCommand } from './commands/checkpoint.ts';
import { connectionsCommand } from './commands/connections.ts';
import { diffCommand } from './commands/diff.ts';
import { explainCommand } from './commands/explain.ts';
import { ledgerCustodyCommand } from './commands/ledger.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { doctorCommand } from './commands/doctor.ts';
import { initCommand } from './commands/init.ts';
import { logCommand } from './commands/log.ts';
import { planCommand } from './commands/plan.ts';
import { probeCommand } from './commands/probe.ts';
import { quarantineCommand, releaseCommand } from './commands/quarantine.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { schemaCommand } from './commands/schema.ts';
import { statusCommand } from './commands/status.ts';
import { syncCommand } from './commands/sync.ts';
import { tailCommand } from './commands/tail.ts';
import { verifyCommand } from './commands/verify.ts';
import { walkCommand } from './commands/walk.ts';
import { refuseBlankValues } from './blank-values.ts';
import type { LedgerPlace } from '../tasks/advice/ledger-place.ts';
import { adviceOn } from '../tasks/advice/on-fault.ts';
import { notBuiltCommand, type Shell } from './command.ts';
import { codeOnDelivery, exitCode, exitCodeOf, type ExitCode } from './exit.ts';
import { closing, inOrderOfUse } from './help.ts';
import { outJson, processIo, type Io } from './io.ts';
import { referenceForms, withoutPasswords } from './ledger-reference.ts';
import { ledgerPlace, type GlobalOptions } from './session.ts';
import { lines, nothing, say, type Shown } from '../words/shown.ts';

/**
 * Runs the command line of this process and sets its exit code. Work is done to the end, whether anybody reads the
 * answer or not.
 */
export async function main(): Promise<void> {
  // A ledger, and all that follows from it, is for its owner and their group.
  process.umask(process.umask(0o027) | 0o027);
  const { io, undelivered } = processIo();
  const code = await run(process.argv.slice(2), io);
  process.exitCode = codeOnDelivery(code, await undelivered());
}

/** Runs one command line; words go to `io`. Never throws: what goes wrong is said, and is in the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const shell: Shell = { io, exitCode: exitCode.ok };
  const root = program(shell);
  try {
    await root.parseAsync([...argv], { from: 'user' });
    return shell.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.badInput;
    return complain(io, error, { json: argv.includes('--json'), place: placeIn(root) });
  }
}

/** Where the ledger is that a command worked on: `ledger copy` names it last, all others by their options. */
function placeIn(root: Command): LedgerPlace {
  const given = ledgerPlace({ ledger: root.args.at(-1) ?? '' });
  return given.kind === 'server' ? given : ledgerPlace(root.opts<GlobalOptions>());
}

/** The whole command line: every command, and what they share. */
export function program(shell: Shell): Command {
  const { io } = shell;
  const root = new Command('isoledger')
    .description('An event-sourced, audit-first policy ledger for tenant isolation in network overlays.')
    .version(version())
    .option(
      '--ledger <url>',
      `sqlite:PATH or esdb://HOST:PORT; ${referenceForms} (default sqlite:./.isoledger/ledger.db, or $ISOLEDGER_LEDGER)`,
    )
    .option('--config <file>', 'YAML file with ledger and logLevel (or $ISOLEDGER_CONFIG)')
    .addHelpText('after', closing)
    .hook('preAction', (_root, command) => {
      refuseBlankValues(command);
    })
    .commandsGroup('Begin:')
    .helpCommand('help [command]', 'the help of a command');
  for (const command of inOrderOfUse(commands.map((make) => make(shell)))) root.addCommand(command);
  root.addCommand(completeCommand(shell), { hidden: true });
  for (const name of notBuilt) root.addCommand(notBuiltCommand(name), { hidden: true });
  for (const command of withAllBelow(root)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        io.out(ownWords(text));
      },
      writeErr: (text) => {
        io.err(ownWords(text));
      },
      outputError: (complaint) => {
        io.err(say`${withoutPasswords(onOneLine(complaint.trimEnd()))}\n`);
      },
    });
    command.configureHelp({ showGlobalOptions: true });
    command.showHelpAfterError('(--help says more)').showSuggestionAfterError();
  }
  return root;
}

/** The library's help, which is made of this program's own words: every line of it is one. */
function ownWords(text: string): Shown {
  const [last, ...others] = text.split('\n').reverse();
  return say`${lines(others.reverse())}${last ?? ''}`;
}

/** A complaint of the library without the line end that it makes itself; what it quotes may hold others. */
function onOneLine(complaint: string): string {
  return complaint.replace(/\n(?=\(Did you mean [^\n]*\?\)$)/, ' ');
}

function withAllBelow(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withAllBelow)];
}

const commands = [
  initCommand,
  schemaCommand,
  planCommand,
  applyCommand,
  syncCommand,
  statusCommand,
  connectionsCommand,
  verifyCommand,
  explainCommand,
  diffCommand,
  blameCommand,
  probeCommand,
  logCommand,
  tailCommand,
  quarantineCommand,
  releaseCommand,
  rebuildCommand,
  checkpointCommand,
  ledgerCustodyCommand,
  doctorCommand,
  completionCommand,
  (shell: Shell): Command => walkCommand({ shell, run }),
];

/** Commands that are promised for later versions: whoever types one is told so, and not that it is misspelt. */
const notBuilt = 'serve when drift bypass audit adopt prove evidence keys'.split(' ');

/** The one place where thrown errors become words and an exit code. */
function complain(io: Io, error: unknown, { json, place }: { json: boolean; place: LedgerPlace }): ExitCode {
  const code = exitCodeOf(error);
  const message = withoutPasswords(error instanceof Error ? error.message : String(error));
  const advice = adviceOn(error, place);
  if (json)
    outJson(io, {
      formatVersion: 1,
      error: { exitCode: code, message, ...(advice === nothing ? {} : { advice: advice.text }) },
    });
  if (code !== exitCode.internal) {
    io.err(say`isoledger: ${message}\n${advice}`);
    return code;
  }
  io.err(
    say`isoledger: internal error: ${message}\nThis is a fault of isoledger. With ISOLEDGER_LOG=debug it shows its stack.\n`,
  );
  if (process.env['ISOLEDGER_LOG'] === 'debug' && error instanceof Error)
    io.err(lines(withoutPasswords(error.stack ?? '').split('\n')));
  return code;
}

function version(): string {
  const manifest = findPackageJSON('..', import.meta.url);
  return manifest === undefined
    ? 'unknown'
    : z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
