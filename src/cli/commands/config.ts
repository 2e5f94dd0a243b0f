import { Command } from 'commander';
import { defined } from '../../../events/codec/defined.ts';
import { ledgerInNats } from '../../compose/nats.ts';
import type { ServiceConfig } from '../../tasks/service-config.ts';
import { shownUrl } from '../../compose/ledgers.ts';
import { wantedRoles } from '../../serve/serve.ts';
import { applierRole } from '../../apply/drive/sync.ts';
import { loadEstate } from '../../tasks/workspace.ts';
import { forwarderName } from '../../siem/sinks/forwarder.ts';
import { inSession, ledgerCommand, type Shell } from '../command.ts';
import { outJson } from '../io.ts';
import { httpSettings, shownAddress } from '../serve-http.ts';
import { ledgerUrl, serviceSettings, type Session } from '../session.ts';
import { say } from '../../words/shown.ts';
import { namedRoles, type ServeOptions } from './serve.ts';

export function configCommand(shell: Shell): Command {
  return new Command('config')
    .description('the configuration of the service')
    .addCommand(checkCommand(shell))
    .addHelpText('after', '\nExample:\n  isoledger config check --config isoledger.yaml');
}

function checkCommand(shell: Shell): Command {
  return ledgerCommand('check', {
    summary: 'say what isoledger serve would run, and try each address; changes nothing',
    example: 'isoledger config check --roles clock,applier',
  })
    .option('--roles <roles>', 'as isoledger serve takes it')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ServeOptions>();
      const config = serviceSettings(options);
      const ledger = shownUrl(ledgerUrl(options));
      await inSession(shell, { options }, async (session) => {
        const { io } = session;
        const { state, cursor } = await loadEstate(session);
        const appliers = [...state.intended.directory.shards.keys()].map(applierRole);
        const reached = await reachNats(session, config);
        const forwarders = (config.sinks ?? []).map(({ name }) => forwarderName(name));
        const http = config.http && httpSettings(config.http);
        const others = [
          ...(reached === undefined ? [] : ['publisher']),
          ...forwarders,
          ...(http === undefined ? [] : ['http']),
        ];
        const roles = ['clock', ...appliers, ...others].filter(wantedRoles(namedRoles(options, config)));
        if (options.json === true) {
          outJson(io, {
            formatVersion: 1,
            ledger,
            size: cursor.size,
            roles,
            ...defined({ nats: reached, http: http && shownAddress(http) }),
          });
          return undefined;
        }
        io.out(say`ledger ${ledger}: ${cursor.size} entries\n`);
        if (reached !== undefined)
          io.out(say`NATS ${reached.servers.join(', ')}: stream ${reached.stream}\n`);
        if (http !== undefined) io.out(say`HTTP ${shownAddress(http)}\n`);
        for (const role of roles) io.out(say`role ${role}\n`);
        return undefined;
      });
    });
}

/** What was reached of NATS; undefined where the configuration names no server. Throws NatsUnreachable, BadConfig. */
async function reachNats(
  { ledger }: Session,
  { nats: settings }: ServiceConfig,
): Promise<{ servers: readonly string[]; stream: string } | undefined> {
  if (settings === undefined) return undefined;
  await using nats = ledgerInNats(ledger.id, settings);
  await nats.reach();
  return { servers: settings.access.servers, stream: nats.mirror.name };
}
