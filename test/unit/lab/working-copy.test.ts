import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeWorkingCopy } from '../../../infra/lab/working-copy.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

const yaml = `# The older half.
kind: Shard
shard: shard-1
overlay: embedded # for now
---
kind: Host # in the north room
host: hv-1
shard: shard-1
ovsdb: ssl:192.0.2.1:6640
openflow: ssl:192.0.2.1:6653
---
kind: External
external: vpn
cidrs: [ 198.51.100.0/24 ] # dial in
gateway: { host: hv-1, interface: ext-vpn }
`;

const edits = {
  ovsdb: new Map([['hv-1', 'unix:/run/lab/db.sock']]),
  gatewayMacs: new Map([['vpn', '02:10:00:00:00:01']]),
};

it('is the estate with what the lab needs, and its comments', () => {
  const { root, to } = folders({ 'a/shards.yaml': yaml });
  writeWorkingCopy({ root, files: ['a/shards.yaml'], to }, edits);
  expect(readFileSync(join(to, 'a/shards.yaml'), 'utf8')).toBe(
    yaml
      .replace('overlay: embedded', 'overlay: "ovs"')
      .replace('ovsdb: ssl:192.0.2.1:6640', 'ovsdb: "unix:/run/lab/db.sock"')
      .replace('openflow: ssl:192.0.2.1:6653\n', '')
      .replace('interface: ext-vpn }', 'interface: ext-vpn, mac: "02:10:00:00:00:01" }'),
  );
});

it('stays JSON where it was, and is the same bytes where nothing changes', () => {
  const tenant = '# odd   spacing\nkind:   Tenant\ntenant: acme\n';
  const { root, to } = folders({
    'host.json': '{"kind":"Host","host":"hv-1","shard":"shard-1"}',
    't.yml': tenant,
  });
  writeWorkingCopy({ root, files: ['host.json', 't.yml'], to }, edits);
  expect(JSON.parse(readFileSync(join(to, 'host.json'), 'utf8'))).toEqual({
    kind: 'Host',
    host: 'hv-1',
    shard: 'shard-1',
    ovsdb: 'unix:/run/lab/db.sock',
  });
  expect(readFileSync(join(to, 't.yml'), 'utf8')).toBe(tenant);
});

function folders(files: Readonly<Record<string, string>>): { root: string; to: string } {
  const folder = temporaryFolder();
  const [root, to] = [join(folder, 'from'), join(folder, 'to')];
  mkdirSync(join(root, 'a'), { recursive: true });
  mkdirSync(to);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text);
  return { root, to };
}
