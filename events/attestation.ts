import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { digest, end, holderOf, instant } from './names.ts';

/** A moment of a ledger: the last entry that counts there (-1 before the first one), and the time at which it is judged. */
const moment = z.strictObject({ seq: z.int().min(-1), time: instant });

/** An instant as it is asked about. `now` is the time of the last entry that was known. */
const instantAsked = z.union([instant, z.string().regex(/^seq:(0|[1-9]\d{0,14})$/), z.literal('now')]);

/** An instant, or an interval; `from` is null for one that begins with the ledger. */
const timeAsked = z.union([
  z.strictObject({ at: instantAsked }),
  z.strictObject({ from: instantAsked.nullable(), to: instantAsked }),
]);

/**
 * Somebody asked whether isolation held, and says what the answer was. The question names no moment of whoever asked, so that anybody who
 * has the entries up to `knownAt` (`size` of them, with `root`) can ask it again: `answer` is the digest of the whole answer, and comes out
 * the same. `from` and `to` are the moments that `asked` comes to. `tenant` and `peer` are null where it is about everyone. `engine` is the
 * digest of the code that judged: another engine may come to the same answer, and is expected to.
 */
const isolationAttested = z.strictObject({
  lane: z.enum(['intended', 'applied', 'observed']),
  tenant: end.nullable(),
  peer: end.nullable(),
  asked: timeAsked,
  from: moment,
  to: moment,
  knownAt: moment,
  size: z.int().min(1),
  root: digest,
  verdict: z.enum(['proven', 'violated', 'unknown']),
  findings: z.int().min(0),
  gaps: z.int().min(0),
  answer: digest,
  engine: digest,
});

export type Attestation = z.infer<typeof isolationAttested>;

/** The tenants and externals that an attestation is about; nobody by name where it is about everyone. */
export function holdersAttested({ tenant, peer }: Pick<Attestation, 'tenant' | 'peer'>): ReadonlySet<string> {
  return new Set([tenant, peer].flatMap((one) => (one === null ? [] : [holderOf(one)])));
}

/** The row of the catalogue. It is of no tenant: what it tells is somebody's word about one, or about all. */
export const attestedRow: EventKind<Attestation> = {
  version: 1,
  meaning: 'Somebody attests what the verifier answers about isolation, so that anybody can ask it again.',
  schema: isolationAttested,
  subject: () => 'verify',
};
