import { EventLog } from './event-log.ts';
import { FileJournal } from './file-journal.ts';
import type { FaultScript } from './faults.ts';
import { Member } from './member.ts';
import type { MemberOptions, Standing } from './member.ts';

export interface EventStoreOptions extends MemberOptions {
  /** Where appends are kept, across restarts; in memory if left out. */
  readonly folder?: string;
}

/** A server that speaks EventStoreDB's protocol, for tests. */
export interface EventStore {
  readonly port: number;
  /** A connection string for the client. */
  readonly url: string;
  /** What goes wrong next. */
  readonly faults: FaultScript;
  stop(): Promise<void>;
  /** Drops all connections at once, without an answer, as when the process is killed. */
  kill(): void;
}

/** Starts a server that is alone in its cluster. It listens when this resolves. */
export async function startEventStore(options: EventStoreOptions = {}): Promise<EventStore> {
  const log = openLog(options);
  const alone: Standing = {
    members: () => [leader()],
    leader: () => leader(),
    followers: 'refuse',
  };
  const member = await Member.start(log, options, alone);
  const leader = (): ReturnType<Standing['members']>[number] => ({ ...member.state, leading: true });
  return {
    port: member.port,
    url: urlOf([member], options),
    faults: member.faults,
    stop: async () => {
      await member.stop();
      log.close();
    },
    kill: () => {
      member.kill();
      log.close();
    },
  };
}

export const openLog = ({ folder }: EventStoreOptions): EventLog =>
  new EventLog(folder === undefined ? undefined : new FileJournal(folder));

export const urlOf = (members: readonly Member[], { tls }: MemberOptions): string =>
  `esdb://${members.map((member) => member.address).join(',')}?tls=${tls !== undefined}`;
