import type { Command } from 'commander';
import { textWithoutSecrets } from '../ledger/shown-url.ts';
import type { LedgerPlace } from '../tasks/advice/ledger-place.ts';
import { adviceOn } from '../tasks/advice/on-fault.ts';
import { lines, nothing, say } from '../words/shown.ts';
import { exitCode, exitCodeOf, type ExitCode } from './exit.ts';
import { outJson, type Io } from './io.ts';
import { ledgerPlace, type GlobalOptions } from './session.ts';

/**
 * The one place where thrown errors become words and an exit code. It is loaded only then: advice knows every kind of
 * fault.
 */
export async function complain(
  io: Io,
  error: unknown,
  { json, root }: { json: boolean; root: Command },
): Promise<ExitCode> {
  const code = exitCodeOf(error);
  const message = textWithoutSecrets(error instanceof Error ? error.message : String(error));
  const advice = adviceOn(error, await placeIn(root));
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
    io.err(lines(textWithoutSecrets(error.stack ?? '').split('\n')));
  return code;
}

/** Where the ledger is that a command worked on: `ledger copy` names it last, all others by their options. */
async function placeIn(root: Command): Promise<LedgerPlace> {
  const given = await ledgerPlace({ ledger: root.args.at(-1) ?? '' });
  return given.kind === 'server' ? given : ledgerPlace(root.opts<GlobalOptions>());
}
