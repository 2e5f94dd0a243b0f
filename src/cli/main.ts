import { CommanderError } from 'commander';
import { codeOnDelivery, exitCode, type ExitCode } from './exit.ts';
import { processIo, type Io } from './io.ts';
import type { Shell } from './command.ts';
import { program } from './program.ts';

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
  const root = await program(shell, { run, argv });
  try {
    await root.parseAsync([...argv], { from: 'user' });
    return shell.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.badInput;
    const { complain } = await import('./complain.ts');
    return await complain(io, error, { json: argv.includes('--json'), root });
  }
}
