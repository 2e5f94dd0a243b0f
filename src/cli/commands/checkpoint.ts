import type { Command } from 'commander';
import { replay, rootOf } from '../../ledger/replay.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson } from '../io.ts';
import type { Session } from '../session.ts';

export function checkpointCommand(shell: Shell): Command {
  return ledgerCommand('checkpoint', {
    summary: "read the whole ledger, and say its size and the Merkle root (RFC 6962) over its entries' bytes",
    example: 'isoledger checkpoint --json',
  }).action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>();
    await inSession(shell, { options }, (session) => checkpoint(session, options));
  });
}

async function checkpoint({ io, ledger }: Session, { json }: CommonOptions): Promise<undefined> {
  // Replayed and not only asked for: replay refuses a ledger whose entries do not give its root.
  const cursor = await replay(ledger, { onBatch: () => undefined });
  const root = rootOf(cursor);
  if (json === true) outJson(io, { formatVersion: 1, size: cursor.size, root });
  else io.out(`size  ${String(cursor.size)}\nroot  ${root}\n`);
}
