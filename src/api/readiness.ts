import { z } from 'zod';
import { defined } from '../../events/codec/defined.ts';
import type { RoleStandings, RoleStanding } from '../serve/states.ts';

const failure = z.object({ code: z.string(), words: z.string() });

const standing = z.discriminatedUnion('state', [
  z.object({ state: z.literal('waiting'), holder: z.string() }),
  z.object({ state: z.enum(['starting', 'ended']) }),
  z.object({ state: z.literal('following'), seq: z.int() }),
  z.object({
    state: z.literal('behind'),
    seq: z.int(),
    entries: z.int(),
    seconds: z.number(),
    why: failure.optional(),
    waitsFor: z
      .object({ what: z.string(), since: z.string() })
      .meta({ description: 'What it waits for, and since when.' })
      .optional(),
  }),
  z.object({ state: z.literal('restarting'), why: failure, times: z.int() }),
  z.object({ state: z.literal('stopped'), why: failure }),
]);

/** Whether all roles of this process do what they are for, how each one stands, and why the ledger cannot be read if it cannot. */
export const readiness = z.object({
  ready: z.boolean(),
  ledger: failure.optional(),
  roles: z.record(z.string(), standing),
});
export type Readiness = z.infer<typeof readiness>;

/**
 * How each role of this process stands. A role that another process has is in good hands, and one that is behind is at work: neither
 * keeps a process from being ready. A ledger that cannot be read does.
 */
export function readinessOf(standings: RoleStandings): Readiness {
  const all = [...standings.all()];
  const ledger = standings.ledgerFailure;
  return {
    ready: ledger === undefined && all.every(([, standing]) => isSound(standing)),
    ...defined({ ledger }),
    roles: Object.fromEntries(all.map(([role, { kind, ...more }]) => [role, shown(kind, more)])),
  };
}

function shown(state: RoleStanding['kind'], more: object): z.infer<typeof standing> {
  return standing.parse({ state, ...more });
}

function isSound({ kind }: RoleStanding): boolean {
  switch (kind) {
    case 'waiting':
    case 'following':
    case 'behind':
      return true;
    case 'starting':
    case 'ended':
    case 'restarting':
    case 'stopped':
      return false;
  }
}
