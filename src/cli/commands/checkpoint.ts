import type { Command } from 'commander';
import { checkpoint } from '../../tasks/checkpoint.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson } from '../io.ts';
import type { Session } from '../session.ts';
import { say } from '../../words/shown.ts';

export function checkpointCommand(shell: Shell): Command {
  return ledgerCommand('checkpoint', {
    summary: "read the whole ledger, and say its size and the Merkle root (RFC 6962) over its entries' bytes",
    example: 'isoledger checkpoint --json',
  }).action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>();
    await inSession(shell, { options }, (session) => show(session, options));
  });
}

async function show({ io, ledger }: Session, { json }: CommonOptions): Promise<undefined> {
  const { size, root } = await checkpoint(ledger);
  if (json === true) outJson(io, { formatVersion: 1, size, root });
  else io.out(say`size  ${String(size)}\nroot  ${root}\n`);
}
