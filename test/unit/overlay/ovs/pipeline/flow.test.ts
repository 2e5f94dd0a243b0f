import { describe, expect, it } from 'vitest';
import {
  addLine,
  differenceOf,
  flowId,
  flowText,
  readFlow,
  removeLine,
  type Flow,
} from '../../../../../src/overlay/ovs/pipeline/flow.ts';

const some: Flow = {
  table: 6,
  priority: 300,
  match: 'ip,reg0=0x64,nw_dst=10.0.0.2',
  actions: 'set_field:0x65->reg1,goto_table:7',
};
const every: Flow = { table: 0, priority: 0, match: '', actions: 'drop' };

const flowsBy = (...flows: Flow[]): Map<string, Flow> => new Map(flows.map((flow) => [flowId(flow), flow]));

describe('a flow', () => {
  it('is added and deleted by lines of a bundle', () => {
    expect(addLine(some, '0x15')).toBe(
      'flow add cookie=0x15,table=6,priority=300,ip,reg0=0x64,nw_dst=10.0.0.2,actions=set_field:0x65->reg1,goto_table:7',
    );
    expect(removeLine(some)).toBe('flow delete_strict table=6,priority=300,ip,reg0=0x64,nw_dst=10.0.0.2');
    expect(addLine(every, '0x15')).toBe('flow add cookie=0x15,table=0,priority=0,actions=drop');
    expect(removeLine(every)).toBe('flow delete_strict table=0,priority=0');
  });

  it('has a text by which a dump tells it behind its cookie', () => {
    for (const flow of [some, every])
      expect(readFlow(` cookie=0x15, ${flowText(flow)}`)).toEqual({ ...flow, cookie: '0x15' });
    expect(flowText(every)).toBe('priority=0 actions=drop');
  });

  it('is read as it is dumped, whatever a dump leaves out', () => {
    expect(
      readFlow(
        ' cookie=0x15, table=6, priority=300,ip,reg0=0x64,nw_dst=10.0.0.2 actions=set_field:0x65->reg1,goto_table:7',
      ),
    ).toEqual({ ...some, cookie: '0x15' });
    expect(readFlow(' priority=0 actions=drop')).toEqual({ ...every, cookie: '0x0' });
    expect(readFlow(' ip actions=drop')).toEqual({
      cookie: '0x0',
      table: 0,
      priority: 32_768,
      match: 'ip',
      actions: 'drop',
    });
    expect(readFlow(' cookie=0x7, table=3, idle_timeout=9, priority=5,ip actions=drop')).toMatchObject({
      table: 3,
      match: 'idle_timeout=9, ip',
    });
    expect(readFlow('OFPST_FLOW reply (OF1.5) (xid=0x2):')).toBeUndefined();
  });
});

it('says how flows differ: what is there with other actions is replaced by adding it', () => {
  const changed = { ...some, actions: 'drop' };
  const other = { ...some, table: 7 };
  expect(differenceOf(flowsBy(some, every), flowsBy(changed, other, every))).toEqual({
    remove: [],
    add: [changed, other],
  });
  expect(differenceOf(flowsBy(some, every), flowsBy(every))).toEqual({ remove: [some], add: [] });
});
