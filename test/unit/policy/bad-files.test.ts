import { describeBadDocuments, type BadDocument } from './bad-document.ts';

const good = 'kind: Host\nhost: hv-1\nshard: shard-1\ntunnelIp: 172.31.0.1\n';

const kinds: BadDocument[] = [
  { given: 'no kind', text: '\n\ntenant: acme', line: 3, keyPath: 'kind', says: 'kind is missing' },
  {
    given: 'an unknown kind',
    text: 'kind: Firewall\nvni: 4',
    line: 1,
    keyPath: 'kind',
    says: 'none of the values',
  },
  {
    given: 'a kind that is a list',
    text: 'kind: [Host]',
    line: 1,
    keyPath: 'kind',
    says: 'none of the values',
  },
  {
    given: 'a misspelt kind',
    text: good.replace('Host', 'host'),
    line: 1,
    keyPath: 'kind',
    says: 'none of the values',
    found: 'host',
    nearest: 'Host',
  },
  {
    given: 'a list as document',
    text: '# all\n- kind: Host',
    line: 2,
    keyPath: '',
    says: 'a document is a mapping',
    found: 'a list',
  },
  {
    given: 'a word as document',
    text: 'Host',
    line: 1,
    keyPath: '',
    says: 'a document is a mapping',
    found: 'Host',
  },
  {
    given: 'null as document',
    text: 'null',
    line: 1,
    keyPath: '',
    says: 'a document is a mapping',
    found: 'null',
  },
];

const syntax: BadDocument[] = [
  {
    given: 'a list that never ends',
    text: 'tenant: acme\negress: [1',
    line: 2,
    keyPath: '',
    says: 'what begins here with [ is never closed',
    allowed: 'a ] where it ends',
  },
  ...[
    {
      given: 'a rule that never ends',
      text: 'tenant: a\negress:\n  - { destination: x\n  - { destination: y }\n',
      line: 3,
    },
    { given: 'a mapping that never ends', text: 'kind: Shard\nvnis: { from: 1,\n\n\nshard: s\n', line: 2 },
    { given: 'a list that never ends in JSON', text: '{\n "tenant": "a",\n "egress": [\n }\n', line: 3 },
    { given: 'a quote that never ends', text: 'kind: Policy\ntenant: "acme\negress: []\n', line: 2 },
  ].map((each) => ({ ...each, keyPath: '', says: 'is never closed' })),
  { given: 'a mapping in a line', text: 'tenant: acme: x', line: 1, keyPath: '', says: 'this is not YAML' },
  { given: 'a tab as indentation', text: 'a:\n\t- b', line: 2, keyPath: '', says: 'this is not YAML' },
  { given: 'an unknown directive', text: '%POLICY 1\n---\n', line: 1, keyPath: '', says: 'this is not YAML' },
  {
    given: 'the YAML of old',
    text: `%YAML 1.1\n---\n${good}`,
    line: 2,
    keyPath: '',
    says: 'documents are YAML 1.2',
    found: '%YAML 1.1',
  },
  {
    given: 'a list within lists without end',
    text: '['.repeat(20_000),
    line: 1,
    keyPath: '',
    says: 'nested too deeply',
  },
  {
    given: 'a key twice',
    text: `${good}shard: shard-2`,
    line: 5,
    keyPath: 'shard',
    says: 'written twice: first on line 3',
  },
  {
    given: 'a key twice within a rule',
    text: 'tenant: acme\negress:\n  - destination: a\n    destination: a',
    line: 4,
    keyPath: 'egress[0].destination',
    says: 'written twice: first on line 3',
  },
  {
    given: 'an alias',
    text: 'kind: Host\nhost: &name hv-1\nshard: *name\ntunnelIp: 172.31.0.1',
    line: 3,
    keyPath: 'shard',
    says: 'an alias has no place here',
    found: '*name',
  },
  {
    given: 'an alias for an address',
    text: 'kind: Endpoints\ntenant: a\nendpoints: [{ name: &w w, segment: s, ip: *w, mac: "02:00:0a:01:00:0b", host: h, interface: i }]',
    line: 3,
    keyPath: 'endpoints[0].ip',
    says: 'an alias has no place here',
  },
  {
    given: 'a tag',
    text: good.replace('hv-1', '!!str hv-1'),
    line: 2,
    keyPath: 'host',
    says: 'a tag has no place here',
    found: 'tag:yaml.org,2002:str',
  },
  {
    given: 'a tag of ours',
    text: good.replace('hv-1', '!run hv-1'),
    line: 2,
    keyPath: 'host',
    says: 'a tag has no place here',
  },
  {
    given: 'a tag on a key',
    text: good.replace('host:', '!!str host:'),
    line: 2,
    keyPath: 'host',
    says: 'a tag has no place here',
  },
  {
    given: 'a key that is a list',
    text: `${good}? [a]\n: b`,
    line: 5,
    keyPath: '',
    says: 'a key is a plain word',
  },
  { given: 'a key that is a number', text: `${good}7: b`, line: 5, keyPath: '["7"]', says: 'unknown key 7' },
  { given: 'a key without value', text: `${good}? mtu`, line: 5, keyPath: 'mtu', says: 'unknown key mtu' },
  {
    given: 'the key of all prototypes',
    text: `${good}__proto__: { a: 1 }`,
    line: 5,
    keyPath: '__proto__',
    says: 'unknown key __proto__',
  },
];

describeBadDocuments('bad kinds of documents', kinds);
describeBadDocuments('bad YAML', syntax);
