import { expect, test } from 'vitest';
import { describeBadDocuments, type BadDocument } from './bad-document.ts';
import { read } from './folders.ts';

const fields = new Map([
  ['name', 'web-1'],
  ['segment', 'web'],
  ['ip', '10.1.0.11'],
  ['mac', '"02:00:0a:01:00:0b"'],
  ['host', 'hv-1'],
  ['interface', 'vm-web-1'],
]);

/** One endpoint, with one of its fields in another way, or left out. The keys begin on line 4. */
function endpoint(key: string, value?: string): string {
  const lines = [...fields].flatMap(([each, usual]) => {
    if (each !== key) return [`${each}: ${usual}`];
    return value === undefined ? [] : [`${key}: ${value}`];
  });
  const extra = fields.has(key) || value === undefined ? [] : [`${key}: ${value}`];
  return `kind: Endpoints\ntenant: acme\nendpoints:\n  - ${[...lines, ...extra].join('\n    ')}`;
}

const missing: BadDocument[] = [...fields.keys()].map((key) => ({
  given: `an endpoint without ${key}`,
  text: endpoint(key),
  line: 4,
  keyPath: `endpoints[0].${key}`,
  says: `${key} is missing: it is required here`,
  found: 'nothing',
}));

const wrong: BadDocument[] = [
  { key: 'name', value: 'web_1', line: 4, says: 'not a name of a host or endpoint' },
  { key: 'segment', value: 'acme/web', line: 5, says: 'not a name' },
  { key: 'ip', value: '10.1.11', line: 6, says: 'not an IP address', found: '10.1.11' },
  { key: 'ip', value: '10.1.0.011', line: 6, says: 'not an IP address' },
  { key: 'ip', value: '10.1.0.256', line: 6, says: 'not an IP address' },
  { key: 'ip', value: '0x0a.1.0.1', line: 6, says: 'not an IP address' },
  { key: 'ip', value: '10.1.0.0/24', line: 6, says: 'not an IP address' },
  { key: 'ip', value: '"fe80::1%eth0"', line: 6, says: 'no part of an address' },
  { key: 'ip', value: '"::ffff:10.1.0.11"', line: 6, says: 'write 10.1.0.11', nearest: '10.1.0.11' },
  { key: 'ip', value: '"64:ff9b::010.0.0.1"', line: 6, says: 'not an IP address' },
  ...['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.5', '239.255.255.255', '255.255.255.255'].map((value) => ({
    ...{ key: 'ip', value, line: 6, says: 'no interface has' },
  })),
  ...['::', '0:0::0', '::1', 'ff02::1'].map((value) => ({
    ...{ key: 'ip', value: `"${value}"`, line: 6, says: 'no interface has' },
  })),
  { key: 'ip', value: '5', line: 6, says: 'text is needed' },
  { key: 'ip', value: '[]', line: 6, says: 'an empty list' },
  { key: 'ip', value: '{ v4: 10.1.0.11 }', line: 6, says: 'text is needed' },
  { key: 'mac', value: '02:00:0a:01:00', line: 7, says: 'not a MAC address' },
  { key: 'mac', value: '"00:00:00:00:00:00"', line: 7, says: 'zeros alone' },
  { key: 'mac', value: '"01:00:5e:00:00:01"', line: 7, says: 'of a group' },
  { key: 'mac', value: '"FF:FF:FF:FF:FF:FF"', line: 7, says: 'of a group' },
  { key: 'host', value: 'HV-1', line: 8, says: 'not a name of a host', nearest: 'hv-1' },
  { key: 'interface', value: '"vm web"', line: 9, says: 'not a name of an interface' },
  { key: 'vlan', value: '7', line: 10, says: 'unknown key vlan' },
].map(({ key, value, ...expected }) => ({
  ...expected,
  given: `an endpoint with ${key}: ${value}`,
  text: endpoint(key, value),
  keyPath: `endpoints[0].${key}`,
}));

const others: BadDocument[] = [
  {
    given: 'an endpoint of which three keys are missing',
    text: 'kind: Endpoints\ntenant: acme\nendpoints:\n  - { name: web-1, segment: web, host: hv-1 }',
    line: 4,
    keyPath: 'endpoints[0].ip',
    says: 'ip, mac and interface are missing: they are required here',
    found: 'nothing',
  },
  {
    given: 'the second of two addresses bad',
    text: endpoint('ip', '[10.1.0.11, 10.1.0]'),
    line: 6,
    keyPath: 'endpoints[0].ip[1]',
    says: 'not an IP address',
  },
  {
    given: 'one address in two spellings',
    text: endpoint('ip', '["2001:db8::1", "2001:DB8:0::1"]'),
    line: 6,
    keyPath: 'endpoints[0].ip[1]',
    says: '2001:db8::1 is listed twice',
  },
  {
    given: 'an endpoint twice',
    text: `${endpoint('')}\n  - { name: web-1, segment: web, ip: 10.1.0.12, mac: "02:00:0a:01:00:0c", host: hv-1, interface: b }`,
    line: 10,
    keyPath: 'endpoints[1].name',
    says: 'web-1 is listed twice: first at endpoints[0].name on line 4',
  },
  {
    given: 'no list of endpoints',
    text: 'kind: Endpoints\ntenant: acme',
    line: 1,
    keyPath: 'endpoints',
    says: 'endpoints is missing',
  },
  {
    given: 'a host without tunnel address',
    text: 'kind: Host\nhost: hv-1\nshard: shard-1',
    line: 1,
    keyPath: 'tunnelIp',
    says: 'tunnelIp is missing',
  },
  {
    given: 'a prefix as tunnel address',
    text: 'kind: Host\nhost: hv-1\nshard: shard-1\ntunnelIp: 172.31.0.0/24',
    line: 4,
    keyPath: 'tunnelIp',
    says: 'not an IP address',
  },
  {
    given: 'a loopback address as tunnel address',
    text: 'kind: Host\nhost: hv-1\nshard: shard-1\ntunnelIp: 127.0.0.1',
    line: 4,
    keyPath: 'tunnelIp',
    says: 'no interface has a loopback address',
  },
  {
    given: 'a misspelt tunnel address',
    text: 'kind: Host\nhost: hv-1\nshard: shard-1\ntunnelIp: 172.31.0.1\ntunnelIP: 172.31.0.1',
    line: 5,
    keyPath: 'tunnelIP',
    says: 'unknown key tunnelIP',
    nearest: 'tunnelIp',
  },
];

const databases =
  'a way to a switch: unix: with an absolute path, as unix:/run/openvswitch/db.sock, or ssl: with an IP address and a port, as ssl:192.0.2.11:6640 or ssl:[2001:db8::11]:6640';
const flows = databases.replace('db.sock', 'iso-1.mgmt').replaceAll('6640', '6653');

const switches: BadDocument[] = [
  { value: '/run/openvswitch/db.sock', says: 'not a way to a switch' },
  { value: '""', says: 'not a way to a switch' },
  { value: 'UNIX:/run/db.sock', says: 'not a way to a switch' },
  { value: 'unix:run/db.sock', says: 'this path is not absolute' },
  { value: '"unix:"', says: 'this path is not absolute' },
  { value: 'unix:./db.sock', says: 'this path is not absolute' },
  { value: '"unix:/run/my switch/db.sock"', says: 'visible ASCII characters alone' },
  { value: 'unix:/run/schalter-ä.sock', says: 'visible ASCII characters alone' },
  { value: '"unix:/run/a\\nb"', says: 'visible ASCII characters alone' },
  { value: `unix:/${'x'.repeat(107)}`, says: 'has at most 107 characters, this one has 108' },
  { value: 'tcp:192.0.2.11:6640', says: 'tcp lets anyone on the way' },
  { value: 'ptcp:6640', says: 'let it listen on pssl' },
  { value: 'pssl:6640', says: 'pssl is where a switch listens: write ssl' },
  { value: 'punix:/run/db.sock', says: 'punix is where a switch listens: write unix' },
  { value: 'ssl:hv-1:6640', says: 'not an IP address' },
  { value: 'ssl:192.0.2.11', says: 'a port is missing' },
  { value: '"ssl:[2001:db8::11]"', says: 'a port is missing' },
  { value: '"ssl:2001:db8::11:6640"', says: 'an IPv6 address stands in brackets here, and no other' },
  { value: '"ssl:[192.0.2.11]:6640"', says: 'an IPv6 address stands in brackets here, and no other' },
  { value: 'ssl:192.0.2.11:0', says: 'a port is a number from 1 to 65535' },
  { value: 'ssl:192.0.2.11:06640', says: 'a port is a number from 1 to 65535' },
  { value: 'ssl:192.0.2.11:65536', says: 'a port is a number from 1 to 65535' },
  { value: 'ssl:0.0.0.0:6640', says: 'the unspecified address' },
  { value: '"ssl:[::]:6640"', says: 'the unspecified address' },
  { value: '"ssl:[::ffff:192.0.2.11]:6640"', says: 'write 192.0.2.11', nearest: '192.0.2.11' },
].flatMap(({ value, ...expected }) => [
  {
    ...{ given: `ovsdb: ${value}`, line: 5, keyPath: 'ovsdb', allowed: databases, ...expected },
    text: `kind: Host\nhost: hv-1\nshard: shard-1\ntunnelIp: 172.31.0.1\novsdb: ${value}`,
  },
  {
    ...{ given: `openflow: ${value}`, line: 5, keyPath: 'openflow', allowed: flows, ...expected },
    text: `kind: Host\nhost: hv-1\nshard: shard-1\ntunnelIp: 172.31.0.1\nopenflow: ${value}`,
  },
]);

const listedSwitch: BadDocument = {
  given: 'a list of ways to a switch',
  text: 'kind: Host\nhost: hv-1\nshard: shard-1\ntunnelIp: 172.31.0.1\novsdb: [unix:/run/db.sock]',
  line: 5,
  keyPath: 'ovsdb',
  says: 'text is needed here',
  allowed:
    'text; in quotes where YAML would read a number, a truth value or nothing, as ovsdb: "unix:/run/openvswitch/db.sock"',
};

const shards: BadDocument[] = [
  {
    ...{ given: 'no VNIs', more: '', line: 1, keyPath: 'vnis' },
    says: 'vnis is missing: it is required here',
    allowed: '{ shard: shard-1, vnis: { from: 5000, to: 5999 } }',
  },
  {
    ...{ given: 'VNIs as a list', more: 'vnis: [1, 2]', line: 3, keyPath: 'vnis' },
    says: 'a mapping is needed',
    allowed: 'keys with values, as { from: 5000, to: 5999 }',
  },
  { given: 'no end of VNIs', more: 'vnis: { from: 1 }', line: 3, keyPath: 'vnis.to', says: 'to is missing' },
  { given: 'VNI 0', more: 'vnis: { from: 0, to: 5 }', line: 3, keyPath: 'vnis.from', says: 'not a VNI' },
  ...[
    { vni: '010', nearest: '10' },
    { vni: '0x1bb', nearest: '443' },
    { vni: '0o7', nearest: '7' },
    { vni: '1e3', nearest: '1000' },
    { vni: '1.0', nearest: '1' },
    { vni: '+5', nearest: '5' },
    { vni: '1e300', nearest: undefined },
  ].map(({ vni, nearest }) => ({
    ...{ given: `the VNI ${vni}`, more: `vnis: { from: ${vni}, to: 5000 }`, line: 3, keyPath: 'vnis.from' },
    ...{
      says: 'not written in plain decimal',
      found: vni,
      allowed: 'decimal digits without leading zeros, as 443',
      ...(nearest === undefined ? {} : { nearest }),
    },
  })),
  ...['1_000', '0b11', '1:20'].map((vni) => ({
    ...{ given: `the VNI ${vni}`, more: `vnis: { from: ${vni}, to: 5000 }`, line: 3, keyPath: 'vnis.from' },
    says: 'a number is needed',
  })),
  ...['010s', '1e3s', '0x1s', '1_0s'].map((limit) => ({
    given: `a limit of ${limit}`,
    more: `vnis: { from: 1, to: 2 }\nrevocationLimit: ${limit}`,
    ...{ line: 4, keyPath: 'revocationLimit', says: 'not a duration' },
  })),
  {
    given: 'a VNI of 25 bits',
    more: 'vnis: { from: 1, to: 16777216 }',
    line: 3,
    keyPath: 'vnis.to',
    says: 'not a VNI',
  },
  {
    given: 'half a VNI',
    more: 'vnis: { from: 1.5, to: 3 }',
    line: 3,
    keyPath: 'vnis.from',
    says: 'not a VNI',
  },
  {
    given: 'VNIs as text',
    more: 'vnis: { from: "1", to: 3 }',
    line: 3,
    keyPath: 'vnis.from',
    says: 'a number is needed',
  },
  {
    given: 'VNIs beyond count',
    more: 'vnis: { from: 1, to: .inf }',
    line: 3,
    keyPath: 'vnis.to',
    says: 'a number is needed',
  },
  {
    given: 'VNIs reversed',
    more: 'vnis: { from: 9, to: 5 }',
    line: 3,
    keyPath: 'vnis',
    says: 'reversed',
    allowed: '{ from: 5, to: 9 }',
  },
  {
    given: 'a driver that is yet to come',
    more: 'vnis: { from: 1, to: 5 }\noverlay: ovn',
    line: 4,
    keyPath: 'overlay',
    says: 'the overlay driver ovn is not built in this version',
    allowed: 'embedded',
  },
  {
    given: 'a misspelt driver',
    more: 'vnis: { from: 1, to: 5 }\noverlay: embeded',
    line: 4,
    keyPath: 'overlay',
    says: 'unknown overlay driver',
    nearest: 'embedded',
  },
  {
    given: 'a misspelt tunnel',
    more: 'vnis: { from: 1, to: 5 }\ntunnel: vlxan',
    line: 4,
    keyPath: 'tunnel',
    says: 'none of the values',
    allowed: 'vxlan, geneve',
    nearest: 'vxlan',
  },
  {
    given: 'the tunnel that switches gave up',
    more: 'vnis: { from: 1, to: 5 }\ntunnel: stt',
    line: 4,
    keyPath: 'tunnel',
    says: 'stt is no longer built into Open vSwitch',
    allowed: 'vxlan, geneve',
  },
  {
    given: 'a limit without unit',
    more: 'vnis: { from: 1, to: 5 }\nrevocationLimit: 60',
    line: 4,
    keyPath: 'revocationLimit',
    says: 'text is needed',
  },
  {
    given: 'a limit in days',
    more: 'vnis: { from: 1, to: 5 }\nrevocationLimit: 1d',
    line: 4,
    keyPath: 'revocationLimit',
    says: 'not a duration',
  },
].map(({ more, ...expected }) => ({ ...expected, text: `kind: Shard\nshard: shard-1\n${more}` }));

describeBadDocuments('missing fields of endpoints', missing);
describeBadDocuments('wrong fields of endpoints', wrong);
describeBadDocuments('bad lists and hosts', others);
describeBadDocuments('bad ways to switches', [...switches, listedSwitch]);
describeBadDocuments('bad shards', shards);

test('a driver that is there is read as it is written, and a misspelt one is told all that are', async () => {
  const shard = (overlay: string): { 'shard.yaml': string } => ({
    'shard.yaml': `kind: Shard\nshard: shard-1\nvnis: { from: 1, to: 5 }\noverlay: ${overlay}`,
  });
  const installation = { drivers: ['embedded', 'ovs'] };
  const { documents, problems } = await read(shard('ovs'), installation);
  expect([documents.map(({ document }) => document.value), problems]).toMatchObject([
    [{ overlay: 'ovs' }],
    [],
  ]);
  expect((await read(shard('ovz'), installation)).problems).toMatchObject([
    { message: 'unknown overlay driver ovz', allowed: 'embedded, ovs', nearest: 'ovs' },
  ]);
});
