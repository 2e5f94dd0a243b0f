import { defined } from '../../../events/codec/defined.ts';
import { Option, type Command } from 'commander';
import { lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { historyPlace } from '../../tasks/history-place.ts';
import { connections, type ConnectionsQuestion } from '../../verify/connections.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson, table } from '../io.ts';
import { givenEnds, heldJson, showHeld } from '../addresses.ts';
import {
  askedLedger,
  knownAtOption,
  knownAtWords,
  type AskedLedger,
  type KnownAtOption,
} from '../known-at.ts';
import { gapsCode, reservation, showGaps } from '../show-gaps.ts';
import type { ExitCode } from '../exit.ts';
import { count } from '../../words/lists.ts';
import { parseTime } from '../time.ts';
import { momentWords } from '../../words/moment-words.ts';
import { say } from '../../words/shown.ts';

interface ConnectionsOptions extends CommonOptions, KnownAtOption {
  readonly at?: string;
  readonly lane: Lane;
  readonly from?: string;
  readonly to?: string;
}

/** The lane that a question is about. */
export function laneOption(byDefault: Lane): Option {
  return new Option(
    '--lane <lane>',
    'intended: what the events ask for; applied: what hosts acknowledged; observed: that, and what they were found to hold instead',
  )
    .choices(lanes)
    .default(byDefault);
}

export function connectionsCommand(shell: Shell): Command {
  return ledgerCommand('connections', {
    summary: 'every flow that is allowed between segments and externals; a pair without a row is isolated',
    example: 'isoledger connections --from acme-corp --lane applied',
  })
    .option('--at <time>', 'now, seq:N, or ISO 8601 with zone or offset', 'now')
    .addOption(knownAtOption())
    .addOption(laneOption('intended'))
    .option('--from <end>', 'tenant, tenant/segment, external, or the address of one')
    .option('--to <end>', 'tenant, tenant/segment, external, or the address of one')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConnectionsOptions>();
      const at = parseTime(options.at);
      await inSession(shell, { options }, async (session) =>
        show(await askedLedger(session, options, [{ by: '--at', at }]), {
          ...{ options, at },
          history: options.full === true ? undefined : historyPlace(session),
        }),
      );
    });
}

async function show(
  { io, ledger, clock, knownAt, judgedOn }: AskedLedger,
  { options, at, history }: { options: ConnectionsOptions } & Pick<ConnectionsQuestion, 'at' | 'history'>,
): Promise<ExitCode> {
  const { lane, from, to } = options;
  const { nameOf, held } = await givenEnds({ ledger }, [from, to], { from: at, to: at });
  const ends = { from: from && nameOf(from), to: to && nameOf(to) };
  // An answer of what was known once is of a part of the ledger.
  const kept = knownAt === undefined ? history : undefined;
  const answer = await connections(ledger, { at, lane, ...ends, clock, history: kept });
  const { gaps } = answer;
  const doubted = { lane, at: [answer.at], gaps };
  if (options.json === true) {
    outJson(io, { ...answer, ledger: judgedOn, ...defined({ knownAt }), ...heldJson(held) });
    return gapsCode(doubted);
  }
  const rows = answer.connections.map((row) => [row.from, row.to, row.protocol, row.ports]);
  const number = `${reservation(doubted)}${count(rows.length, 'connection')}`;
  io.out(say`${number} (lane ${lane}, at ${momentWords(answer.at)}${knownAtWords(knownAt)})\n`);
  showHeld(io, held);
  if (rows.length > 0) io.out(say`\n${table(['FROM', 'TO', 'PROTOCOL', 'PORTS'], rows)}`);
  showGaps(io, gaps);
  return gapsCode(doubted);
}
