import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceOf, flowId, flowText, type Flow } from '../../../../../src/overlay/ovs/pipeline/flow.ts';
import { learnedCookie } from '../../../../../src/overlay/ovs/pipeline/learned.ts';
import { FoundFlows } from '../../../../../src/overlay/ovs/switch/found-flows.ts';
import { cookieOf } from '../../../../../src/overlay/ovs/switch/owner.ts';

const owner = { ledger: 'l', shard: 's' };

const someFlows = fc
  .array(
    fc.record({
      table: fc.integer({ min: 0, max: 2 }),
      priority: fc.integer({ min: 0, max: 1 }),
      match: fc.constantFrom('', 'ip', 'ip,reg0=0x1'),
      actions: fc.constantFrom('drop', 'goto_table:7'),
    }),
  )
  .map((flows) => new Map(flows.map((flow) => [flowId(flow), flow])));

/** Two ways of telling one flow, of which the second leaves a table out that is not said to be the first one. */
const tellings = [
  (cookie: string, flow: Flow) => ` cookie=${cookie}, ${flowText(flow)}`,
  (cookie: string, { table, priority, match, actions }: Flow) =>
    ` cookie=${cookie}, table=${String(table)},  priority=${String(priority)},${match} actions=${actions}`,
] as const;

describe('flows that were found on a bridge', () => {
  it('differ from those that should be there as they do one by one, whatever plan put them and however they are told', () => {
    fc.assert(
      fc.property(
        someFlows,
        someFlows,
        fc.nat(9),
        fc.constantFrom(...tellings),
        (there, wanted, plan, tell) => {
          const found = new FoundFlows(owner);
          for (const flow of there.values()) found.take(tell(cookieOf(owner, plan), flow));
          expect([...found.readOurs().values()]).toMatchObject([...there.values()]);
          expect(found.differenceFrom(wanted.values())).toMatchObject(differenceOf(wanted, there));
          expect(found.others).toEqual([]);
        },
      ),
    );
  });

  it("are told apart by whose they are; what the bridge learned is nobody's", () => {
    const found = new FoundFlows(owner);
    const another = cookieOf({ ledger: 'm', shard: 's' }, 1);
    const learned = `idle_timeout=300, sctp,reg11=0x8000/0xffff,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1,tp_dst=2`;
    for (const line of [
      'OFPST_FLOW reply (OF1.5) (xid=0x2):',
      ` cookie=${another}, table=3, priority=1,ip actions=drop`,
      ' priority=2 actions=drop',
      ` cookie=${learnedCookie(0x8000)}, table=17, ${learned} actions=set_field:0x10000/0x10000->reg11`,
      ` cookie=${cookieOf(owner, 1)}, priority=0 actions=drop`,
    ])
      found.take(line);
    expect(found.others.map(({ cookie }) => cookie)).toEqual([another, '0x0']);
    expect([...found.readOurs().keys()]).toEqual(['0,0,']);
  });
});
