import { describe, expect, it } from 'vitest';
import type { Intended } from '../../../projections/intended/intended.ts';
import { quarantinedNames } from '../../../projections/intended/quarantine.ts';
import type { Decision } from '../../../src/domain/decide.ts';
import type { Prune } from '../../../src/domain/prune.ts';
import { decideOn, estateOf, town } from '../../support/documents.ts';

type Accepted = Decision & { kind: 'accepted' };

/** Policies by which acme and globex have to do with each other and with an external. */
const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex/app }], egress: [{ destination: partner }] }
`;

/** The town's documents but those whose text matches one of the patterns. */
function without(...patterns: readonly RegExp[]): string {
  return town
    .split('---')
    .filter((text) => !patterns.some((pattern) => pattern.test(text)))
    .join('---');
}

const ofAcme = /tenant: acme\b/;
const ofGlobex = /tenant: globex\b/;
const ofVault = /tenant: vault\b/;
const endpoints = (tenant: RegExp): RegExp => new RegExp(`kind: Endpoints[^]*${tenant.source}`);
const declaration = (tenant: RegExp): RegExp => new RegExp(`kind: Tenant[^]*${tenant.source}`);

interface On {
  readonly intended?: Intended;
  readonly prune?: Prune;
  readonly occupied?: Set<number>;
}

async function accept(yaml: string, { prune = 'all', ...on }: On): Promise<Accepted> {
  const decision = await decideOn(yaml, { prune, ...on });
  if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems, null, 1));
  return decision;
}

/** What is said against a folder, as `kind name path: message`. */
async function complaints(yaml: string, { prune = 'all', ...on }: On): Promise<string[]> {
  const decision = await decideOn(yaml, { prune, ...on });
  if (decision.kind === 'accepted') throw new Error('accepted');
  return decision.problems.map(({ kind, at, message }) => {
    const steps = at.path.filter((step) => !/^[0-9a-f]{24}$/.test(step));
    return `${kind} ${[at.kind, at.name, ...steps].join(' ')}: ${message}`;
  });
}

function typesOf({ events }: Accepted): string[] {
  return events.map(({ type }) => type);
}

function removedBy({ changes }: Accepted): string[] {
  return changes
    .filter(({ change }) => change === 'removed')
    .map(({ kind, name }) => `${kind} ${name}`)
    .sort();
}

describe('removing documents that are gone from the folder', () => {
  it('given no --prune, leaves them in force', async () => {
    const decision = await decideOn(without(ofAcme), { intended: await estateOf(town) });
    expect(decision).toMatchObject({ kind: 'accepted', events: [] });
  });

  it('takes what a tenant has before the tenant, and its VNIs too', async () => {
    // Recorded in another order than they go in.
    const [ofOne = '', ofOther = ''] = talk.split('---');
    const intended = await estateOf(town, ofOne, ofOther);
    const decision = await accept(without(ofAcme, ofGlobex), { intended });
    expect(decision.events).toEqual([
      { type: 'PolicyRevoked', data: { tenant: 'acme' } },
      { type: 'PolicyRevoked', data: { tenant: 'globex' } },
      { type: 'EndpointsChanged', data: { tenant: 'acme', put: [], removed: ['db-1', 'web-1'] } },
      { type: 'EndpointsChanged', data: { tenant: 'globex', put: [], removed: ['app-1'] } },
      { type: 'VniReleased', data: { shard: 'shard-1', vni: 5000, segment: 'acme/database' } },
      { type: 'VniReleased', data: { shard: 'shard-1', vni: 5001, segment: 'acme/web' } },
      { type: 'VniReleased', data: { shard: 'shard-2', vni: 6000, segment: 'globex/app' } },
      { type: 'TenantRetired', data: { tenant: 'acme' } },
      { type: 'TenantRetired', data: { tenant: 'globex' } },
    ]);
    expect(removedBy(decision)).toEqual([
      ...['Endpoints acme', 'Endpoints globex'],
      ...['Policy acme', 'Policy globex'],
      ...['Tenant acme', 'Tenant globex'],
    ]);
    const { directory, policies, naming, vnis } = decision.after;
    expect([...directory.tenants.keys()]).toEqual(['vault']);
    expect([directory.services.size, directory.endpoints.size, policies.size]).toEqual([0, 0, 0]);
    expect([...naming.of('acme-api'), ...directory.addresses.of('10.1.0.1')]).toEqual([]);
    expect([...vnis.keys()]).toEqual(['internet', 'vault/safe']);
  });

  it.each<[string, RegExp, string[]]>([
    ['a policy', /kind: Policy, tenant: globex/, ['PolicyRevoked']],
    ['endpoints', endpoints(ofAcme), ['EndpointsChanged']],
    ['a tenant without any', ofVault, ['VniReleased', 'TenantRetired']],
    ['an external without gateway', /external: partner/, ['ExternalRetired']],
    ['an external with a gateway', /external: internet/, ['VniReleased', 'ExternalRetired']],
    ['a host that nothing sits on', /host: hv-4/, ['HostRetired']],
  ])('removes %s', async (_what, gone, types) => {
    const policy = '{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }] }';
    const kept = gone.test(policy) ? without(gone) : `${without(gone)}\n---\n${policy}`;
    const decision = await accept(kept, { intended: await estateOf(town, policy) });
    expect(typesOf(decision)).toEqual(types);
  });

  it('retires hosts before their shard, and the shard keeps what its applier needs to empty them', async () => {
    const intended = await estateOf(town);
    const decision = await accept(without(ofGlobex, ofVault, /shard-2/), { intended });
    expect(typesOf(decision)).toEqual([
      'EndpointsChanged',
      ...['VniReleased', 'VniReleased'],
      ...['TenantRetired', 'TenantRetired'],
      ...['HostRetired', 'HostRetired', 'ShardRetired'],
    ]);
    expect(decision.events.slice(-3)).toEqual([
      { type: 'HostRetired', data: { host: 'hv-3', shard: 'shard-2' } },
      { type: 'HostRetired', data: { host: 'hv-4', shard: 'shard-2' } },
      { type: 'ShardRetired', data: { shard: 'shard-2' } },
    ]);
    expect(decision.after.directory.formerShards.get('shard-2')).toMatchObject({ tunnel: 'geneve' });
  });

  it('says nothing of an inventory that is empty already', async () => {
    const intended = await estateOf(town, '{ kind: Endpoints, tenant: vault, endpoints: [] }');
    expect((await accept(town, { intended })).events).toEqual([]);
    expect((await accept(town, { intended, prune: { tenant: 'vault' } })).events).toEqual([]);
    const retired = await accept(without(ofVault), { intended });
    expect(typesOf(retired)).toEqual(['VniReleased', 'TenantRetired']);
  });

  it('records nothing the second time', async () => {
    const kept = without(ofAcme, /external: partner/);
    const once = await accept(kept, { intended: await estateOf(town) });
    expect(once.events).not.toEqual([]);
    const again = await accept(kept, { intended: once.after });
    expect([again.events, removedBy(again)]).toEqual([[], []]);
  });

  it('changes and adds documents in the same batch', async () => {
    const intended = await estateOf(town, talk);
    const moved = `
${without(ofGlobex, ofAcme)}
---
{ kind: Tenant, tenant: acme, segments: [web, database] }
---
{ kind: Tenant, tenant: initech, segments: [x], services: [{ name: acme-api, segment: x, ports: [443] }] }
---
{ kind: Policy, tenant: acme, egress: [{ destination: acme-api }] }
`;
    const decision = await accept(moved, { intended });
    const changes = decision.changes.filter(({ change }) => change !== 'unchanged');
    expect(changes.map(({ change, kind, name }) => `${change} ${kind} ${name}`).sort()).toEqual([
      ...['added Tenant initech', 'changed Policy acme', 'changed Tenant acme'],
      ...['removed Endpoints acme', 'removed Endpoints globex', 'removed Policy globex'],
      'removed Tenant globex',
    ]);
    expect(decision.after.directory.services.get('acme-api')?.tenant).toBe('initech');
    expect([...decision.after.naming.of('acme-api')]).toEqual(['acme']);
  });

  it('frees a name for another in the same batch', async () => {
    const folder = `${without(/external: partner/, ofVault)}
---
{ kind: External, external: vault, cidrs: [198.51.100.0/24] }
---
{ kind: Tenant, tenant: partner, segments: [one] }
`;
    const decision = await accept(folder, { intended: await estateOf(town) });
    expect(removedBy(decision)).toEqual(['External partner', 'Tenant vault']);
    expect([...decision.after.directory.externals.keys()].sort()).toEqual(['internet', 'vault']);
  });
});

describe("removing one tenant's documents", () => {
  const acme = { tenant: 'acme' };

  it('leaves everyone else alone', async () => {
    const intended = await estateOf(
      town,
      '{ kind: Policy, tenant: acme, egress: [{ destination: partner }] }',
    );
    const decision = await accept('{ kind: Tenant, tenant: late, segments: [one] }', {
      intended,
      prune: acme,
    });
    expect(removedBy(decision)).toEqual(['Endpoints acme', 'Policy acme', 'Tenant acme']);
    expect([...decision.after.directory.tenants.keys()].sort()).toEqual(['globex', 'late', 'vault']);
  });

  it('removes only what is gone of it', async () => {
    const intended = await estateOf(town, talk);
    const decision = await accept(without(ofGlobex), { intended, prune: acme });
    expect(removedBy(decision)).toEqual(['Policy acme']);
    expect(typesOf(decision)).toEqual(['PolicyRevoked']);
  });

  it('asks for nothing where the tenant is not there', async () => {
    const intended = await estateOf(town);
    expect((await accept(town, { intended, prune: { tenant: 'nobody' } })).events).toEqual([]);
  });

  it('looks only at what the tenant has to do with', async () => {
    const decision = await accept(without(ofVault), {
      intended: await estateOf(town),
      prune: { tenant: 'vault' },
    });
    expect(decision.scope).toEqual(new Set(['vault']));
  });
});

describe('what is still in use', () => {
  it('is not removed: a tenant that rules name, by its segment and its service too', async () => {
    const intended = await estateOf(town, talk);
    const said = await complaints(`${without(ofAcme)}\n---\n${talk.split('---')[0] ?? ''}`, { intended });
    expect(said).toEqual([
      'input Policy globex egress destination: Tenant acme is gone from the folder and cannot be removed yet, for it is still in use: by the egress rule of globex to acme-api. Keep the document, or change its users first',
    ]);
    const other = await complaints(without(ofGlobex), { intended, prune: { tenant: 'globex' } });
    expect(other).toEqual([expect.stringContaining('in use: by the ingress rule of acme from globex/app.')]);
  });

  it('is not removed: a tenant that rules name only after the change', async () => {
    const naming = '{ kind: Policy, tenant: acme, ingress: [{ source: vault/safe }] }';
    const said = await complaints(`${without(ofVault)}\n---\n${naming}`, { intended: await estateOf(town) });
    expect(said).toEqual([expect.stringContaining('in use: by the ingress rule of acme from vault/safe.')]);
  });

  it('is removed together with the rules that named it', async () => {
    const intended = await estateOf(town, talk);
    const rest = '{ kind: Policy, tenant: acme, egress: [{ destination: partner }] }';
    const decision = await accept(`${without(ofGlobex)}\n---\n${rest}`, { intended });
    expect(removedBy(decision)).toEqual(['Endpoints globex', 'Policy globex', 'Tenant globex']);
  });

  it('is removed where another takes over the name that rules give', async () => {
    const intended = await estateOf(town, talk);
    const heir =
      '{ kind: Tenant, tenant: heir, segments: [x], services: [{ name: acme-api, segment: x, ports: [443] }] }';
    const kept = `${without(ofAcme)}\n---\n${talk.split('---')[0] ?? ''}\n---\n${heir}`;
    const decision = await accept(kept, { intended });
    expect(removedBy(decision)).toEqual(['Endpoints acme', 'Policy acme', 'Tenant acme']);
    expect(decision.after.directory.services.get('acme-api')?.tenant).toBe('heir');
  });

  it('is not removed: a tenant of which the folder keeps something', async () => {
    const intended = await estateOf(town, talk);
    const policy = '{ kind: Policy, tenant: vault, egress: [] }';
    for (const prune of ['all', { tenant: 'acme' }] as const) {
      const kept = `${without(declaration(ofAcme))}\n---\n${talk}`;
      const said = await complaints(kept, { intended, prune });
      expect(said).toEqual([
        expect.stringMatching(
          /Tenant acme .* in use: by the policy of acme, the endpoints of acme, the egress/,
        ),
      ]);
    }
    const added = await complaints(`${without(ofVault)}\n---\n${policy}`, { intended: await estateOf(town) });
    expect(added).toEqual([expect.stringMatching(/^input Policy vault tenant: .*by the policy of vault\./)]);
  });

  it('is not removed: an external that rules name', async () => {
    const said = await complaints(`${without(/external: partner/)}\n---\n${talk}`, {
      intended: await estateOf(town, talk),
    });
    expect(said).toEqual([expect.stringContaining('External partner is gone')]);
    expect(said).toEqual([expect.stringContaining('by the egress rule of acme to partner.')]);
  });

  it('is not removed: a host with gateways and endpoints on it', async () => {
    const kept = without(/kind: Host, host: hv-1/);
    expect(await complaints(kept, { intended: await estateOf(town) })).toEqual([
      'input External internet gateway host: Host hv-1 is gone from the folder and cannot be removed yet, for it is still in use: by the gateway of internet, endpoint acme/web-1. Keep the document, or change its users first',
    ]);
  });

  it('is not removed: a shard with hosts and tenants on it, by document or by placement', async () => {
    const intended = await estateOf(town);
    const said = await complaints(without(/kind: Shard, shard: shard-2/), { intended });
    expect(said).toEqual([
      'input Host hv-3 shard: Shard shard-2 is gone from the folder and cannot be removed yet, for it is still in use: by host hv-3, host hv-4, tenant globex, tenant vault. Keep the document, or change its users first',
    ]);
  });

  it('names every user', async () => {
    const crowd = Array.from(
      { length: 11 },
      (_, n) => `
{ kind: Tenant, tenant: user-${String(n + 10)}, segments: [s] }
---
{ kind: Policy, tenant: user-${String(n + 10)}, egress: [{ destination: partner, ports: [80] }] }`,
    ).join('\n---');
    const intended = await estateOf(`${town}\n---\n${crowd}`);
    const said = await complaints(`${without(/external: partner/)}\n---\n${crowd}`, { intended });
    expect(said).toEqual([
      expect.stringMatching(
        /in use: by (the egress rule of user-\d\d to partner, ){10}the egress rule of user-20 to partner\./,
      ),
    ]);
  });

  it('may be named by what goes too, and everything may go but one document', async () => {
    const intended = await estateOf(town, talk);
    const decision = await accept('{ kind: Tenant, tenant: last, segments: [one] }', { intended });
    expect(removedBy(decision)).toHaveLength(15);
    expect(decision.after.directory.placements.size).toBe(0);
    expect(decision.after.vnis.size).toBe(0);
  });
});

describe('what was retired', () => {
  it('may be registered again, and begins anew', async () => {
    const intended = await estateOf(town, talk);
    const gone = await accept(without(ofAcme, ofGlobex), { intended });
    const back = await accept(town, { intended: gone.after });
    const types = typesOf(back);
    expect(types.filter((type) => type === 'TenantRegistered')).toHaveLength(2);
    expect(types.filter((type) => type === 'TenantPlaced')).toHaveLength(2);
    expect(back.after.policies.size).toBe(0);
    expect(back.changes.filter(({ change }) => change === 'added')).toHaveLength(4);
  });

  it('leaves quarantine behind', async () => {
    const intended = await estateOf(town);
    for (const name of ['vault', 'acme']) intended.quarantine.tenants.add(name);
    for (const end of ['vault/safe', 'acme/web']) intended.quarantine.ends.add(end);
    const gone = await accept(without(ofVault), { intended });
    const back = await accept(town, { intended: gone.after });
    expect(quarantinedNames(back.after.quarantine)).toEqual(['acme', 'acme/web']);
  });

  it('gives its VNI to another once no host may hold it any longer', async () => {
    const intended = await estateOf(town);
    const late = '{ kind: Tenant, tenant: late, shard: shard-2, segments: [one] }';
    const folder = `${without(ofVault)}\n---\n${late}`;
    const vniFor = async (on: On): Promise<number | undefined> =>
      (await accept(folder, on)).after.vnis.get('late/one')?.vni;
    // Not in the batch that releases it: somebody may just be planning with it.
    expect(await vniFor({ intended })).toBe(6002);
    const gone = await accept(without(ofVault), { intended });
    expect(await vniFor({ intended: gone.after, occupied: new Set([6001]) })).toBe(6002);
    expect(await vniFor({ intended: gone.after })).toBe(6001);
  });
});
