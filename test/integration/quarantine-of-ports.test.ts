import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Workplace } from '../support/command-line.ts';
import { editObjects, hostFileOf } from '../support/host-file.ts';

/** A tenant with two segments, its clients, and an external: whose ports change hands by the documents below. */
const before = `
{ kind: Shard, shard: s1, vnis: { from: 100, to: 199 } }
---
{ kind: Host, host: h1, shard: s1, tunnelIp: 172.31.0.1 }
---
{ kind: Host, host: h2, shard: s1, tunnelIp: 172.31.0.2 }
---
{ kind: Tenant, tenant: client, segments: [web] }
---
{ kind: Tenant, tenant: server, segments: [a, b], intraTenant: segments }
---
{ kind: Tenant, tenant: forensics, segments: [lab] }
---
kind: Endpoints
tenant: client
endpoints: [{ name: c1, segment: web, ip: 10.1.0.1, mac: "02:00:00:00:00:01", host: h1, interface: vm-c1 }]
---
{ kind: Policy, tenant: client, egress: [{ destination: server/a, ports: [443] }, { destination: far, ports: [443] }] }
---
{ kind: Policy, tenant: server, ingress: [{ source: client, segment: a, ports: [443] }] }
`;
const port = { ip: '10.2.0.1', mac: '02:00:00:00:00:02', host: 'h2', interface: 'vm-s1' };
const external = (name: string): string => `
{ kind: External, external: ${name}, cidrs: [198.51.100.0/24], gateway: { host: h2, interface: ext-1, mac: "02:00:00:00:00:09" } }`;
const holding = (tenant: string, segment: string): string => `
---
kind: Endpoints
tenant: ${tenant}
endpoints: [${JSON.stringify({ name: 's1', segment, ...port })}]
---${external('far')}
---
{ kind: Tenant, tenant: far-client, segments: [x] }
`;
const first = before + holding('server', 'a');

const answer = z.looseObject({
  hosts: z.array(z.looseObject({ host: z.string(), cut: z.boolean(), why: z.string().nullable() })),
});

async function probes(place: Workplace, dst: string): Promise<boolean> {
  const packet = JSON.stringify({ src: '10.1.0.1', dst, protocol: 'tcp', srcPort: 40000, dstPort: 443 });
  const text = await place.succeed('probe', 'client/c1', packet, '--json');
  return z.looseObject({ delivered: z.boolean() }).parse(JSON.parse(text)).delivered;
}

async function apply(place: Workplace, documents: string): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'estate.yaml'), documents);
  await place.succeed('apply', folder, '--prune', 'all');
}

describe('a quarantine, where a port changed hands and nobody has synced since', () => {
  it.each<[whose: string, after: string, subject: string, dst: string]>([
    ['from another tenant', before + holding('forensics', 'lab'), 'forensics', '10.2.0.1'],
    ['from another tenant to a segment', before + holding('forensics', 'lab'), 'forensics/lab', '10.2.0.1'],
    ['from another segment of its tenant', before + holding('server', 'b'), 'server/b', '10.2.0.1'],
    [
      'from another external',
      first.replace('external: far,', 'external: near,').replaceAll('destination: far', 'destination: near'),
      'near',
      '198.51.100.7',
    ],
  ])('%s, cuts the port itself off, in whatever network it still is', async (_whose, after, subject, dst) => {
    using place = new Workplace();
    await apply(place, first);
    await place.succeed('sync');
    expect(await probes(place, dst)).toBe(true);
    await apply(place, after);
    expect(await probes(place, dst)).toBe(true);
    const { hosts } = answer.parse(JSON.parse(await place.succeed('quarantine', subject, '--json')));
    expect(hosts.map(({ host, cut }) => [host, cut])).toEqual([
      ['h1', true],
      ['h2', true],
    ]);
    expect(hosts.find(({ host }) => host === 'h2')?.why).toBe(null);
    expect(await probes(place, dst)).toBe(false);
    expect(await place.verify('--tenant', subject)).toMatchObject({ verdict: 'proven' });
    await place.succeed('sync');
    expect(await probes(place, dst)).toBe(false);
    await place.succeed('release', subject);
    expect(await place.verify()).toMatchObject({ verdict: 'proven' });
  });

  it('sends nothing out instead of to the former holder of the port, who has another one by now', async () => {
    using place = new Workplace();
    const places = (server: string, lab: string): string => {
      const endpoints = (tenant: string, rest: object): string => `
---
kind: Endpoints
tenant: ${tenant}
endpoints: [${JSON.stringify({ ...rest, mac: port.mac, host: port.host })}]
---`;
      return [
        before.replace('destination: far', 'destination: internet'),
        endpoints('server', { name: 's1', segment: 'a', ip: '10.2.0.1', interface: server }),
        endpoints('forensics', { name: 'f1', segment: 'lab', ip: '10.3.0.1', interface: lab }),
        external('internet').replace('198.51.100.0/24', '0.0.0.0/0'),
      ].join('');
    };
    await apply(place, places('vm-1', 'vm-2'));
    await place.succeed('sync');
    await apply(place, places('vm-2', 'vm-1'));
    await place.succeed('quarantine', 'forensics');
    expect(await probes(place, '10.2.0.1')).toBe(false);
    expect(await probes(place, '203.0.113.1')).toBe(true);
    const { verdict, findings } = await place.verify();
    expect(verdict).toBe('proven');
    expect(findings.map(({ kind, to }) => `${kind} ${to}`)).toEqual(['missing server/a']);
    await place.succeed('sync');
    expect(await probes(place, '10.2.0.1')).toBe(true);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
  });

  it('records what somebody made of such a port before it takes it away', async () => {
    using place = new Workplace();
    await apply(place, first);
    await place.succeed('sync');
    editObjects(hostFileOf(place.ledgerPath, { shard: 's1', host: 'h2' }), (objects) =>
      objects.map((object) =>
        object.kind === 'binding' && object.interface === 'vm-s1'
          ? { ...object, ips: [...object.ips, '10.9.9.9'] }
          : object,
      ),
    );
    await apply(place, before + holding('forensics', 'lab'));
    await place.succeed('quarantine', 'forensics');
    expect(await place.succeed('log', '--type', 'DriftDetected')).toMatch(/h2/);
  });
});
