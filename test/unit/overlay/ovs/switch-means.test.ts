import { describe, expect, it } from 'vitest';
import {
  featuresIn,
  meansOf,
  versionIn,
  type SaidOfSwitch,
} from '../../../../src/overlay/ovs/switch-means.ts';

const features = featuresIn(
  'Masked set action: Yes\nRecirc: Yes\nCT state: Yes\nCT zone: Yes\nCT orig tuple: Yes\nCT orig tuple for IPv6: Yes\n',
);

const sound: SaidOfSwitch = {
  version: '3.1.0',
  datapathTypes: ['netdev', 'system'],
  datapathType: 'netdev',
  features,
  meters:
    'OFPST_METER_FEATURES reply (OF1.5) (xid=0x2):\nmax_meter:262144 max_bands:8 max_color:0\nband_types: drop\ncapabilities: kbps pktps burst stats\n',
  ofctl: 'ovs-ofctl (Open vSwitch) 3.1.0\nOpenFlow versions 0x1:0x6\n',
};

describe('what a switch is able to do', () => {
  it('is said in words, and lacks nothing', () => {
    expect(meansOf(sound)).toEqual({
      words: 'Open vSwitch 3.1.0, datapath netdev of netdev, system, asked by ovs-ofctl 3.1.0',
      lacks: [],
    });
    expect(versionIn('ovs-vswitchd (Open vSwitch) 2.17.9\n')).toBe('2.17.9');
  });

  it.each(['2.17', '2.17.9', '3.0.1', '3.7.0'])('is known of version %s', (version) => {
    expect(meansOf({ ...sound, version }).lacks).toEqual([]);
  });

  it.each(['2.16.2', '2.170.1', '4.0.0', '30.1.0'])('is not known of version %s', (version) => {
    expect(meansOf({ ...sound, version }).lacks).toEqual([
      `is of version ${version}: known are 2.17 to 3.x, and nothing is known of any other`,
    ]);
  });

  it.each<[string, Partial<SaidOfSwitch>, RegExp]>([
    ['a version', { version: undefined }, /does not tell its version/],
    ['its datapath', { datapathTypes: ['system'] }, /no datapath netdev, .*: no packet passes/],
    ['zones', { features: new Map([...features, ['CT zone', 'No']]) }, /lacks CT zone: .* are one/],
    ['meters', { meters: 'max_meter:0\nband_types: drop\ncapabilities: kbps' }, /no rate can be held/],
    ['words about meters', { meters: undefined }, /does not tell whether it has meters/],
    ['ovs-ofctl', { ofctl: undefined }, /ovs-ofctl is not installed/],
    ['OpenFlow 1.5', { ofctl: 'ovs-ofctl\nOpenFlow versions 0x1:0x5' }, /does not speak OpenFlow 1\.5/],
    ['OpenFlow', { ofctl: 'ovs-ofctl' }, /does not speak OpenFlow 1\.5/],
  ])('names what cannot be held without %s', (_, lacking, words) => {
    expect(meansOf({ ...sound, ...lacking }).lacks).toEqual([expect.stringMatching(words)]);
  });

  it('is not told of a datapath without a bridge, and of connections only on its own machine', () => {
    const unknown = { ...sound, features: undefined };
    const bare = meansOf({ ...unknown, datapathType: undefined, meters: undefined });
    expect(bare.words).toContain('no bridge of this shard yet');
    expect(meansOf(unknown).words).toContain('tells only on its own machine whether it tracks connections');
    expect([...bare.lacks, ...meansOf(unknown).lacks]).toEqual([]);
  });
});
