import type { Command } from 'commander';
import { textWithoutSecrets } from '../ledger/shown-url.ts';
import type { LedgerPlace } from '../tasks/advice/ledger-place.ts';
import { UnusableKey } from '../runtime/config.ts';
import { adviceOn } from '../tasks/advice/on-fault.ts';
import { lines, nothing, say } from '../words/shown.ts';
import { exitCode, exitCodeOf, type ExitCode } from './exit.ts';
import { outJson, type Io } from './io.ts';
import { ledgerPlace, placeOfKey, type GlobalOptions } from './session.ts';

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
  const message = textWithoutSecrets(await wordsOf(error, root));
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

/** What went wrong; of a key of the configuration also where that stands. */
async function wordsOf(error: unknown, root: Command): Promise<string> {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof UnusableKey)) return error.message;
  const place = await placeOfKey(root.opts<GlobalOptions>(), error.key);
  return place === undefined ? error.message : `${place}: ${error.message}`;
}

/** Where the ledger is that a command worked on: `ledger copy` names it last, all others by their options. */
async function placeIn(root: Command): Promise<LedgerPlace> {
  const given = await ledgerPlace({ ledger: root.args.at(-1) ?? '' });
  return given.kind === 'server' ? given : ledgerPlace(root.opts<GlobalOptions>());
}
