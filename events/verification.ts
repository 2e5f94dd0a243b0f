import { z } from 'zod';
import type { EventKind } from './event-kind.ts';
import { end, holderOf, instant, tenantOf } from './names.ts';

/**
 * The entry that began or ended something (the last one of its batch), or the clock alone: a time bound or a limit that ran out, which
 * has no entry.
 */
const cause = z.strictObject({
  seq: z.int().min(0).nullable(),
  id: z.string().min(1).max(100).nullable(),
  type: z.string().min(1).max(100),
  time: instant,
});

const port = z.int().min(0).max(65_535);

/** One packet that shows a violation. An address is null where an end has none. Only tcp, udp and sctp have ports. */
const witness = z.strictObject({
  src: z.string().min(1).max(50).nullable(),
  dst: z.string().min(1).max(50).nullable(),
  protocol: z.string().min(1).max(20),
  srcPort: port.optional(),
  dstPort: port.optional(),
});

const pair = { from: end, to: end };

/** What a violation is against, the gravest first. */
export const violationKinds = ['isolation', 'airgap', 'classification'] as const;
export type ViolationKind = (typeof violationKinds)[number];

const violation = {
  kind: z.enum(violationKinds),
  ...pair,
  openedBy: cause,
};

/** The most rules that an entry names: a packet needs few, and an entry has to stay small. */
export const violationRulesMax = 100;

/**
 * By what hosts acknowledged, `from` could reach `to` otherwise than both authorised, since `openedBy`. Two violations are the same one
 * if kind, ends and `openedBy` are: it is recorded once. `former` is null, or the ends as whom the packet passes, where a port had another
 * holder. `rules` are ids of acls, or keys of bindings, that let the packet through; of a violation by rules alone, ids of these.
 */
const isolationViolated = z.strictObject({
  ...violation,
  former: z.strictObject(pair).nullable(),
  witness,
  rules: z.array(z.string().min(1).max(400)).max(violationRulesMax),
});

/**
 * A violation that an entry tells of (`violation`: its seq) is over, by `closedBy`. Null: nothing ended it; judged anew, by another
 * version of the verifier or after a clock was set back, there is no such violation.
 */
const isolationRestored = z.strictObject({
  violation: z.int().min(0),
  ...violation,
  closedBy: cause.nullable(),
});

type ViolationNamed = Pick<z.infer<typeof isolationViolated>, 'kind' | 'from' | 'to' | 'openedBy'>;

/** A text that tells violations apart. */
export function violationKey({ kind, from, to, openedBy }: ViolationNamed): string {
  return `${kind} ${from} ${to} ${openedBy.seq === null ? openedBy.time : String(openedBy.seq)}`;
}

/** The tenant that is reached; where that is an external, the one that reaches it. */
export function tenantReached({ from, to }: Pick<ViolationNamed, 'from' | 'to'>): string | undefined {
  return tenantOf(to) ?? tenantOf(from);
}

/** The tenants and externals at both ends of a violation, and those as whom its packet passes. */
export function holdersOfPair({
  from,
  to,
  former,
}: Pick<ViolationNamed, 'from' | 'to'> & {
  readonly former?: { readonly from: string; readonly to: string } | null;
}): ReadonlySet<string> {
  return new Set([from, to, former?.from ?? [], former?.to ?? []].flat().map(holderOf));
}

const aboutViolation = {
  subject: (): string => 'verify',
  tenant: (data: Pick<ViolationNamed, 'from' | 'to'>): string | undefined => tenantReached(data),
};

/** The rows of the catalogue. */
export const violatedRow: EventKind<z.infer<typeof isolationViolated>> = {
  version: 1,
  meaning: 'By what hosts acknowledged, one end can reach another one otherwise than both authorised.',
  schema: isolationViolated,
  ...aboutViolation,
  effectiveAt: ({ openedBy }) => openedBy.time,
};
export const restoredRow: EventKind<z.infer<typeof isolationRestored>> = {
  version: 1,
  meaning: 'A violation of isolation is over.',
  schema: isolationRestored,
  ...aboutViolation,
  effectiveAt: ({ closedBy, openedBy }) => (closedBy ?? openedBy).time,
};
