import { flowsOf } from '../../../src/overlay/ovs/pipeline/compile.ts';
import { SetModel } from '../../../src/overlay/ovs/pipeline/model.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import { estateOf } from '../../support/documents.ts';
import { wiringFor } from '../../support/switch-wiring.ts';
import { rowOf, type Row } from '../harness/row.ts';

const counts = [1, 10, 100] as const;

/** How many flows a host holds for one rule of so many ports, which so many peers use: the sum of its parts, and no product. */
export async function partRows(): Promise<readonly Row[]> {
  const one = await flowsFor({ ports: 1, peers: 1 });
  const rows: Row[] = [];
  for (const count of counts) {
    const value = await flowsFor({ ports: count, peers: count });
    const [ports, peers] = [
      await flowsFor({ ports: count, peers: 1 }),
      await flowsFor({ ports: 1, peers: count }),
    ];
    rows.push(
      rowOf({
        case: `one rule of ${String(count)} ports for ${String(count)} peers`,
        ...{ value, unit: 'flows' },
        floor: { is: 'those for the ports alone, and for the peers alone', value: ports + peers - one },
        target: { of: 'ratio', atMost: 1 },
      }),
    );
  }
  return rows;
}

/** The flows of the host of a tenant that lets everybody in by some ports; so many peers ask for it. */
async function flowsFor({ ports, peers }: { ports: number; peers: number }): Promise<number> {
  // None of them beside another one: ranges would make one of several.
  const list = Array.from({ length: ports }, (_, nth) => 1001 + 2 * nth).join(', ');
  const documents = [
    '{ kind: Shard, shard: s, overlay: ovs, tunnel: vxlan, vnis: { from: 5000, to: 5999 } }',
    ...[1, 2].map(
      (nth) =>
        `{ kind: Host, host: hv-${nth}, shard: s, tunnelIp: 172.31.0.${nth}, ovsdb: "unix:/hv-${nth}" }`,
    ),
    ...tenant({ name: 'hub', nth: 0, host: 'hv-1' }),
    `{ kind: Policy, tenant: hub, ingress: [{ source: "*", ports: [${list}] }] }`,
    ...Array.from({ length: peers }, (_, nth) => [
      ...tenant({ name: `peer-${nth}`, nth: nth + 1, host: 'hv-2' }),
      `{ kind: Policy, tenant: peer-${nth}, egress: [{ destination: hub, ports: [${list}] }] }`,
    ]).flat(),
  ];
  const objects = desiredObjects(await estateOf(documents.join('\n---\n')), {
    shard: 's',
    at: '2026-03-01T00:00:00.000Z',
  });
  return flowsOf(SetModel.of(objects), { host: 'hv-1', wiring: wiringFor(objects) }).size;
}

function tenant({ name, nth, host }: { name: string; nth: number; host: string }): string[] {
  const mac = `02:00:00:00:01:${nth.toString(16).padStart(2, '0')}`;
  const plug = `mac: "${mac}", host: ${host}, interface: vm-${nth}`;
  return [
    `{ kind: Tenant, tenant: ${name}, shard: s, segments: [web] }`,
    `{ kind: Endpoints, tenant: ${name}, endpoints: [{ name: e, segment: web, ip: 10.0.0.${nth + 1}, ${plug} }] }`,
  ];
}
