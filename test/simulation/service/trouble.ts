import { hostLeaves, hostsReturn } from '../mischief.ts';
import { moods } from './receiver.ts';
import { outsides, type Standstill } from './server-life.ts';
import type { Server } from './server.ts';
import { leaseMs, type ServiceWorld } from './service-world.ts';

/** Something that happens to a service. Says in words what. */
export interface Trouble {
  readonly name: string;
  readonly happen: (world: ServiceWorld, servers: readonly Server[]) => string;
}

/** Any server, or one that has a role: most of them wait, as a rule, for one that has. */
function anyServer({ random }: ServiceWorld, servers: readonly Server[]): Server {
  const atWork = servers.filter(({ running }) =>
    [...(running?.standings.all().values() ?? [])].some(
      ({ kind }) => kind === 'following' || kind === 'behind',
    ),
  );
  return random.pick(atWork.length > 0 && random.chance(0.8) ? atWork : servers);
}

const isKilled: Trouble = {
  name: 'a server is killed',
  happen: (world, servers) => {
    const server = anyServer(world, servers);
    server.kill();
    return server.name;
  },
};

const isToldToEnd: Trouble = {
  name: 'a server is told to end',
  happen: (world, servers) => {
    const server = anyServer(world, servers);
    void server.end();
    return server.name;
  },
};

function standsStill(kind: Standstill): Trouble {
  return {
    name: `a server is ${kind}, past its lease or not`,
    happen: (world, servers) => {
      const server = anyServer(world, servers);
      const life = server.running?.life;
      if (life === undefined) return `${server.name} does not run`;
      const forMs = world.random.pick([0.5, 1.5, 2, 3]) * leaseMs;
      life.stand(kind);
      void world.estate.clock.sleep(forMs).then(() => {
        life.resume();
      });
      return `${server.name} for ${String(forMs)} ms`;
    },
  };
}

function isCutOff(...from: (typeof outsides)[number][]): Trouble {
  return {
    name: `a server is cut off from ${from.join(' and ')}`,
    happen: (world, servers) => {
      const server = anyServer(world, servers);
      const forMs = world.random.below(4 * leaseMs);
      for (const outside of from) server.running?.life.cutOff(outside, forMs);
      return `${server.name} for ${String(forMs)} ms`;
    },
  };
}

function clockSteps(name: string, stepsMs: readonly number[]): Trouble {
  return {
    name: `a clock steps ${name}`,
    happen: (world, servers) => {
      const server = world.random.pick(servers);
      const stepMs = world.random.pick(stepsMs);
      server.clockSetting.aheadMs += stepMs;
      return `${server.name} by ${String(stepMs)} ms`;
    },
  };
}

/** Something of the outside that is away for a while. */
function isAway(name: string, of: (world: ServiceWorld) => { isAway: boolean }): Trouble {
  return {
    name: `${name} away`,
    happen: (world) => {
      const place = of(world);
      const forMs = world.random.below(3 * leaseMs);
      place.isAway = true;
      void world.estate.clock.sleep(forMs).then(() => {
        place.isAway = false;
      });
      return `for ${String(forMs)} ms`;
    },
  };
}

const streamLosesItsTail: Trouble = {
  name: 'the stream loses what it took last',
  happen: ({ broker, random }) => {
    const lost = 1 + random.below(5);
    broker.lose(lost);
    return String(lost);
  },
};

const streamGoes: Trouble = {
  name: 'somebody removes the stream',
  happen: ({ broker }) => {
    broker.remove();
    return '';
  },
};

const streamIsForked: Trouble = {
  name: 'somebody else writes to the stream',
  happen: ({ broker }) => {
    broker.fork();
    return '';
  },
};

const leaderIsBehind: Trouble = {
  name: 'who leads the stream is behind',
  happen: ({ broker, random, estate }) => {
    broker.behind = 1 + random.below(4);
    void estate.clock.sleep(random.below(4_000)).then(() => {
      broker.behind = 0;
    });
    return String(broker.behind);
  },
};

const receiverTurns: Trouble = {
  name: 'a receiver turns',
  happen: ({ receivers, random, coverage, estate }) => {
    const receiver = random.pick(receivers);
    receiver.mood = random.pick(moods);
    coverage.note(`a receiver: ${receiver.mood}`);
    void estate.clock.sleep(random.below(4 * leaseMs)).then(() => {
      receiver.mood = 'well';
    });
    return `${receiver.name} is ${receiver.mood}`;
  },
};

const receiverRefuses: Trouble = {
  name: 'a receiver refuses an entry',
  happen: ({ receivers, random }) => {
    const receiver = random.pick(receivers);
    const seq = receiver.next + random.below(3);
    receiver.refuse(seq);
    return `${receiver.name}: ${String(seq)}`;
  },
};

const isWishedAgain: Trouble = {
  name: 'somebody wishes that a sink is delivered again',
  happen: ({ receivers, random }, servers) => {
    const receiver = random.pick(receivers);
    const server = random.pick(servers);
    const noted = server.disk.noted.get(receiver.name);
    if (noted === undefined) return 'nothing was delivered yet';
    const from = random.below(noted.seq + 1);
    server.disk.wished.set(receiver.name, from);
    return `${receiver.name} from ${String(from)} on, at ${server.name}`;
  },
};

function ofEstate({ name, happen }: typeof hostLeaves): Trouble {
  return { name, happen: (world) => happen(world.estate) };
}

/** All kinds of trouble. Each comes once before any comes again. */
export const troubles: readonly Trouble[] = [
  ...[isKilled, isKilled, isToldToEnd],
  ...[standsStill('stopped'), standsStill('stopped'), standsStill('suspended')],
  ...outsides.filter((outside) => outside !== 'disk').map((outside) => isCutOff(outside)),
  isCutOff('leases', 'broker'),
  clockSteps('forward', [200, 3_000, 60_000, 400_000]),
  clockSteps('back', [-200, -3_000, -60_000, -400_000]),
  ...[isAway('the broker', ({ broker }) => broker), isAway('the leases', ({ leases }) => leases)],
  ...[streamLosesItsTail, streamGoes, streamIsForked, leaderIsBehind],
  ...[receiverTurns, receiverTurns, receiverTurns, receiverRefuses, isWishedAgain],
  ...[ofEstate(hostLeaves), ofEstate(hostLeaves), ofEstate(hostsReturn)],
];

/** What is asked by servers, in pairs with how it fails. */
export const armable = [
  'append',
  'publish',
  'get',
  'put',
  'change of a host',
  'delivery',
  'note of a cursor',
].flatMap((what) =>
  (['not-done', 'done-but-reported-failed', 'crash-before', 'crash-after'] as const).map((mishap) => ({
    what,
    mishap,
  })),
);

/** Before which calls a server may stand still: until another one has taken over, as a rule, and done what this one is about to do. */
export const stoppable: readonly string[] = [
  ...['append RoleTaken', 'append RoleTaken', 'append ChangePlanned', 'append ChangeApplied', 'append Grant'],
  ...[
    'change of a host',
    'change of a host',
    'change of a host',
    'publish',
    'put',
    'delivery',
    'note of a cursor',
  ],
];
