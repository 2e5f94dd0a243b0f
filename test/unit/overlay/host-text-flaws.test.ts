import { expect, test } from 'vitest';
import { parseChange, parseHead, parseObject } from '../../../src/overlay/embedded/host-text.ts';

const network = { kind: 'network', vni: 5, segment: 'a/b' };
const port = { kind: 'binding', endpoint: 'a/b', vni: 5, host: 'h', interface: 'i', ips: ['10.0.0.1'] };
const grant = {
  ...{ kind: 'acl', id: 'a'.repeat(24), side: 'egress', from: 'a/b', to: 'c/d', protocol: 'tcp' },
  ...{ action: 'allow', tier: 'grant' },
};

test.each<[object | number | string | null, string]>([
  [{ ...network, vni: 'x' }, 'vni: a text stands where a number should'],
  [{ ...network, vni: undefined }, 'vni: is missing'],
  [{ ...network, vni: 0 }, 'vni: 0 is less than 1'],
  [{ ...network, segment: 'A B' }, 'segment: "A B" is nothing that may stand here'],
  [{ ...network, extra: 1, more: 2 }, 'a key that has no place here: extra, more'],
  [{ kind: 'net' }, 'kind: "net" is nothing that may stand here'],
  [{}, 'kind: is missing'],
  [5, '5 stands where a mapping should'],
  [null, 'null stands where a mapping should'],
  [[], 'a list stands where a mapping should'],
  [{ ...port, interface: 'bad name!' }, 'interface: "bad name!" is nothing that may stand here'],
  [{ ...port, ips: true }, 'ips: a truth value stands where a list should'],
  [{ ...port, ips: [{}] }, 'ips.0: a mapping is nothing that may stand here'],
  [{ ...port, mac: {} }, 'mac: a mapping stands where a text should'],
  [{ ...grant, ports: [[1, 99_999]] }, 'ports.0.1: 99999 is more than 65535'],
  [{ ...grant, ports: [[1]] }, 'ports.0: the number of items, 1, is less than 2'],
  [{ ...grant, action: 'deny' }, 'action: "deny" stands where "allow" should'],
])('%j is no object of a host, and it is said why', (value, why) => {
  expect(parseObject(JSON.stringify(value))).toEqual({ flaw: `no object: ${why}` });
});

test('so it is with changes, and with the first line', () => {
  expect(parseChange('{"change":1.5}')).toEqual({
    flaw: 'no change of a host: change: 1.5 stands where a whole number should',
  });
  expect(parseHead('{"formatVersion":3}')).toEqual({
    flaw: 'no head of a host file: formatVersion: 3 stands where 2 should',
  });
  expect(parseHead(JSON.stringify({ formatVersion: 2, ledger: 'x'.repeat(201) }))).toEqual({
    flaw: 'no head of a host file: ledger: the length, 201, is more than 200',
  });
});
