import { describe, expect, it } from 'vitest';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { foldIntended } from '../../../projections/intended/intended.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import { estateOf, town } from '../../support/documents.ts';

const at = '2026-03-01T12:00:00.000Z';
const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }], ingress: [{ source: partner }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }], egress: [{ destination: internet, segment: web, guard: G, ports: [443] }] }
`;

function ofKind<Kind extends OverlayObject['kind']>(
  objects: OverlayObject[],
  kind: Kind,
): (OverlayObject & { kind: Kind })[] {
  return objects.filter((object): object is OverlayObject & { kind: Kind } => object.kind === kind);
}

describe('desired objects of a shard', () => {
  it('carry the own networks, and of another shard those that the own ones talk to', async () => {
    const intended = await estateOf(town, talk);
    const first = desiredObjects(intended, { shard: 'shard-1', at });
    const second = desiredObjects(intended, { shard: 'shard-2', at });
    const segments = (objects: OverlayObject[]): string[] =>
      ofKind(objects, 'network')
        .map(({ segment }) => segment)
        .sort();
    expect(segments(first)).toEqual(['acme/database', 'acme/web', 'globex/app', 'internet']);
    expect(segments(second)).toEqual(['acme/web', 'globex/app', 'vault/safe']);
    const hosts = (objects: OverlayObject[]): string[] =>
      ofKind(objects, 'host')
        .map(({ host, tunnel }) => `${host} ${tunnel}`)
        .sort();
    expect(hosts(first)).toEqual(['hv-1 vxlan', 'hv-2 vxlan', 'hv-3 geneve']);
    expect(hosts(second)).toEqual(['hv-1 vxlan', 'hv-3 geneve', 'hv-4 geneve']);
  });

  it('are the same however the switches of hosts are reached', async () => {
    const switches = [1, 2].map(
      (n) =>
        `{ kind: Host, host: hv-${n}, shard: shard-1, tunnelIp: 172.31.0.${n}, ovsdb: "ssl:192.0.2.${n}:6640", openflow: "ssl:192.0.2.${n}:6653" }`,
    );
    const [before, after] = [
      await estateOf(town, talk),
      await estateOf(town, talk, switches.join('\n---\n')),
    ];
    expect(after.directory.hosts.get('hv-2')?.openflow).toBe('ssl:192.0.2.2:6653');
    for (const shard of ['shard-1', 'shard-2']) {
      expect(desiredObjects(after, { shard, at })).toEqual(desiredObjects(before, { shard, at }));
    }
  });

  it('enforce egress at the source shard and ingress at the destination shard, both compiled from the grant', async () => {
    const intended = await estateOf(town, talk);
    const acls = (shard: string): string[] =>
      ofKind(desiredObjects(intended, { shard, at }), 'acl')
        .map(
          (acl) =>
            `${acl.side} ${acl.from} ${acl.to} ${acl.protocol} ${JSON.stringify(acl.tier === 'grant' ? acl.ports : acl.action)}`,
        )
        .sort();
    expect(acls('shard-2')).toEqual(['egress globex/app acme/web tcp [[443,443],[8443,8443]]']);
    expect(acls('shard-1')).toEqual([
      'egress acme/database acme/web any undefined',
      'egress acme/web acme/database any undefined',
      'egress acme/web internet tcp [[443,443]]',
      'ingress acme/database acme/web any undefined',
      'ingress acme/web acme/database any undefined',
      'ingress acme/web internet tcp [[443,443]]',
      'ingress globex/app acme/web tcp [[443,443],[8443,8443]]',
    ]);
  });

  it('route both ways, and leave out externals without a gateway', async () => {
    const intended = await estateOf(town, talk);
    const objects = desiredObjects(intended, { shard: 'shard-2', at });
    expect(ofKind(objects, 'route').map(keyOf).sort()).toEqual(['route/5001/6000', 'route/6000/5001']);
    expect(ofKind(objects, 'binding').map(({ endpoint }) => endpoint)).not.toContain('partner');
  });

  it('keep the id of an acl that did not change', async () => {
    const ids = async (policy: string): Promise<string[]> =>
      ofKind(desiredObjects(await estateOf(town, policy), { shard: 'shard-2', at }), 'acl').map(
        ({ id }) => id,
      );
    const [before] = await ids(talk);
    const after = await ids(
      talk.replace('{ destination: acme-api }', '{ destination: acme-api }, { destination: acme/database }'),
    );
    expect(after).toHaveLength(2);
    expect(after).toContain(before);
  });

  it('leave longer prefixes of other externals out of a gateway, with or without a gateway of their own', async () => {
    const intended = await estateOf(
      town,
      `
{ kind: External, external: plant, cidrs: [203.0.113.0/24], gateway: { host: hv-3, interface: ext-1 } }
---
{ kind: External, external: six, cidrs: ["2001:db8::/32"] }
`,
    );
    const bindings = ofKind(desiredObjects(intended, { shard: 'shard-1', at }), 'binding');
    expect(bindings.find(({ endpoint }) => endpoint === 'internet')).toMatchObject({
      ips: ['0.0.0.0/0'],
      except: ['198.51.100.0/24', '203.0.113.0/24'],
      mac: '02:00:0a:00:00:01',
    });
    const plant = ofKind(desiredObjects(intended, { shard: 'shard-2', at }), 'binding').find(
      ({ endpoint }) => endpoint === 'plant',
    );
    expect(plant).toEqual({
      kind: 'binding',
      endpoint: 'plant',
      vni: 6002,
      host: 'hv-3',
      interface: 'ext-1',
      ips: ['203.0.113.0/24'],
    });
  });

  it('bind nothing for a VNI whose external has no gateway, and know no host of an unknown shard', async () => {
    const intended = await estateOf(town);
    foldIntended(intended, {
      type: 'VniAllocated',
      data: { shard: 'shard-2', vni: 6050, segment: 'partner' },
    });
    foldIntended(intended, {
      type: 'HostRegistered',
      data: { host: 'stray', shard: 'nowhere', tunnelIp: '172.31.9.9' },
    });
    expect(
      ofKind(desiredObjects(intended, { shard: 'shard-2', at }), 'binding').map(({ endpoint }) => endpoint),
    ).toEqual(['globex/app-1']);
    expect(desiredObjects(intended, { shard: 'nowhere', at })).toEqual([]);
  });

  it('cut off what is in quarantine at both sides and in both directions, wherever its network is', async () => {
    const intended = await estateOf(town, talk);
    const cuts = (shard: string): string[] =>
      ofKind(desiredObjects(intended, { shard, at }), 'acl')
        .filter((acl) => acl.tier === 'quarantine')
        .map(({ side, from, to, wholly }) =>
          [side, from, to, ...(wholly === true ? ['wholly'] : [])].join(' '),
        )
        .sort();
    const about = (end: string, how: string): string[] => [
      ...[`egress * ${end}${how}`, `egress ${end} *${how}`],
      ...[`ingress * ${end}${how}`, `ingress ${end} *${how}`],
    ];
    foldIntended(intended, { type: 'SegmentQuarantined', data: { tenant: 'acme', segment: 'web' } });
    for (const shard of ['shard-1', 'shard-2']) expect(cuts(shard)).toEqual(about('acme/web', ' wholly'));
    foldIntended(intended, { type: 'SegmentReleased', data: { tenant: 'acme', segment: 'web' } });
    foldIntended(intended, { type: 'ExternalQuarantined', data: { external: 'internet' } });
    expect([cuts('shard-1'), cuts('shard-2')]).toEqual([about('internet', ' wholly'), []]);
    foldIntended(intended, { type: 'TenantQuarantined', data: { tenant: 'globex' } });
    expect(cuts('shard-2')).toEqual(about('globex/app', ''));
    // Either may end before the other.
    foldIntended(intended, { type: 'SegmentQuarantined', data: { tenant: 'globex', segment: 'app' } });
    expect(cuts('shard-2')).toEqual([...about('globex/app', ''), ...about('globex/app', ' wholly')].sort());
  });
});
