import type { DomainEvent } from '../../../events/catalogue.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { copyIntended, foldIntended, type Intended } from '../../../projections/intended/intended.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import { estateOf, town } from '../../support/documents.ts';

const policies = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }], qos: { egress: 1Gbps } }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }], egress: [{ destination: internet, segment: web, guard: G, ports: [443] }], qos: { egress: 2Gbps, ingress: 1Gbps } }
`;

const letsIn = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }, { source: internet, guard: G, ports: [443] }] }
`;

/**
 * The town before anybody may talk to anybody; with its policies; with one that lets the internet in; with somebody in quarantine above
 * the first ones.
 */
export type TownState = 'closed' | 'open' | 'internet let in' | keyof typeof quarantines;

/** The quarantine of each state of the town: of acme, of its segment web, of the internet. */
const quarantines = {
  cut: { type: 'TenantQuarantined', data: { tenant: 'acme' } },
  'segment cut': { type: 'SegmentQuarantined', data: { tenant: 'acme', segment: 'web' } },
  'external cut': { type: 'ExternalQuarantined', data: { external: 'internet' } },
} as const satisfies Record<string, DomainEvent>;

/** Which shard each host of the town belongs to. */
export const hostsOfTown = [
  { shard: 'shard-1', host: 'hv-1' },
  { shard: 'shard-1', host: 'hv-2' },
  { shard: 'shard-2', host: 'hv-3' },
  { shard: 'shard-2', host: 'hv-4' },
] as const;

/** What a shard's hosts are to hold for a state of the town. Sets of `open` and `cut` have an object of each kind. */
export async function objectsFor(state: TownState, shard = 'shard-1'): Promise<OverlayObject[]> {
  return desiredObjects(await intendedOf(state), { shard, at: '2026-03-01T00:00:00.000Z' });
}

const known = new Map<TownState, Promise<Intended>>();

/** Each state of the town is decided once in a run of the tests. */
function intendedOf(state: TownState): Promise<Intended> {
  const intended = known.get(state) ?? decided(state);
  known.set(state, intended);
  return intended;
}

async function decided(state: TownState): Promise<Intended> {
  if (state === 'closed') return estateOf(town);
  if (state === 'internet let in') return estateOf(town, letsIn);
  const open = await estateOf(town, policies);
  if (state === 'open') return open;
  const cut = copyIntended(open);
  foldIntended(cut, quarantines[state]);
  return cut;
}
