import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from 'nats';
import { entrySubjects, streamName } from './names.ts';

export interface StreamSettings {
  /** How many servers keep each message. */
  readonly replicas: number;
  /** How long messages are kept; left out: for ever. */
  readonly maxAgeDays?: number | undefined;
}

const nanosecondsOfDay = 24 * 60 * 60 * 1_000_000_000;

/** A message that comes a second time within two minutes is answered as the first was. Beyond that its number tells. */
const duplicateWindow = 120 * 1_000_000_000;

/**
 * The settings of a ledger's stream. Neither the first two can be taken back (tried: errors 10052, 10057, 10110), nor is anything
 * ever removed to make room: a stream that is full refuses what comes, and the publisher waits.
 */
export function configFor(ledgerId: string, { replicas, maxAgeDays }: StreamSettings): WantedConfig {
  return {
    name: streamName(ledgerId),
    deny_delete: true,
    deny_purge: true,
    subjects: [entrySubjects(ledgerId)],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    max_age: maxAgeDays === undefined ? 0 : maxAgeDays * nanosecondsOfDay,
    max_msgs: -1,
    max_bytes: -1,
    max_msg_size: -1,
    max_msgs_per_subject: -1,
    duplicate_window: duplicateWindow,
    sealed: false,
    allow_rollup_hdrs: false,
  };
}

type WantedConfig = Pick<
  StreamConfig,
  | ('name' | 'deny_delete' | 'deny_purge' | 'subjects' | 'storage' | 'retention' | 'discard')
  | ('num_replicas' | 'max_age' | 'max_msgs' | 'max_bytes' | 'max_msg_size' | 'max_msgs_per_subject')
  | ('duplicate_window' | 'sealed' | 'allow_rollup_hdrs')
>;

/** A person may give a stream a bound: it is full sooner then, and nothing else. */
const mayBeBound: readonly string[] = ['max_msgs', 'max_bytes'];

/** How a stream that is there differs from what a mirror needs, in words; empty if it does not. */
export function differencesOf(found: StreamConfig, wanted: WantedConfig): string[] {
  const has = new Map<string, unknown>(Object.entries(found));
  const settings = Object.entries(wanted).filter(([key]) => !mayBeBound.includes(key));
  const differences = settings.flatMap(([key, value]) => {
    const there = has.get(key) ?? false;
    if (JSON.stringify(there) === JSON.stringify(value)) return [];
    return [`${key} is ${JSON.stringify(there)}, not ${JSON.stringify(value)}`];
  });
  const others = ['mirror', 'sources', 'republish'].filter((key) => has.get(key) !== undefined);
  return [...differences, ...others.map((key) => `it has a ${key}`)];
}
