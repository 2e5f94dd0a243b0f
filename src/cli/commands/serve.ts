import type { Command } from 'commander';
import { thisProcess } from '../../compose/roles.ts';
import { partsOfService } from '../../compose/service.ts';
import type { ServeRole } from '../../serve/role.ts';
import { Durations } from '../../serve/durations.ts';
import { requireRoles, ServingProcess, wantedRoles } from '../../serve/serve.ts';
import { RoleStandings } from '../../serve/states.ts';
import { VerdictCounts } from '../../serve/verdict-counts.ts';
import { requireSinksApart } from '../../tasks/sink-places.ts';
import type { ServiceConfig } from '../../tasks/service-config.ts';
import { inSession, type CommonOptions, type Shell, writingCommand } from '../command.ts';
import { exitCode, type ExitCode } from '../exit.ts';
import { httpRoles } from '../serve-http.ts';
import { ServiceEnd } from '../service-end.ts';
import { ServiceManager } from '../service-manager.ts';
import { ServiceReload } from '../service-reload.ts';
import { actorOf, ownPlaces, serviceSettings, type ClockOption, type Session } from '../session.ts';
import { warnOfClock } from '../warn-of-clock.ts';

export interface ServeOptions extends CommonOptions, ClockOption {
  readonly roles?: string;
}

export function serveCommand(shell: Shell): Command {
  return writingCommand('serve', {
    summary:
      'run for years: record time bounds as they pass, and drive every shard within milliseconds of a change',
    example: 'isoledger serve --config isoledger.yaml\n  isoledger serve --roles clock,applier/shard-1',
  })
    .option(
      '--roles <roles>',
      'only these of the roles that the configuration gives something to do, parted by commas; without it all but the verifier',
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ServeOptions>();
      const config = await serviceSettings(options);
      await inSession(shell, { options, deed: 'write' }, (session) => run(session, { options, config }));
    });
}

/** The roles that an option or the configuration names; undefined for all. */
export function namedRoles({ roles }: ServeOptions, { serve }: ServiceConfig): readonly string[] | undefined {
  return roles?.split(',').map((role) => role.trim()) ?? serve.roles;
}

async function run(
  session: Session,
  { options, config }: { options: ServeOptions; config: ServiceConfig },
): Promise<ExitCode> {
  await warnOfClock(session);
  const { clock, log } = session;
  const named = namedRoles(options, config);
  const places = await ownPlaces(session, options);
  const requireApart = ({ sinks = [] }: ServiceConfig): void => {
    requireSinksApart(sinks, places);
  };
  requireApart(config);
  await using parts = partsOfService(session, config);
  const standings = new RoleStandings(clock);
  const measured = { durations: new Durations(), verdicts: new VerdictCounts() };
  // Nobody sits before a service: what a command would say is logged.
  const workspace = { ...session, warn: undefined, holdRole: parts.holdRole };
  const { deliveries } = parts;
  const answering = await httpRoles(config, { workspace, standings, deliveries, ...measured });
  const others = [...parts.others, ...answering];
  requireRoles(named ?? [], { others: others.map(({ name }) => name) });
  const end = new ServiceEnd({ clock, log });
  const manager = new ServiceManager({ environment: process.env, clock, log });
  const service = new ServingProcess(
    {
      ...{ workspace, standings, ...measured, others, random: Math.random },
      ...{ actor: actorOf(undefined), holder: thisProcess(), isWanted: wantedRoles(named) },
      wholeReadingMs: config.serve.wholeReadingSeconds * 1_000,
      ...(config.nats === undefined ? {} : { leaseMs: config.nats.leaseSeconds * 1_000 }),
    },
    end.signal,
  );
  const again = new ServiceReload({ log, options, manager, require: requireApart });
  const isStopped = (role: string): boolean => standings.all().get(role)?.kind === 'stopped';
  let delivering: readonly ServeRole[] = others.filter((role) => !isKept(role));
  const reload = async (): Promise<void> => {
    const read = await again.read();
    if (read === undefined) return;
    // Whatever stopped is tried again.
    const next = parts.forwarders.of(read, isStopped);
    const sinks = sinksChanged(delivering, next);
    if (sinks !== undefined) log.info(sinks, 'the sinks changed');
    delivering = next;
    service.become([...others.filter(isKept), ...next]);
    service.startStopped();
  };
  const onHangUp = (): void => void reload();
  process.on('SIGHUP', onHangUp);
  end.signal.addEventListener('abort', () => {
    manager.tell('STOPPING=1');
  });
  try {
    const watching = manager.watchdog(end.signal);
    await service.run(() => {
      log.info({ roles: [...standings.all().keys()] }, 'the service has started');
      manager.tell('READY=1');
    });
    await watching;
    log.info('the service has ended');
    // Whatever is waited for still is safe to break off: the next start completes it.
    if (service.isLeftBehind) process.exit(exitCode.ok);
    return exitCode.ok;
  } finally {
    process.removeListener('SIGHUP', onHangUp);
    end.over();
  }
}

/** The names of sinks that came, went, and are begun anew; undefined where all go on as they were. */
function sinksChanged(
  before: readonly ServeRole[],
  after: readonly ServeRole[],
): Readonly<Record<'came' | 'went' | 'anew', readonly string[]>> | undefined {
  const [one, other] = [before, after].map((roles) => new Set(roles.map(({ name }) => name)));
  const named = (roles: readonly ServeRole[]): string[] =>
    roles.map(({ name }) => name.replace(/^forwarder\//, ''));
  const changes = {
    came: named(after.filter(({ name }) => one?.has(name) !== true)),
    went: named(before.filter(({ name }) => other?.has(name) !== true)),
    anew: named(after.filter((role) => one?.has(role.name) === true && !before.includes(role))),
  };
  return Object.values(changes).some((names) => names.length > 0) ? changes : undefined;
}

/** Of the roles that were there at the beginning, those that no reading of the configuration changes. */
function isKept({ name }: ServeRole): boolean {
  return !name.startsWith('forwarder/');
}
