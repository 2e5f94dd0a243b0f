import { z } from 'zod';
import type { RoleHolder } from '../port.ts';

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

export function holderOf(lease: LeaseText | undefined): RoleHolder | undefined {
  return lease && { pid: lease.pid, host: lease.host, since: lease.since };
}
