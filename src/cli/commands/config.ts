import { Command } from 'commander';
import { defined } from '../../../events/codec/defined.ts';
import { ledgerInNats } from '../../compose/nats.ts';
import type { ServiceConfig } from '../../tasks/service-config.ts';
import { shownUrl } from '../../compose/ledgers.ts';
import { troubleOf, tryListening, trySink, type ServiceTrouble } from '../../compose/try-service.ts';
import { switchFiles } from '../../runtime/config.ts';
import { requireSinksApart } from '../../tasks/sink-places.ts';
import { requireRoles, wantedRoles } from '../../serve/serve.ts';
import { applierRole } from '../../apply/drive/sync.ts';
import { loadEstate } from '../../tasks/workspace.ts';
import { addressOf } from '../../compose/sinks.ts';
import { promiseOf } from '../../siem/sinks/settings.ts';
import { forwarderName } from '../../siem/sinks/forwarder.ts';
import { inSession, ledgerCommand, type Shell } from '../command.ts';
import { exitCode } from '../exit.ts';
import { outJson } from '../io.ts';
import { httpSettings, shownAddress } from '../serve-http.ts';
import { ledgerUrl, ownPlaces, placeOfKey, serviceSettings, settings, type Session } from '../session.ts';
import { say } from '../../words/shown.ts';
import { namedRoles, type ServeOptions } from './serve.ts';
import { promiseWords } from './sinks.ts';

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
      const config = await serviceSettings(options);
      const ledger = shownUrl(await ledgerUrl(options));
      await inSession(shell, { options }, async (session) => {
        const { io } = session;
        const { state, cursor } = await loadEstate(session);
        const appliers = [...state.intended.directory.shards.keys()].map(applierRole);
        const http = config.http && httpSettings(config.http);
        const others = othersOf(config);
        const { sinks = [] } = config;
        const named = namedRoles(options, config);
        requireRoles(named ?? [], { others, appliers });
        requireSinksApart(sinks, await ownPlaces(session, options));
        const roles = ['clock', 'verifier', ...appliers, ...others].filter(wantedRoles(named));
        const tried = await tryAll(session, config);
        const { reached } = tried;
        const { switches } = await settings(options);
        const ofSwitches = switches === undefined ? [] : switchFiles(switches, process.env);
        const troubles = [
          ...(await Promise.all(ofSwitches.map(({ at, look }) => troubleOf(at, look)))).flat(),
          ...tried.troubles,
        ];
        if (options.json === true)
          outJson(io, {
            ...{ formatVersion: 1, ledger, size: cursor.size, roles },
            ...defined({ nats: reached, http: http && shownAddress(http) }),
            sinks: sinks.map((sink) => ({
              ...{ name: sink.name, kind: sink.kind, to: addressOf(sink), promise: promiseOf(sink.kind) },
            })),
            troubles: troubles.map(({ at, kind, message }) => ({ at, kind, message })),
          });
        else {
          io.out(say`ledger ${ledger}: ${cursor.size} entries\n`);
          if (reached !== undefined)
            io.out(say`NATS ${reached.servers.join(', ')}: stream ${reached.stream}\n`);
          if (http !== undefined) io.out(say`HTTP ${shownAddress(http)}\n`);
          for (const sink of sinks)
            io.out(
              say`sink ${sink.name}: ${sink.kind} ${addressOf(sink)}${promiseWords(promiseOf(sink.kind))}\n`,
            );
          for (const role of roles) io.out(say`role ${role}\n`);
        }
        for (const { at, key, message } of troubles) {
          const place = await placeOfKey(options, key);
          io.err(say`isoledger: ${place === undefined ? '' : `${place}: `}${at}: ${message}\n`);
        }
        if (troubles.some(({ kind }) => kind === 'wrong')) return exitCode.badInput;
        return troubles.length > 0 ? exitCode.unreachable : undefined;
      });
    });
}

/** The roles beside the clock and the appliers that a configuration gives something to do. */
function othersOf({ nats, sinks = [], http }: ServiceConfig): string[] {
  return [
    ...(nats === undefined ? [] : ['publisher']),
    ...sinks.map(({ name }) => forwarderName(name)),
    ...(http === undefined ? [] : ['http']),
  ];
}

/** Tries each address, side by side. */
async function tryAll(
  session: Session,
  config: ServiceConfig,
): Promise<{
  reached: Awaited<ReturnType<typeof reachNats>>;
  troubles: readonly ServiceTrouble[];
}> {
  const { sinks = [], http } = config;
  let reached: Awaited<ReturnType<typeof reachNats>>;
  const troubles = await Promise.all([
    troubleOf('nats', async () => {
      reached = await reachNats(session, config);
    }),
    troubleOf('http.listen', () => (http === undefined ? Promise.resolve() : tryListening(http))),
    ...sinks.map((sink) => troubleOf(`sinks.${sink.name}`, () => trySink(sink, session.clock))),
  ]);
  return { reached, troubles: troubles.flat() };
}

/** What was reached of NATS; undefined where the configuration names no server. Throws NatsUnreachable, MirrorUnavailable, MirrorDiffers, RolesUnavailable, BadConfig. */
async function reachNats(
  { ledger }: Session,
  { nats: settings }: ServiceConfig,
): Promise<{ servers: readonly string[]; stream: string } | undefined> {
  if (settings === undefined) return undefined;
  await using nats = ledgerInNats(ledger.id, settings);
  await nats.reach();
  // It is there with other settings, or not there yet, or right.
  await nats.mirror.extent();
  // Servers that lost most of their disks let clients in, and give no leases.
  await nats.roles.states();
  return { servers: settings.access.servers, stream: nats.mirror.name };
}
