import { Command } from 'commander';
import { addressOf, forwarderTo } from '../../compose/sinks.ts';
import { UsageError } from '../../runtime/errors.ts';
import { count } from '../../words/lists.ts';
import { say } from '../../words/shown.ts';
import type { SinkSettings } from '../../siem/sinks/settings.ts';
import { inSession, ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { outJson } from '../io.ts';
import { serviceSettings } from '../session.ts';

export function sinksCommand(shell: Shell): Command {
  return new Command('sinks')
    .description('list: where events are delivered, and how far each sink is')
    .addCommand(listCommand(shell))
    .addHelpText('after', '\nExample:\n  isoledger sinks list --config isoledger.yaml');
}

function listCommand(shell: Shell): Command {
  return ledgerCommand('list', {
    summary: 'say of each sink of the configuration what it is delivered, and how far this machine delivered',
    example: 'isoledger sinks list --config isoledger.yaml',
  }).action(async (_options: unknown, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>();
    const sinks = configuredSinks(options);
    await inSession(shell, { options }, async (session) => {
      const { io, ledger } = session;
      const { size } = await ledger.head();
      const listed = sinks.map((sink) => {
        const { name, kind, format } = sink;
        const delivered = forwarderTo(sink, session).cursor.read()?.seq ?? null;
        return { name, kind, format, to: addressOf(sink), delivered, behind: size - 1 - (delivered ?? -1) };
      });
      if (options.json === true) {
        outJson(io, { formatVersion: 1, size, sinks: listed });
        return undefined;
      }
      for (const { name, kind, format, to, delivered, behind } of listed)
        io.out(
          say`${name}: ${kind} ${to}, ${format}; ${delivered === null ? 'nothing was delivered from here' : `delivered up to entry ${String(delivered)}`}, ${count(behind, 'entry', 'entries')} behind\n`,
        );
      return undefined;
    });
  });
}

/** Throws UsageError where the configuration has none. */
function configuredSinks(options: CommonOptions): readonly SinkSettings[] {
  const { sinks = [] } = serviceSettings(options);
  if (sinks.length > 0) return sinks;
  throw new UsageError(
    'the configuration names no sink: under `sinks` it says where events are delivered; see --config and ISOLEDGER_CONFIG',
  );
}
