import { Option, type Command } from 'commander';
import { connections } from '../../verify/connections.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson, table } from '../io.ts';
import { count } from '../../words/lists.ts';
import type { Session } from '../session.ts';
import { parseTime } from '../time.ts';
import { momentWords } from '../../words/moment-words.ts';
import { say } from '../../words/shown.ts';

interface ConnectionsOptions extends CommonOptions {
  readonly at?: string;
  readonly lane: 'intended' | 'applied';
  readonly from?: string;
  readonly to?: string;
}

/** The lane that a question is about; `observed` comes with the reconciler. */
export function laneOption(byDefault: 'intended' | 'applied'): Option {
  return new Option('--lane <lane>', 'intended: what the events ask for; applied: what hosts acknowledged')
    .choices(['intended', 'applied'])
    .default(byDefault);
}

export function connectionsCommand(shell: Shell): Command {
  return ledgerCommand('connections', {
    summary: 'every flow that is allowed between segments and externals; a pair without a row is isolated',
    example: 'isoledger connections --from acme-corp --lane applied',
  })
    .option('--at <time>', 'now, seq:N, or ISO 8601 with zone or offset', 'now')
    .addOption(laneOption('intended'))
    .option('--from <end>', 'tenant, tenant/segment or external')
    .option('--to <end>', 'tenant, tenant/segment or external')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConnectionsOptions>();
      const at = parseTime(options.at);
      await inSession(shell, { options }, (session) => show(session, { options, at }));
    });
}

async function show(
  { io, ledger, clock }: Session,
  { options, at }: { options: ConnectionsOptions; at: ReturnType<typeof parseTime> },
): Promise<undefined> {
  const { lane, from, to } = options;
  const answer = await connections(ledger, { at, lane, from, to, clock });
  if (options.json === true) {
    outJson(io, { formatVersion: 1, at: answer.at, lane: answer.lane, connections: answer.connections });
    return;
  }
  const rows = answer.connections.map((row) => [row.from, row.to, row.protocol, row.ports]);
  if (rows.length > 0) io.out(table(['FROM', 'TO', 'PROTOCOL', 'PORTS'], rows));
  io.out(say`${count(rows.length, 'connection')} in lane ${lane} at ${momentWords(answer.at)}\n`);
}
