import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BindingObject, GrantAcl } from '../../../../../events/overlay-objects.ts';
import {
  portSetMatch,
  portSetParts,
  portSetText,
  portSetValue,
} from '../../../../../src/overlay/ovs/pipeline/port-set.ts';
import { ownedPrefixes } from '../../../../../src/overlay/ovs/pipeline/prefixes.ts';
import { blocksOf, cidrPrefix, tunnelField } from '../../../../../src/overlay/ovs/pipeline/spelling.ts';

describe('a prefix', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1', 32],
    ['10.0.0.0/8', '10.0.0.0/8', 8],
    ['10.0.0.1/32', '10.0.0.1', 32],
    ['0.0.0.0/0', '', 0],
    ['::/0', '', 0],
    ['fd00::/64', 'fd00::/64', 64],
    ['fd00::1', 'fd00::1', 128],
    ['::', '::', 128],
    ['::1', '::1', 128],
    ['::ffff', '::ffff', 128],
    ['::1:0', '::0.1.0.0', 128],
    ['::7f00:1', '::127.0.0.1', 128],
    ['::ffff:a00:1', '::ffff:10.0.0.1', 128],
    ['::ffff:0:0/96', '::ffff:0.0.0.0/96', 96],
    ['::1:0:0', '::1:0:0', 128],
  ])('%s is spelt as the C library spells it', (text, spelt, length) => {
    expect(cidrPrefix(text)).toMatchObject({ text: spelt, length });
  });

  it.each(['', '10.0.0.1/8', 'x', '10.0.0.0/33'])('%s is none', (text) => {
    expect(cidrPrefix(text)).toBeUndefined();
  });
});

it('names the address of a tunnel by its family', () => {
  expect(tunnelField('172.31.0.1', 'src')).toEqual({ field: 'tun_src', text: '172.31.0.1' });
  expect(tunnelField('fd31::1', 'dst')).toEqual({ field: 'tun_ipv6_dst', text: 'fd31::1' });
  expect(tunnelField('nowhere', 'dst')).toBeUndefined();
});

it('divides a range of ports into blocks that hold each of them once, and as few as can be', () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  fc.assert(
    fc.property(port, port, (a, b) => {
      const [first, last] = a < b ? [a, b] : [b, a];
      let next = first;
      const blocks = blocksOf(first, last);
      for (const { value, bits } of blocks) {
        const size = 2 ** (16 - bits);
        expect(value).toBe(next);
        expect(value % size).toBe(0);
        next = value + size;
      }
      expect(next).toBe(last + 1);
      expect(blocks.length).toBeLessThanOrEqual(30);
    }),
  );
  expect(blocksOf(0, 65_535)).toEqual([{ value: 0, bits: 0 }]);
  expect(blocksOf(80, 95)).toEqual([{ value: 80, bits: 12 }]);
});

const grant = (protocol: GrantAcl['protocol'], ports?: GrantAcl['ports']): GrantAcl => ({
  kind: 'acl',
  id: '0'.repeat(24),
  side: 'egress',
  from: 't/a',
  to: 't/b',
  protocol,
  ...(ports === undefined ? {} : { ports }),
  action: 'allow',
  tier: 'grant',
});

describe('a port set', () => {
  it.each<[string, GrantAcl[], string]>([
    ['of nothing', [], ''],
    ['of sctp', [grant('sctp', [[1, 2]])], '132:1-2'],
    ['of anything', [grant('tcp', [[1, 2]]), grant('any')], 'any'],
    ['of all ports', [grant('tcp', [[1, 2]]), grant('tcp')], '6:'],
    ['of icmp', [grant('icmp')], '1:'],
    [
      'of several protocols',
      [grant('udp', [[53, 53]]), grant('icmp'), grant('tcp', [[80, 80]])],
      '1:;6:80-80;17:53-53',
    ],
    ['of ranges that meet', [grant('tcp', [[1, 5]]), grant('tcp', [[6, 9]])], '6:1-9'],
    ['of ranges that do not meet', [grant('tcp', [[1, 5]]), grant('tcp', [[7, 9]])], '6:1-5,7-9'],
    ['of ranges in one another', [grant('tcp', [[1, 50]]), grant('tcp', [[6, 9]])], '6:1-50'],
    ['of ranges that overlap', [grant('tcp', [[6, 60]]), grant('tcp', [[1, 9]])], '6:1-60'],
  ])('%s has one text', (_, grants, text) => {
    expect(portSetText(grants)).toBe(text);
  });

  it('is matched part by part', () => {
    expect(portSetParts('any')).toEqual(['']);
    expect(portSetParts('1:;6:;17:53-53,80-95')).toEqual([
      'reg10=0x10000/0xffff0000',
      'reg10=0x60000/0xffff0000',
      'reg10=0x110035',
      'reg10=0x110050/0xfffffff0',
    ]);
  });

  it('has a number without leading zeros, but for registers', () => {
    const id = '00000000000000120000000000000003';
    expect(portSetValue(id)).toBe('0x120000000000000003');
    expect(portSetMatch(id)).toBe('reg12=0,reg13=0x12,reg14=0,reg15=0x3');
  });
});

it('gives a prefix to the external that owns it by the longest of its own, and to nobody that excepts it by a longer one', () => {
  const external = (endpoint: string, ips: string[], except?: string[]): BindingObject => ({
    kind: 'binding',
    endpoint,
    vni: 1,
    host: 'h',
    interface: 'i',
    ips,
    ...(except === undefined ? {} : { except }),
  });
  const owners = (...externals: BindingObject[]): [string, string | undefined][] =>
    ownedPrefixes(externals).map(({ prefix, owner }) => [prefix.text, owner?.endpoint]);
  expect(owners(external('wide', ['10.0.0.0/8'], ['10.1.0.0/16']))).toEqual([
    ['10.0.0.0/8', 'wide'],
    ['10.1.0.0/16', undefined],
  ]);
  expect(owners(external('both', ['10.1.0.0/16'], ['10.1.0.0/16']))).toEqual([['10.1.0.0/16', 'both']]);
  expect(
    owners(
      external('wide', ['10.0.0.0/8', 'fd00::/8'], ['10.1.0.0/16']),
      external('narrow', ['10.1.0.0/16']),
    ),
  ).toEqual([
    ['10.1.0.0/16', 'narrow'],
    ['10.0.0.0/8', 'wide'],
    ['fd00::/8', 'wide'],
  ]);
  expect(owners(external('b', ['10.0.0.0/8']), external('a', ['10.0.0.0/8', 'nonsense']))).toEqual([
    ['10.0.0.0/8', 'a'],
  ]);
});
