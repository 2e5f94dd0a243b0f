import { Command, Option } from 'commander';
import { z } from 'zod';
import { exitCode, type ExitCode } from './exit.ts';
import { UsageError } from '../runtime/errors.ts';
import type { Io } from './io.ts';
import { withSession, type WritingOptions, type Deed, type GlobalOptions, type Session } from './session.ts';

/** The options that every command takes. */
export interface CommonOptions extends GlobalOptions {
  readonly json?: boolean;
}

/** The parts of the program that a command needs: the place where words go, and a place for its exit code. */
export interface Shell {
  readonly io: Io;
  exitCode: ExitCode;
}

/** Runs a command line, as `run` in main.ts does. */
export type Run = (argv: readonly string[], io: Io) => Promise<ExitCode>;

/** A command that works on a ledger: its name and arguments, what it is for, and one example. */
export function ledgerCommand(
  name: string,
  of: { summary: string; example: string; json?: string },
): Command {
  return new Command(name)
    .description(of.summary)
    .option('--json', of.json ?? 'one JSON value on stdout')
    .addHelpText('after', `\nExample:\n  ${of.example}`);
}

/** A command that writes: its name and arguments, what it is for, and one example. */
export function writingCommand(name: string, of: { summary: string; example: string }): Command {
  return ledgerCommand(name, of).addOption(acceptClockOption());
}

/** The option of whatever writes. */
export function acceptClockOption(): Option {
  return new Option(
    '--accept-clock <day>',
    "today's date (UTC), where this machine's clock is far ahead of the last entry, and right",
  ).argParser(dayFrom);
}

/** Refuses what is no day, also where nobody has to ask for one: a slip must not look like an answer. */
function dayFrom(text: string): string {
  if (z.iso.date().safeParse(text).success) return text;
  throw new UsageError(
    `--accept-clock takes today's date (UTC) as YYYY-MM-DD, as 2026-03-01, and not ${text}`,
  );
}

/** Runs a command's work in a session on the ledger that its options name. A command that says nothing else only asks. */
export async function inSession(
  shell: Shell,
  { options, deed = 'ask' }: { options: CommonOptions & WritingOptions; deed?: Deed },
  work: (session: Session) => Promise<ExitCode | undefined>,
): Promise<void> {
  const code = await withSession({ io: shell.io, options, deed }, work);
  shell.exitCode = code ?? exitCode.ok;
}
