import type { Command, Option } from 'commander';
import { isBlank } from '../../events/free-text.ts';
import { UsageError } from '../runtime/errors.ts';
import { flawOfEncoding } from '../runtime/given-text.ts';

/**
 * Refuses a value of any option or argument that says nothing or cannot be read, by the name of it. A blank one is mostly a variable
 * of a script that is not set, and a sentence about a name that nobody can see helps nobody. Throws UsageError.
 */
export function refuseValuesNotSaid(command: Command): void {
  // Whoever takes any number of words completes them: there a blank one is not begun yet.
  for (const [index, argument] of command.registeredArguments.entries())
    if (!argument.variadic) refuseNotSaid(`<${argument.name()}>`, [command.args[index]]);
  for (const one of lineOf(command))
    for (const option of one.options) refuseNotSaid(flagOf(option), givenValues(one, option));
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

function refuseNotSaid(what: string, given: readonly unknown[]): void {
  for (const value of given) {
    if (typeof value !== 'string') continue;
    if (isBlank(value)) throw new UsageError(`${what} is given without a value: what stands there is blank`);
    const flaw = flawOfEncoding(value);
    if (flaw !== undefined) throw new UsageError(`${what} ${flaw}`);
  }
}
