import { Argument, Command } from 'commander';
import type { EstateNames } from '../../tasks/known-names.ts';
import { joined, suggestions, type KnownNames } from '../complete.ts';
import type { Shell } from '../command.ts';
import { lines } from '../../words/shown.ts';

/** Each asks the program itself for what may stand there, so that a script never falls behind its version. */
const scripts = {
  bash: `_isoledger() {
  local IFS=$'\\n'
  COMPREPLY=($("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ "\${COMP_WORDS[COMP_CWORD-1]}\${COMP_WORDS[COMP_CWORD]}" == *=* ]] && COMPREPLY=("\${COMPREPLY[@]#*=}")
}
complete -o default -F _isoledger isoledger
`,
  zsh: `#compdef isoledger
_isoledger() {
  local -a found
  found=("\${(@f)$("$words[1]" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found[1]" ]]; then compadd -a found; else _files; fi
}
compdef _isoledger isoledger
`,
  fish: `function __isoledger
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  command $words[1] complete -- $words[2..-1] "$typed" 2>/dev/null
end
complete -c isoledger -a '(__isoledger)'
`,
} as const;

export function completionCommand({ io }: Shell): Command {
  return new Command('completion')
    .description('a script that completes commands, options, and the names of tenants and shards')
    .addArgument(new Argument('<shell>', 'which shell reads it').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      `
Example:
  source <(isoledger completion bash)

Put that line into ~/.bashrc (zsh: ~/.zshrc, after compinit; fish: isoledger completion fish | source). Names are those of
the ledger that --ledger or the environment names, as of the last command.`,
    )
    .action((shell: keyof typeof scripts) => {
      io.out(lines(scripts[shell].trimEnd().split('\n')));
    });
}

/** The command that the scripts call. It names possible words and never complains, since a word is only half typed. */
export function completeCommand({ io }: Shell): Command {
  return new Command('complete')
    .argument('[words...]')
    .helpOption(false)
    .action(async (words: string[], _options: unknown, command: Command) => {
      const typed = joined(words);
      const root = command.parent ?? command;
      io.out(lines((await suggested(root, typed)).filter(isPlainWord)));
    });
}

/** The ledger is opened only where one of its names may stand. */
async function suggested(root: Command, typed: readonly string[]): Promise<string[]> {
  const asked = { names: false };
  const fixed = suggestions(root, typed, () => {
    asked.names = true;
    return {};
  });
  if (!asked.names) return fixed;
  const known = await namesFor(typed);
  return suggestions(root, typed, () => known);
}

/** A shell puts a completed word into its line as it stands: only what means nothing to any shell may get there. */
function isPlainWord(word: string): boolean {
  return /^[A-Za-z0-9._/:=-]+$/.test(word);
}

/** The names of the estate that was last kept; none where it cannot be read. Nothing is written. */
async function namesFor(words: readonly string[]): Promise<KnownNames> {
  try {
    const [{ ledgerUrl }, { storeAt }, { examine }, { keptNames }] = await Promise.all([
      import('../session.ts'),
      import('../../compose/ledgers.ts'),
      import('../../compose/workspace.ts'),
      import('../../tasks/known-names.ts'),
    ]);
    const url = await ledgerUrl(optionsIn(words));
    // A server may take its time to answer, or not answer at all: nobody waits for that at every press of a key.
    if (storeAt(url)?.kind !== 'file') return {};
    const known = await keptNames(await examine(url));
    return known === undefined ? {} : byArgument(known);
  } catch {
    return {};
  }
}

/** Names by what the help calls the argument or the option's value that takes them. */
function byArgument({ tenants, segments, endpoints, externals, shards, hosts }: EstateNames): KnownNames {
  const end = [...tenants, ...segments, ...externals];
  return {
    ...{ tenant: tenants, external: externals, end, from: end, to: end, a: end, b: end },
    ...{ shard: shards, host: hosts, 'from-endpoint': [...endpoints, ...externals] },
  };
}

/** The options that say which ledger is meant, as far as they are typed; the last one counts. */
function optionsIn(words: readonly string[]): { ledger?: string; config?: string } {
  const given = words.flatMap((word, index) => {
    const [, name = '', value = words[index + 1]] = /^--(ledger|config)(?:=(.*))?$/.exec(word) ?? [];
    return name === '' || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}
