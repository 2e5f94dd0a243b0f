import { describe, expect, it } from 'vitest';
import { readFlow, type FoundFlow } from '../../../src/overlay/ovs/pipeline/flow.ts';
import {
  everyLearned,
  isLearned,
  isLearnedCookie,
  learnedCookie,
  learnedIn,
} from '../../../src/overlay/ovs/pipeline/learned.ts';

/** As Open vSwitch 3.1 dumps it. */
const learned =
  ' cookie=0x150f000000008123, table=17, idle_timeout=300, sctp,reg11=0x8123/0xffff,nw_src=10.2.0.1,nw_dst=10.1.0.1,tp_src=3868,tp_dst=2905 actions=set_field:0x10000/0x10000->reg11';
const learnedV6 = learned
  .replace('sctp', 'sctp6')
  .replace('nw_src=10.2.0.1,nw_dst=10.1.0.1', 'ipv6_src=fd00::2,ipv6_dst=fd00::1');

function flowIn(line: string): FoundFlow {
  const flow = readFlow(line);
  if (flow === undefined) throw new Error(line);
  return flow;
}

describe('a flow that a switch learned', () => {
  it.each([learned, learnedV6])('is known: %s', (line) => {
    expect(isLearned(flowIn(line))).toBe(true);
  });

  it.each([
    ['table=17', 'table=16'],
    ['0x8123/0xffff', '0x8124/0xffff'],
    ['0x8123/0xffff', '0x8123'],
    ['0x150f000000008123', '0x150e000000008123'],
    ['0x150f000000008123', '0x150f000001008123'],
    ['10.2.0.1', '10.2.0.0/24'],
    ['nw_dst=10.1.0.1,', ''],
    [',tp_dst=2905', ''],
    ['idle_timeout=300, ', ''],
    ['actions=', 'actions=set_field:0x9->reg0,'],
    ['sctp', 'tcp'],
  ])('is another one with %s in it as %s', (text, other) => {
    expect(isLearned(flowIn(learned.replace(text, other)))).toBe(false);
  });

  it('is named by its zone, or with all others', () => {
    expect(learnedCookie(0x8123)).toBe('0x150f000000008123');
    expect(learnedIn(0x8123)).toBe('cookie=0x150f000000008123/-1,table=17');
    expect(everyLearned).toBe('cookie=0x150f000000000000/0xffff000000000000,table=17');
    expect(
      ['0x150f000000008123', '0x150f', '0x150e000000008123', '0x0'].map((cookie) => isLearnedCookie(cookie)),
    ).toEqual([true, false, false, false]);
  });
});
