import type { Command } from 'commander';
import { run } from '../../src/cli/main.ts';
import { program } from '../../src/cli/program.ts';

/** A command that has none below it, and the words that lead to it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

const silent = (): void => undefined;
const root = await program(
  {
    io: { out: silent, err: silent, data: silent, progress: silent, errIsTerminal: false },
    exitCode: 0,
  },
  { run },
);

function leaves(command: Command, path: readonly string[] = []): Leaf[] {
  const below = command.commands.flatMap((one) => leaves(one, [...path, one.name()]));
  return command.commands.length === 0 ? [{ path, command }] : below;
}

/** Every command of the command line, hidden ones included. */
export const everyCommand: readonly Leaf[] = leaves(root);
