import { openLog, urlOf } from './event-store.ts';
import type { EventStore, EventStoreOptions } from './event-store.ts';
import { Member } from './member.ts';
import type { Standing } from './member.ts';
import type { MemberState } from './server-context.ts';

export interface ClusterOptions extends Omit<EventStoreOptions, 'port'> {
  /** One for each member; three free ones if left out. */
  readonly ports?: readonly number[];
  /**
   * What a follower does with a write that does not ask for the leader: the real one hands it on to the leader, but
   * for a read-only replica, which refuses it, as all do here unless they are told otherwise.
   */
  readonly followers?: Standing['followers'];
}

export interface Cluster {
  /** Stopping one of them leaves the others; the data belong to all. */
  readonly members: readonly EventStore[];
  /** A connection string for the client, with which it finds the leader. */
  readonly url: string;
  /** The first one leads until told otherwise; `undefined` for none, as during an election. */
  setLeader(index: number | undefined): void;
  stop(): Promise<void>;
}

/** Starts servers over the same data, of which one leads. A member that is killed stays the leader until told otherwise. */
export async function startEventStoreCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const log = openLog(options);
  const members: Member[] = [];
  let leading: number | undefined = 0;
  const states = (): MemberState[] =>
    members.map((member, index) => ({ ...member.state, leading: index === leading }));
  const standing: Standing = {
    members: states,
    leader: () => states().find((state) => state.leading),
    followers: options.followers ?? 'refuse',
  };
  for (const port of options.ports ?? [0, 0, 0])
    members.push(await Member.start(log, { ...options, port }, standing));
  return {
    members: members.map((member) => ({
      port: member.port,
      url: urlOf([member], options),
      faults: member.faults,
      stop: () => member.stop(),
      kill: () => {
        member.kill();
      },
    })),
    url: urlOf(members, options),
    setLeader: (index) => {
      leading = index;
    },
    stop: async () => {
      await Promise.all(members.map((member) => member.stop()));
      log.close();
    },
  };
}
