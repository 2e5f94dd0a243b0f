import { describeBadDocuments, type BadDocument } from './bad-document.ts';

const tenant = 'kind: Tenant\ntenant: acme\n';

const tenants: BadDocument[] = [
  { given: 'no segments', more: '', line: 1, keyPath: 'segments', says: 'segments is missing' },
  {
    given: 'an empty list of segments',
    more: 'segments: []',
    line: 3,
    keyPath: 'segments',
    says: 'empty list',
  },
  {
    given: 'a bad name of a segment',
    more: 'segments: [web, data_base]',
    line: 3,
    keyPath: 'segments[1]',
    says: 'not a name',
    found: 'data_base',
  },
  {
    given: 'a segment that YAML reads as a truth value',
    more: 'segments:\n  - true',
    line: 4,
    keyPath: 'segments[0]',
    says: 'text is needed',
    found: 'true',
  },
  {
    given: 'a segment twice',
    more: 'segments:\n  - web\n  - db\n  - web',
    line: 6,
    keyPath: 'segments[2]',
    says: 'web is listed twice: first at segments[0] on line 4',
  },
  {
    given: 'a misspelt classification',
    more: 'segments: [web]\nclassification: Restricted',
    line: 4,
    keyPath: 'classification',
    says: 'none of the values',
    allowed: 'public, internal, confidential, restricted',
    nearest: 'restricted',
  },
  {
    given: 'a misspelt isolation',
    more: 'segments: [web]\nisolation: airgapped',
    line: 4,
    keyPath: 'isolation',
    says: 'none of the values',
    nearest: 'air-gapped',
  },
  {
    given: 'a truth value for intraTenant',
    more: 'segments: [web]\nintraTenant: true',
    line: 4,
    keyPath: 'intraTenant',
    says: 'none of the values',
  },
  {
    given: 'a shard that is nothing',
    more: 'segments: [web]\nshard: ~',
    line: 4,
    keyPath: 'shard',
    says: 'text is needed',
    found: '~',
  },
  {
    given: 'a service without segment',
    more: 'segments: [web]\nservices:\n  - name: api',
    line: 5,
    keyPath: 'services[0].segment',
    says: 'segment is missing',
  },
  {
    given: 'a service in a segment that the tenant has not',
    more: 'segments: [web]\nservices:\n  - name: api\n    segment: wbe',
    line: 6,
    keyPath: 'services[0].segment',
    says: 'one of the segments of its own tenant',
    found: 'wbe',
    allowed: 'web',
    nearest: 'web',
  },
  {
    given: 'a service twice',
    more: 'segments: [web]\nservices:\n  - { name: api, segment: web }\n  - { name: api, segment: web }',
    line: 6,
    keyPath: 'services[1].name',
    says: 'api is listed twice: first at services[0].name on line 5',
  },
  {
    given: 'a service with ports of icmp',
    more: 'segments: [web]\nservices: [{ name: api, segment: web, ports: [1], protocol: icmp }]',
    line: 4,
    keyPath: 'services[0].ports',
    says: 'ports without meaning for icmp',
  },
].map(({ more, ...expected }) => ({ ...expected, text: tenant + more }));

const externals: BadDocument[] = [
  { given: 'no cidrs', more: '', line: 1, keyPath: 'cidrs', says: 'cidrs is missing' },
  { given: 'an empty list of cidrs', more: 'cidrs: []', line: 3, keyPath: 'cidrs', says: 'empty list' },
  {
    given: 'host bits in a cidr',
    more: 'cidrs: [10.1.2.3/8]',
    line: 3,
    keyPath: 'cidrs[0]',
    says: 'did you mean 10.0.0.0/8?',
    allowed: '10.0.0.0/8',
  },
  {
    given: 'host bits in a cidr of IPv6',
    more: 'cidrs: ["2001:DB8::1/32"]',
    line: 3,
    keyPath: 'cidrs[0]',
    says: 'did you mean 2001:db8::/32?',
  },
  {
    given: 'a prefix of 33 bits',
    more: 'cidrs: [10.0.0.0/33]',
    line: 3,
    keyPath: 'cidrs[0]',
    says: 'from 0 to 32',
  },
  {
    given: 'a netmask',
    more: 'cidrs: [10.0.0.0/255.0.0.0]',
    line: 3,
    keyPath: 'cidrs[0]',
    says: 'from 0 to 32',
  },
  { given: 'two lengths', more: 'cidrs: ["::/0/0"]', line: 3, keyPath: 'cidrs[0]', says: 'from 0 to 128' },
  {
    given: 'three parts',
    more: 'cidrs: [10.0.0/24]',
    line: 3,
    keyPath: 'cidrs[0]',
    says: 'not an IP address',
  },
  {
    given: 'a name for a cidr',
    more: 'cidrs: [internet]',
    line: 3,
    keyPath: 'cidrs[0]',
    says: 'not an IP address',
  },
  {
    given: 'a cidr in two spellings',
    more: 'cidrs: ["2001:db8::/32", "2001:0DB8::/32"]',
    line: 3,
    keyPath: 'cidrs[1]',
    says: '2001:db8::/32 is listed twice',
  },
  {
    given: 'a gateway without interface',
    more: 'cidrs: [0.0.0.0/0]\ngateway: { host: hv-1 }',
    line: 4,
    keyPath: 'gateway.interface',
    says: 'interface is missing',
  },
  {
    given: 'a gateway that is text',
    more: 'cidrs: [0.0.0.0/0]\ngateway: hv-1',
    line: 4,
    keyPath: 'gateway',
    says: 'a mapping is needed',
  },
  {
    given: 'a gateway with an unknown key',
    more: 'cidrs: [0.0.0.0/0]\ngateway: { host: hv-1, interface: ext, vlan: 5 }',
    line: 4,
    keyPath: 'gateway.vlan',
    says: 'unknown key vlan',
  },
  {
    given: 'a bad MAC',
    more: 'cidrs: [0.0.0.0/0]\ngateway: { host: hv-1, interface: ext, mac: 02-00-0a-00-00-01 }',
    line: 4,
    keyPath: 'gateway.mac',
    says: 'not a MAC address',
  },
].map(({ more, ...expected }) => ({ ...expected, text: `kind: External\nexternal: internet\n${more}` }));

const networkKeys: BadDocument[] = [
  { given: 'a VNI', text: `${tenant}segments: [web]\nvni: 5000`, line: 4, keyPath: 'vni' },
  {
    given: 'a VLAN of a rule',
    text: 'tenant: acme\negress: [{ destination: x, vlan: 7 }]',
    line: 2,
    keyPath: 'egress[0].vlan',
  },
  { given: 'flows', text: 'tenant: acme\nqos: { egress: 1bps }\nflows: [1]', line: 3, keyPath: 'flows' },
  { given: 'a bridge', text: `${tenant}segments: [web]\nBridge: br0`, line: 4, keyPath: 'Bridge' },
  { given: 'a port id', text: `${tenant}segments: [web]\nport-id: 1`, line: 4, keyPath: 'port-id' },
  {
    given: 'a host',
    text: `${tenant}segments: [web]\nservices: [{ name: a, segment: web, host: h }]`,
    line: 4,
    keyPath: 'services[0].host',
  },
  {
    given: 'a tunnel',
    text: 'kind: External\nexternal: x\ncidrs: [0.0.0.0/0]\ntunnel_ip: 1',
    line: 4,
    keyPath: 'tunnel_ip',
  },
].map((row) => ({ ...row, given: `${row.given} in a logical document`, says: 'logical names only' }));

describeBadDocuments('bad tenants', tenants);
describeBadDocuments('bad externals', externals);
describeBadDocuments('network keys', networkKeys);
