import { z } from 'zod';
import { aboutObserved } from './about.ts';
import type { EventKind } from './event-kind.ts';
import { digest, end, holderOf, hostName, instant, name } from './names.ts';
import { overlayObject } from './overlay-objects.ts';

/**
 * A host was read, and differs from its acknowledgement of `plan` (0: it was to hold nothing), whose set has the
 * digest `expected`. `found` is `nothing`, `unreadable` (with the `problem` in words), `foreign` (another ledger's objects;
 * `problem` names that ledger) or `objects`. For `objects`, `digest` is of the whole set found, which differs from the
 * acknowledged one by `put` and `removed`. A large difference is several events of one batch, each with a part of both.
 */
export const driftDetected = z.strictObject({
  shard: name,
  host: hostName,
  plan: z.int().min(0),
  expected: digest,
  found: z.enum(['nothing', 'unreadable', 'foreign', 'objects']),
  problem: z.string().optional(),
  digest: digest.optional(),
  put: z.array(overlayObject),
  removed: z.array(z.string()),
});

/**
 * The host holds the set of `plan` again: `digest` was read back from it, and `seenWhole` is when that was seen of the whole host,
 * or the whole set given to it (null in entries that did not say so yet).
 */
export const driftCorrected = z.strictObject({
  shard: name,
  host: hostName,
  plan: z.int().min(0),
  digest,
  seenWhole: instant.nullable(),
});

/**
 * What dropped packets: `default`, since no grant allows them between two ends that know of each other; `quarantine`;
 * `no-address`, since the sender finds nobody at the address that they were sent to.
 */
const droppedBy = z.enum(['default', 'quarantine', 'no-address']);

/**
 * Of a host, its counters of dropped packets that grew: by `packets` to `total`, between `since` and `readAt`. `from` and `to` are
 * null where a counter does not tell that end: a quarantine counts by the end that it cuts off, and an address that is nobody's
 * has no end. `since` is when the counters of the host were observed before; null where they never were. A counter that is lower than
 * it was began anew, and all of it counts; what it counted in between, and lost, is told by nobody. Many counters are several events
 * of one batch.
 */
const dropsObserved = z.strictObject({
  shard: name,
  host: hostName,
  readAt: instant,
  since: instant.nullable(),
  drops: z
    .array(
      z.strictObject({
        from: end.nullable(),
        to: end.nullable(),
        by: droppedBy,
        packets: z.int().min(1),
        total: z.int().min(1),
      }),
    )
    .min(1),
});

export const dropsRow: EventKind<z.infer<typeof dropsObserved>> = {
  version: 1,
  meaning:
    'Counters of dropped packets grew on a host: somebody sent what nobody granted, or what is cut off.',
  schema: dropsObserved,
  ...aboutObserved,
};

/** Which packets a counter counts: by their ends, as far as it tells them, and by what dropped them. */
export type DropsBetween = Pick<z.infer<typeof dropsObserved>['drops'][number], 'from' | 'to' | 'by'>;

/** The tenants and externals between which packets were dropped, as far as the counters tell. */
export function holdersIn({ drops }: Pick<z.infer<typeof dropsObserved>, 'drops'>): ReadonlySet<string> {
  return new Set(drops.flatMap(({ from, to }) => [from ?? [], to ?? []].flat().map(holderOf)));
}

/** A text that tells the counters of a host apart. */
export function dropsKey({ from, to, by }: DropsBetween): string {
  return `${by} ${from ?? '*'} ${to ?? '*'}`;
}
