import { z } from 'zod';
import type { LapsedHolder, RoleHolder } from '../port.ts';

const leaseSchema = z.object({
  v: z.literal(1),
  pid: z.int(),
  host: z.string(),
  since: z.string(),
  /** Of one taking: a process that lost the answer to its write finds itself by it. */
  token: z.string(),
  /** How long the lease lasts unless it is written again. Those who wait for it count by this. */
  ttlMs: z.int().min(1),
  /** False once it was given back. */
  held: z.boolean(),
  /** Those from whom it was taken since it ran out. Earlier versions write none. */
  lapsed: z.array(z.object({ pid: z.int(), host: z.string(), at: z.string() })).exactOptional(),
});

/** What a holder writes of its lease. */
export type LeaseText = z.infer<typeof leaseSchema>;

/** What a text says; undefined for one that no version of this program wrote. */
export function readLease(text: string): LeaseText | undefined {
  try {
    return leaseSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** How many of those who let a lease run out are known of. Most of them have ended. */
const lapsedMax = 16;

/** Those who let a lease run out, once a holder takes it that is not among them any more. */
export function lapsedBefore(found: LeaseText | undefined, { pid, host, since }: RoleHolder): LapsedHolder[] {
  if (found === undefined) return [];
  const { lapsed = [], held } = found;
  const all = held ? [...lapsed, { pid: found.pid, host: found.host, at: since }] : lapsed;
  return all.filter((one) => one.pid !== pid || one.host !== host).slice(-lapsedMax);
}

export function holderOf(lease: LeaseText | undefined): RoleHolder | undefined {
  return lease && { pid: lease.pid, host: lease.host, since: lease.since };
}
