import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { textWithoutSecrets } from '../ledger/shown-url.ts';
import { givenPath } from './path-argument.ts';
import { UsageError } from '../runtime/errors.ts';
import { lines, say, type Shown } from '../words/shown.ts';
import type { Run, Shell } from './command.ts';
import { joined } from './complete.ts';
import { closing, inOrderOfUse } from './help.ts';
import { referenceForms, warnOfPasswords } from './ledger-reference.ts';

/**
 * The whole command line: every command, and what they share. Only the commands that `argv` needs are loaded, whole and with all that
 * they rest on; of the others the name is enough. All are loaded without `argv`.
 */
export async function program(
  shell: Shell,
  { run, argv }: { run: Run; argv?: readonly string[] },
): Promise<Command> {
  const { io } = shell;
  const root = new Command('isoledger')
    .description('An event-sourced, audit-first policy ledger for tenant isolation in network overlays.')
    .version(manifest.version)
    .option(
      '--ledger <url>',
      `sqlite:PATH or esdb://HOST:PORT; ${referenceForms} (default sqlite:./.isoledger/ledger.db, or $ISOLEDGER_LEDGER)`,
    )
    .option(
      '--config <file>',
      'YAML file with ledger, logLevel, switchKey ... (or $ISOLEDGER_CONFIG)',
      givenPath,
    )
    .option('--full', 'read and hash every entry first, and not only those since what was kept')
    .addHelpText('after', closing)
    .hook('preAction', async (_root, command) => {
      const { refuseValuesNotSaid } = await import('./given-values.ts');
      refuseValuesNotSaid(command);
      warnOfPasswords(io, command.args);
    })
    .commandsGroup('Begin:')
    .helpCommand('help [command]', 'the help of a command');
  const commands = await commandsFor(shell, { run, wanted: argv === undefined ? 'all' : wantedBy(argv) });
  for (const command of inOrderOfUse(commands))
    root.addCommand(command, { hidden: command.name() === 'complete' });
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
        io.err(say`${textWithoutSecrets(onOneLine(complaint.trimEnd()))}\n`);
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

type Load = () => Promise<(shell: Shell) => Command>;

/** Every command by its name, and where it comes from. */
const loads: Readonly<Record<string, Load>> = {
  init: async () => (await import('./commands/init.ts')).initCommand,
  schema: async () => (await import('./commands/schema.ts')).schemaCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  apply: async () => (await import('./commands/apply.ts')).applyCommand,
  sync: async () => (await import('./commands/sync.ts')).syncCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  connections: async () => (await import('./commands/connections.ts')).connectionsCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  when: async () => (await import('./commands/when.ts')).whenCommand,
  diff: async () => (await import('./commands/diff.ts')).diffCommand,
  blame: async () => (await import('./commands/blame.ts')).blameCommand,
  probe: async () => (await import('./commands/probe.ts')).probeCommand,
  log: async () => (await import('./commands/log.ts')).logCommand,
  tail: async () => (await import('./commands/tail.ts')).tailCommand,
  quarantine: async () => (await import('./commands/quarantine.ts')).quarantineCommand,
  release: async () => (await import('./commands/quarantine.ts')).releaseCommand,
  gone: async () => (await import('./commands/gone.ts')).goneCommand,
  bypass: async () => (await import('./commands/bypass.ts')).bypassCommand,
  rebuild: async () => (await import('./commands/rebuild.ts')).rebuildCommand,
  checkpoint: async () => (await import('./commands/checkpoint.ts')).checkpointCommand,
  ledger: async () => (await import('./commands/ledger.ts')).ledgerCustodyCommand,
  stream: async () => (await import('./commands/stream.ts')).streamCommand,
  sinks: async () => (await import('./commands/sinks.ts')).sinksCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  config: async () => (await import('./commands/config.ts')).configCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
  complete: async () => (await import('./commands/completion.ts')).completeCommand,
};

type NeededCommands = readonly string[] | 'all';

async function commandsFor(
  shell: Shell,
  { run, wanted }: { run: Run; wanted: NeededCommands },
): Promise<Command[]> {
  const all: Readonly<Record<string, Load>> = {
    ...loads,
    walk: async () => {
      const { walkCommand } = await import('./commands/walk.ts');
      return (of) => walkCommand({ shell: of, run });
    },
  };
  return Promise.all(
    Object.entries(all).map(async ([name, load]) =>
      wanted === 'all' || wanted.includes(name) ? (await load())(shell) : new Command(name),
    ),
  );
}

/** The commands that a command line needs: the one that it names, and for `complete` the one that is being typed. */
function wantedBy(argv: readonly string[]): NeededCommands {
  const [word, ...rest] = fromCommandOn(argv);
  if (word === 'complete')
    return [word, ...fromCommandOn(joined(rest.filter((one) => one !== '--'))).slice(0, 1)];
  if (word === undefined) return argv.some((one) => ['--version', '-V'].includes(one)) ? [] : 'all';
  return word === 'help' ? 'all' : [word];
}

/** A command line from the name of its command on. */
function fromCommandOn(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex(
    (word, index) => !word.startsWith('-') && !['--ledger', '--config'].includes(argv[index - 1] ?? ''),
  );
  return at < 0 ? [] : argv.slice(at);
}

/** Commands that are promised for later versions: whoever types one is told so, and not that it is misspelt. */
const notBuilt = 'drift audit adopt prove evidence keys'.split(' ');

function notBuiltCommand(name: string): Command {
  return new Command(name)
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .action(() => {
      throw new UsageError(`${name} is not built in this version; isoledger --help lists what is`);
    });
}
