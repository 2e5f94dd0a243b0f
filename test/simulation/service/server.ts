import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import type { HeldRole, Roles } from '../../../src/roles/port.ts';
import { leasedRoles } from '../../../src/roles/nats/roles.ts';
import { categoryOf } from '../../../src/runtime/errors.ts';
import type { ServeRole } from '../../../src/serve/role.ts';
import { ServingProcess } from '../../../src/serve/serve.ts';
import { RoleStandings } from '../../../src/serve/states.ts';
import { formatNamed } from '../../../src/siem/formats/named.ts';
import { publisherRole } from '../../../src/siem/mirror/publish.ts';
import { forwarderRole } from '../../../src/siem/sinks/forwarder.ts';
import type { Workspace } from '../../../src/tasks/workspace.ts';
import { Broken } from '../failures.ts';
import type { Receiver } from './receiver.ts';
import { ServerClock, type ClockSetting } from './server-clock.ts';
import { serverDriver } from './server-driver.ts';
import { serverLeases } from './server-leases.ts';
import { ServerLedger } from './server-ledger.ts';
import { ServerLife } from './server-life.ts';
import { ServerMirror } from './server-mirror.ts';
import { CursorDisk, serverCursor, serverSink } from './server-sink.ts';
import { leaseMs, type ServiceWorld } from './service-world.ts';
import { Wire } from './wire.ts';

/** The formats that sinks get, by the sink. */
const formats: ReadonlyMap<string, 'entries' | 'ecs'> = new Map([
  ['archive', 'entries'],
  ['collector', 'ecs'],
]);

/** How often each host is read whole, in milliseconds. */
const wholeReadingMs = 45_000;

/** How long a service may take to end once it is told to, in milliseconds. */
const endMsMax = 10_000;

const endLookMs = 100;

/** How long a process that did not start is looked at, in milliseconds: nothing of it may go on. */
const lookMs = 2_000;

/** How soon a process that ended is started again, in milliseconds: at most. */
const startMsMax = 8_000;

/** What there is of a server while it runs. */
interface RunningServer {
  readonly pid: number;
  readonly life: ServerLife;
  readonly service: ServingProcess;
  readonly standings: RoleStandings;
  readonly ending: AbortController;
  readonly wire: Wire;
}

/** A machine of the service, and the process that runs on it, one after the other. */
export class Server {
  readonly name: string;
  readonly disk = new CursorDisk();
  readonly clockSetting: ClockSetting = { aheadMs: 0 };
  readonly #world: ServiceWorld;
  readonly #folder: string;
  #running: RunningServer | undefined;
  /** Whoever keeps processes running does not start this one again. */
  isKeptDown = false;

  constructor(world: ServiceWorld, { name, folder }: { name: string; folder: string }) {
    this.#world = world;
    this.name = name;
    this.#folder = join(folder, name);
    mkdirSync(this.#folder);
  }

  get running(): RunningServer | undefined {
    return this.#running;
  }

  start(): void {
    if (this.#running !== undefined) return;
    const world = this.#world;
    const { clock: passing, scheduler } = world.estate;
    const pid = world.nextPid();
    const life = new ServerLife(passing, scheduler);
    const name = `${this.name}:${String(pid)}`;
    const crash = (): void => {
      if (this.#running?.life === life) this.kill();
      else life.end();
    };
    const wire = new Wire(world, { life, name, crash });
    const standings = new RoleStandings(new ServerClock(world, life, this.clockSetting));
    const ending = new AbortController();
    const parts = { pid, life, wire, standings };
    const service = new ServingProcess(this.#means(parts), ending.signal);
    this.#running = { ...parts, service, ending };
    world.say(`${name}: starts`);
    service
      .run(() => undefined)
      .then(
        () => {
          this.#over(life, 'ended');
        },
        (fault: unknown) => {
          if (categoryOf(fault) === 'bug') world.broken(asError(fault));
          world.coverage.note('met: a process did not start');
          life.hasFailed = true;
          world.say(`${name}: did not start: ${String(fault)}`);
          void passing.sleep(lookMs).then(() => {
            this.#over(life, 'did not start');
          });
        },
      );
  }

  /** Ends the process, as kill -9 does. It is started again. */
  kill(): void {
    const { life } = this.#running ?? {};
    this.#world.say(`${this.name}: is killed`);
    if (life !== undefined) this.#over(life, 'killed');
  }

  /** Tells the process to end, and looks whether it does in time. */
  async end(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const { life, ending } = running;
    ending.abort();
    const { scheduler, clock } = this.#world.estate;
    // Time in which it stands still is not its own.
    for (let awakeMs = 0; awakeMs < endMsMax && !life.isOver;) {
      await scheduler.away(clock.sleep(endLookMs));
      if (!life.standsStill) awakeMs += endLookMs;
    }
    if (life.isOver) return;
    this.#world.broken(new Broken(`${this.name} was told to end, and goes on after ten seconds`));
  }

  #over(life: ServerLife, how: string): void {
    this.#world.say(`${this.name}: ${how}`);
    this.#world.coverage.note(`a process: ${how}`);
    life.end();
    if (this.#running?.life !== life) return;
    this.#running = undefined;
    const { clock } = this.#world.estate;
    void clock.sleep(100 + this.#world.random.below(startMsMax)).then(() => {
      if (!this.isKeptDown) this.start();
    });
  }

  #means(
    of: Pick<RunningServer, 'pid' | 'life' | 'wire' | 'standings'>,
  ): ConstructorParameters<typeof ServingProcess>[0] {
    const { pid, standings } = of;
    const workspace = this.#workspace(of);
    return {
      ...{ workspace, standings, wholeReadingMs, isWanted: () => true },
      actor: { name: this.name, authenticated: 'asserted' },
      holder: { host: this.name, pid },
      random: () => this.#world.random.next(),
      others: this.#others(of, workspace).map((role) => this.#world.parts.role(role)),
    };
  }

  #others({ wire }: Pick<RunningServer, 'wire'>, { ledger, clock }: Workspace): ServeRole[] {
    const { broker, parts, random, receivers } = this.#world;
    const context = { ledgerId: ledger.id, version: '1', host: this.name };
    const mirror = parts.mirror(new ServerMirror(broker, wire, parts.publish));
    const forwarder = (receiver: Receiver): ServeRole => {
      const means = { receiver, disk: this.disk, wire };
      const cursor = serverCursor(this.#world, means);
      return forwarderRole({
        ...{ name: receiver.name, ledger, clock, context, cursor },
        format: formatNamed(formats.get(receiver.name) ?? 'entries'),
        random: () => random.next(),
        open: () => parts.sink(serverSink(this.#world, means), cursor),
      });
    };
    const form = { format: formatNamed('cloudevents'), context };
    return [publisherRole({ ledger, mirror, form, clock }), ...receivers.map(forwarder)];
  }

  #workspace(of: Pick<RunningServer, 'pid' | 'life' | 'wire'>): Workspace {
    const world = this.#world;
    const { pid, life, wire } = of;
    const clock = new ServerClock(world, life, this.clockSetting);
    const by = { host: this.name, pid };
    const onAppended = (
      ...[request]: Parameters<ConstructorParameters<typeof ServerLedger>[1]['onAppended']>
    ): void => {
      world.watched(() => {
        world.roles.appended(request, by);
      });
    };
    const notAsked = (): never => {
      throw new Error('a service does not ask for this');
    };
    return {
      ...{ clock, statePath: join(this.#folder, 'estate.json'), overlayFolder: this.#folder, drivers: [] },
      ledger: world.parts.ledger(new ServerLedger(world, { wire, clock, onAppended })),
      ...{ requireOwnFolder: () => undefined, isInFolder: () => false, probeFor: notAsked, backUp: notAsked },
      newId: () => world.estate.ids(clock.now()),
      driverFor: ({ shard }) => serverDriver(world, { shard, wire }),
      holdRole: this.#holdRole(of, clock),
      log: this.#log(of),
    };
  }

  #holdRole(
    { pid, life, wire }: Pick<RunningServer, 'pid' | 'life' | 'wire'>,
    clock: ServerClock,
  ): Roles['hold'] {
    const world = this.#world;
    const onWrite = (key: string, text: string): void => {
      world.watched(() => {
        world.roles.leased(key, text);
      });
    };
    const roles = leasedRoles({
      store: world.parts.leases(serverLeases(world.leases, wire, onWrite)),
      ...{ clock, ttlMs: leaseMs, newToken: () => world.estate.ids(clock.now()) },
      holder: () => ({ pid, host: this.name, since: clock.now() }),
    });
    return async (role): Promise<HeldRole> => {
      const held = await roles.hold(role);
      const inHand = world.roles.got(role, { life, held, pid });
      const release = (): Promise<void> => {
        inHand.isReleased = true;
        return held.release();
      };
      return { ...held, release };
    };
  }

  /** Lines of the log are lines of the trace. A fault of ours in a role is none of the world's. */
  #log({ pid }: Pick<RunningServer, 'pid'>): Logger {
    const world = this.#world;
    const err = (error: unknown): string => {
      if (categoryOf(error) === 'bug' && !isOfSystem(error)) world.broken(asError(error));
      return String(error);
    };
    const write = (line: string): void => {
      const said: unknown = JSON.parse(line);
      world.say(`${this.name}:${String(pid)} ${JSON.stringify(said)}`);
    };
    return pino({ level: 'info', base: null, timestamp: false, serializers: { err } }, { write });
  }
}

/** An error of the operating system, as a disk that is full gives. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
