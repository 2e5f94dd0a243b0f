import { z } from 'zod';
import { digest, hostName, instant, name } from './names.ts';
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
