import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Workplace } from '../support/command-line.ts';

const estate = `
{ kind: Shard, shard: s1, overlay: embedded, tunnel: vxlan, vnis: { from: 100, to: 199 } }
---
{ kind: Host, host: hv-1, shard: s1, tunnelIp: 172.31.0.1 }
---
{ kind: Tenant, tenant: bakery, segments: [till, oven] }
---
kind: Endpoints
tenant: bakery
endpoints:
  - { name: till, segment: till, ip: 10.0.0.1, mac: "02:00:00:00:00:01", host: hv-1, interface: vm-1 }
  - { name: o1, segment: oven, ip: 10.0.0.2, mac: "02:00:00:00:00:02", host: hv-1, interface: vm-2 }
`;

test('given an endpoint with the name of its segment, then it is no external, and the estate is proven', async () => {
  using place = new Workplace();
  const folder = join(place.folder, 'estate');
  mkdirSync(folder);
  writeFileSync(join(folder, 'estate.yaml'), estate);
  await place.succeed('apply', folder);

  const before = await place.verify();
  expect(before.verdict).toBe('proven');
  expect(before.findings.map(({ kind, from, to }) => `${kind} ${from} ${to}`)).toEqual([
    'missing bakery/oven bakery/till',
    'missing bakery/till bakery/oven',
  ]);

  await place.succeed('sync');
  expect(await place.verify('--tenant', 'bakery', '--peer', 'bakery/till')).toMatchObject({
    verdict: 'proven',
    findings: [],
    reach: [{ reach: 'authorised' }],
  });
});
