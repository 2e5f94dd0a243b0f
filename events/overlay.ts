import { z } from 'zod';
import { digest, hostName, instant, name } from './names.ts';
import { overlayObject } from './overlay-objects.ts';

/**
 * A shard's next set of overlay objects, as the difference from the one planned before it. `plan` counts from 1 in
 * each shard; the set before plan 1 is empty. `basis` is the seq whose estate the plan carries out. Digests are of the
 * whole sets (digestOfObjects). A large plan is several events of one batch, each holding a part of `put` and `removed`.
 */
export const changePlanned = z.strictObject({
  shard: name,
  plan: z.int().min(1),
  basis: z.int().min(0),
  put: z.array(overlayObject),
  removed: z.array(z.string()),
  before: digest,
  after: digest,
});

/**
 * A host of the shard holds the set of `plan`: after the change, `digest` was read back from the host's mark, and what the
 * change touched from the host itself. What somebody else changes beside it is found when the whole host is read: `seenWhole` is the
 * last instant, in the run that drove it, at which the whole host was seen to hold what it was to hold, or was given the whole
 * set; null if nothing but its mark was read.
 */
export const changeApplied = z.strictObject({
  shard: name,
  host: hostName,
  plan: z.int().min(1),
  digest,
  seenWhole: instant.nullable(),
  evidence: z.strictObject({ driver: name, objects: z.int().min(0) }),
});

/**
 * A host refused or could not take the set of `plan`: it is in any state from its last acknowledged to this one. `holds`
 * is the plan that the host says it holds, where that is one that this ledger does not have: a later one, or another one of
 * that number.
 */
export const changeFailed = z.strictObject({
  shard: name,
  host: hostName,
  plan: z.int().min(1),
  problem: z.string(),
  holds: z.int().min(1).optional(),
});

/** A host that was retired from its shard holds nothing any longer: `digest` is that of the empty set, as read back. */
export const hostCleared = z.strictObject({
  shard: name,
  host: hostName,
  digest,
  evidence: z.strictObject({ driver: name, objects: z.int().min(0) }),
});

/**
 * The shard's applier keeps, but for quarantine, to the estate as of `seq` judged at `time`, until the shard is resumed.
 * `acceptedExposure` says how many connections that opened beyond what was authorised when it was recorded, and that this
 * was accepted.
 */
export const shardHeld = z.strictObject({
  shard: name,
  seq: z.int().min(-1),
  time: instant,
  acceptedExposure: z.int().min(1).optional(),
});
export const shardResumed = z.strictObject({ shard: name });
