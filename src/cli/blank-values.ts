import type { Command, Option } from 'commander';
import { isBlank } from '../../events/free-text.ts';
import { UsageError } from '../runtime/errors.ts';

/**
 * Refuses a blank value of any option or argument, by the name of it: mostly it is a variable of a script that is not set,
 * and a sentence about a name that nobody can see helps nobody. Throws UsageError.
 */
export function refuseBlankValues(command: Command): void {
  // Whoever takes any number of words completes them: there a blank one is not begun yet.
  for (const [index, argument] of command.registeredArguments.entries())
    if (!argument.variadic) refuseBlank(`<${argument.name()}>`, [command.args[index]]);
  for (const one of lineOf(command))
    for (const option of one.options) refuseBlank(flagOf(option), givenValues(one, option));
}

/** A command and those above it. */
function lineOf(command: Command): Command[] {
  return command.parent === null ? [command] : [command, ...lineOf(command.parent)];
}

/** The values of an option that takes one or several, where they were given on the command line. */
function givenValues(command: Command, option: Option): readonly unknown[] {
  const name = option.attributeName();
  return command.getOptionValueSource(name) === 'cli' ? [command.getOptionValue(name)].flat() : [];
}

function flagOf({ long, flags }: Option): string {
  return long ?? flags;
}

function refuseBlank(what: string, given: readonly unknown[]): void {
  if (given.some((value) => typeof value === 'string' && isBlank(value)))
    throw new UsageError(`${what} is given without a value: what stands there is blank`);
}
