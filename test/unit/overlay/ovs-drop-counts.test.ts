import { describe, expect, it } from 'vitest';
import { MultiMap } from '../../../src/overlay/ovs/pipeline/multi-map.ts';
import { dropCountOf, mayCount } from '../../../src/overlay/ovs/pipeline/drop-counts.ts';
import { tables } from '../../../src/overlay/ovs/pipeline/tables.ts';

const segments = new MultiMap<number, string>();
segments.add(0x1389, 'acme/web');
segments.add(0x138a, 'globex/app');
segments.add(0x138b, 'acme/old');
segments.add(0x138b, 'initech/new');

/** A line as Open vSwitch 3.1 dumps it. */
function line(table: number, rest: string, packets = '7'): string {
  return ` cookie=0x150e1a2b3c000001, duration=12.345s, table=${String(table)}, n_packets=${packets}, n_bytes=588, idle_age=3, hard_age=9, ${rest}`;
}

const pair = 'priority=100,reg0=0x1389,reg1=0x138a actions=drop';

describe('a line of a dump with counters', () => {
  it.each([
    [line(tables.dropped, pair), { from: 'acme/web', to: 'globex/app', by: 'default', packets: 7 }],
    [
      line(tables.destination, 'priority=10,reg0=0x1389 actions=drop'),
      { from: 'acme/web', to: null, by: 'no-address', packets: 7 },
    ],
    [
      line(tables.cutEgress, 'priority=10,reg0=0x1389,reg2=0x1/0x1 actions=note:00.01.02.03.04.05'),
      { from: 'acme/web', to: null, by: 'quarantine', packets: 7 },
    ],
    [
      line(tables.cutIngress, 'priority=10,reg1=0x138a,reg2=0x2/0x2 actions=note:00.01.02.03.04.05'),
      { from: null, to: 'globex/app', by: 'quarantine', packets: 7 },
    ],
    [line(tables.dropped, pair, '0'), { from: 'acme/web', to: 'globex/app', by: 'default', packets: 0 }],
    [line(tables.dropped, pair, '99999999999999999999'), { packets: Number.MAX_SAFE_INTEGER }],
  ])('%s tells what was dropped', (dumped, expected) => {
    expect(mayCount(dumped)).toBe(true);
    expect(dropCountOf(dumped, segments)).toMatchObject(expected);
  });

  it.each([
    ['a heading', 'OFPST_FLOW reply (OF1.5) (xid=0x2):'],
    ['nothing', ''],
    ['a flow without counters', ' cookie=0x15, table=16, priority=100,reg0=0x1389,reg1=0x138a actions=drop'],
    ['a counter that is no number', line(tables.dropped, pair, 'n/a')],
    ['a flow of no table', ' cookie=0x15, n_packets=1, priority=100 actions=drop'],
    ['what leads on', line(tables.cutEgress, 'priority=20,reg0=0x1389,reg1=0x138a actions=goto_table:8')],
    ['what no network sent', line(tables.dropped, 'priority=1,reg1=0x138a actions=drop')],
    ['what goes to no network', line(tables.dropped, 'priority=1,reg0=0x1389 actions=drop')],
    [
      'what is dropped whoever sends it',
      line(tables.destination, 'priority=2000,icmp,icmp_type=5 actions=drop'),
    ],
    ['what has one field', line(tables.destination, 'priority=2000,arp actions=drop')],
    [
      'an address that is found',
      line(tables.destination, 'priority=300,ip,reg0=0x1389,nw_dst=10.1.0.1 actions=drop'),
    ],
    ['another table', line(tables.accept, pair)],
    ['a sender that is not known', line(tables.dropped, 'priority=100,reg0=0x1,reg1=0x138a actions=drop')],
    ['a network of two', line(tables.dropped, 'priority=100,reg0=0x1389,reg1=0x138b actions=drop')],
  ])('tells nothing of %s', (_what, dumped) => {
    expect(dropCountOf(dumped, segments)).toBeUndefined();
  });

  it('is not read where its flow leads on', () => {
    expect(mayCount(line(tables.destination, 'priority=300,ip,reg0=0x1389 actions=goto_table:7'))).toBe(
      false,
    );
    expect(mayCount('OFPST_FLOW reply (OF1.5) (xid=0x2):')).toBe(false);
  });
});
