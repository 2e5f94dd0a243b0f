import { NatsError, StorageType, StringCodec, type KV, type NatsConnection } from 'nats';
import { natsReason, requestMs } from '../../runtime/nats-connection.ts';
import { RolesUnavailable } from '../faults.ts';

/** What stands under a role's key. */
export interface StoredLease {
  readonly text: string;
  /** The number of the write. The next one names it, and is refused where another came between. */
  readonly revision: number;
  /** By the server's clock. */
  readonly writtenAt: Date;
}

/** Where leases are kept: a text under each key, written only by who saw the last one. */
export interface LeaseStore {
  /** Undefined for a key that was never written. Throws RolesUnavailable. */
  get(key: string): Promise<StoredLease | undefined>;
  /**
   * Writes, if `after` (0 for none) is the last revision: the new one, or undefined where it is not. Throws RolesUnavailable; the
   * text may then come to stand there all the same, for as long as `after` is the last.
   */
  put(key: string, text: string, after: number): Promise<number | undefined>;
  /** Every key that was ever written. Makes nothing. Throws RolesUnavailable. */
  keys(): Promise<readonly string[]>;
}

export interface BucketOptions {
  readonly connection: () => Promise<NatsConnection>;
  readonly ledgerId: string;
  readonly replicas: number;
}

const codec = StringCodec();

/** `10071`: the last sequence is another than was expected. */
const wrongLastSequence = 10_071;

/**
 * Leases in a key-value bucket of JetStream, one for each ledger. It is made when the first role is taken, and again once the servers
 * have lost it.
 */
export function bucketOfLeases({ connection, ledgerId, replicas }: BucketOptions): LeaseStore {
  const bucket = `ISOLEDGER_${ledgerId}_ROLES`;
  let opened: { of: NatsConnection; kv: KV } | undefined;

  async function open(): Promise<KV> {
    const of = await connection();
    if (opened?.of === of) return opened.kv;
    // Nothing expires by itself: each replica would forget a key by its own clock, and they would part over who came in time.
    // Only the leader is asked, since another replica may be behind.
    const limits = { history: 1, ttl: 0, replicas, storage: StorageType.File, allow_direct: false } as const;
    const kv = await of.jetstream({ timeout: requestMs }).views.kv(bucket, limits);
    opened = { of, kv };
    return kv;
  }

  return {
    get: (key) =>
      unlessUnavailable(async () => {
        const entry = await (await open()).get(encoded(key));
        if (entry === null) return undefined;
        return { text: codec.decode(entry.value), revision: entry.revision, writtenAt: entry.created };
      }),
    put: (key, text, after) =>
      unlessUnavailable(async () => {
        try {
          return await (await open()).put(encoded(key), codec.encode(text), { previousSeq: after });
        } catch (error) {
          if (errorCode(error) === wrongLastSequence) return undefined;
          // Servers that lost what they stored come back without the bucket, to the same connection. Nobody who holds a lease makes
          // it anew: that is for whoever takes one.
          if (after === 0) opened = undefined;
          throw error;
        }
      }),
    keys: () => unlessUnavailable(async () => keysIn(await connection(), bucket)),
  };
}

/** A dot parts the words of a subject; a role's name may hold several, or end in one. */
function encoded(key: string): string {
  return key.replaceAll('.', '=2E');
}

async function keysIn(connection: NatsConnection, bucket: string): Promise<string[]> {
  const manager = await connection.jetstreamManager({ timeout: requestMs });
  const prefix = `$KV.${bucket}.`;
  try {
    const { state } = await manager.streams.info(`KV_${bucket}`, { subjects_filter: `${prefix}>` });
    return Object.keys(state.subjects ?? {}).map((subject) =>
      subject.slice(prefix.length).replaceAll('=2E', '.'),
    );
  } catch (error) {
    if (errorCode(error) === noSuchStream) return [];
    throw error;
  }
}

const noSuchStream = 10_059;

async function unlessUnavailable<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new RolesUnavailable(
      `leases cannot be looked at or taken (${natsReason(cause)}): see the NATS servers`,
      {
        cause,
      },
    );
  }
}

function errorCode(error: unknown): number | undefined {
  return error instanceof NatsError ? error.api_error?.err_code : undefined;
}
