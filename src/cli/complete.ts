import type { Argument, Command, Option } from 'commander';

/** Names that a ledger knows, by what an argument or an option's value is called in the help. */
export type KnownNames = Readonly<Record<string, readonly string[]>>;

/** Where a command line stands at the word that is being typed. */
interface Standing {
  readonly command: Command;
  /** How many arguments of the command stand before it. */
  readonly position: number;
  /** The option that still waits for its value. */
  readonly waiting: Option | undefined;
}

/**
 * The words that may stand in place of the last one, which is being typed ('' where it is not begun): commands, options, choices,
 * or names that the ledger knows. Nothing where it is a file, a time or free text.
 */
export function suggestions(root: Command, words: readonly string[], names: () => KnownNames): string[] {
  const typed = words.at(-1) ?? '';
  const { command, position, waiting } = standing(root, words.slice(0, -1));
  const [, optionName, begun] = /^(--[^=]+)=(.*)$/.exec(typed) ?? [];
  if (optionName !== undefined) {
    const option = optionsOf(command).find(({ long }) => long === optionName);
    return valuesOf(option, names)
      .filter((value) => value.startsWith(begun ?? ''))
      .map((value) => `${optionName}=${value}`);
  }
  return possible({ command, position, waiting }, { typed, names }).filter((word) => word.startsWith(typed));
}

function possible(
  { command, position, waiting }: Standing,
  { typed, names }: { typed: string; names: () => KnownNames },
): string[] {
  if (waiting !== undefined) return valuesOf(waiting, names);
  if (typed.startsWith('-')) return [...optionsOf(command).flatMap(({ long }) => long ?? []), '--help'];
  const commands = visible(command);
  if (commands.length > 0) return position === 0 ? commands.map((below) => below.name()) : [];
  const last = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[position] ?? (last?.variadic === true ? last : undefined);
  return valuesOf(argument, names);
}

function standing(root: Command, words: readonly string[]): Standing {
  let [command, position] = [root, 0];
  let waiting: Option | undefined;
  for (const word of words) {
    if (waiting !== undefined) waiting = undefined;
    else if (word.startsWith('-')) {
      waiting = optionsOf(command).find(
        ({ long, short, required }) => required && [long, short].includes(word),
      );
    } else {
      const below = command.commands.find((one) => one.name() === word);
      if (below === undefined) position += 1;
      else [command, position] = [below, 0];
    }
  }
  return { command, position, waiting };
}

function valuesOf(of: Option | Argument | undefined, names: () => KnownNames): string[] {
  if (of?.argChoices !== undefined) return [...of.argChoices];
  const called =
    of === undefined ? '' : 'flags' in of ? (/[<[]([^>\]]+)[>\]]/.exec(of.flags)?.[1] ?? '') : of.name();
  return called.split('|').flatMap((word) => (word === 'all' ? [word] : [...(names()[word] ?? [])]));
}

/** The options of a command and of those above it. */
function optionsOf(command: Command): Option[] {
  const above = command.parent === null ? [] : optionsOf(command.parent);
  return [...command.options.filter(({ hidden }) => !hidden), ...above];
}

function visible(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

/** bash takes `=` and `:` for words of their own; this puts the words together again as they were typed. */
export function joined(words: readonly string[]): string[] {
  return words.reduce<string[]>((sofar, word, index) => {
    const glue = (text: string | undefined): boolean => text === ':' || text === '=';
    const continues = glue(word) || glue(words[index - 1]);
    const last = sofar.pop();
    if (last === undefined) return [word];
    return continues ? [...sofar, `${last}${word}`] : [...sofar, last, word];
  }, []);
}
