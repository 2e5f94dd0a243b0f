import { expect, it } from 'vitest';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { isCutOff } from '../../../src/apply/plan/cut-off.ts';
import { Stage } from '../../support/stage.ts';

/** Two tenants whose endpoints sit at two ports of one host, and an external that has every address. */
function estate(server: string, lab: string): string {
  const at = (tenant: string, [ip, port]: [ip: string, port: string]): string => `
---
kind: Endpoints
tenant: ${tenant}
endpoints: [{ name: e, segment: a, ip: ${ip}, mac: "02:00:00:00:00:01", host: hv-2, interface: ${port} }]`;
  return `
{ kind: Shard, shard: shard-1, vnis: { from: 100, to: 199 } }
---
{ kind: Shard, shard: shard-2, vnis: { from: 200, to: 299 } }
---
{ kind: Host, host: hv-1, shard: shard-1, tunnelIp: 172.31.0.1 }
---
{ kind: Host, host: hv-2, shard: shard-1, tunnelIp: 172.31.0.2 }
---
{ kind: Host, host: hv-3, shard: shard-2, tunnelIp: 172.31.0.3 }
---
{ kind: External, external: internet, cidrs: [0.0.0.0/0], gateway: { host: hv-1, interface: ext, mac: "02:00:00:00:00:09" } }
---
{ kind: Tenant, tenant: server, segments: [a] }
---
{ kind: Tenant, tenant: lab, segments: [a] }
${at('server', ['10.2.0.1', server])}
${at('lab', ['10.3.0.1', lab])}
`;
}

it('what takes away first takes a port that was given to somebody in quarantine out of the network of its former holder', async () => {
  const stage = new Stage();
  await stage.enact(estate('port-1', 'port-2'));
  await stage.quarantine('lab');
  await stage.sync();
  await stage.enact(estate('port-2', 'port-1'));
  const { estate: after } = await stage.sync({ only: 'restrictions' });
  const { applied, intended } = after.state;
  expect(
    isCutOff(appliedShard(applied, 'shard-1'), { kind: 'tenant', name: 'lab' }, intended.directory),
  ).toBe(true);
  const bindings = [...(stage.overlay('shard-1').hosts.get('hv-2')?.objects.values() ?? [])].flatMap(
    (object) => (object.kind === 'binding' ? [object] : []),
  );
  expect(bindings.filter(({ interface: port }) => port === 'port-1')).toEqual([]);
  // What is sent to its former holder is not the internet's instead.
  expect(bindings.find(({ endpoint }) => endpoint === 'internet')?.except).toEqual(['10.2.0.1/32']);
  const { estate: settled } = await stage.sync();
  stage.expectSettled(settled);
});
