import { describe, expect, it } from 'vitest';
import {
  bridgeStandingTable,
  controllerTable,
  monitoredTables,
  switchTable,
  type ControllerRow,
} from '../../../../../src/overlay/ovs/ovsdb/tables.ts';
import { mapValue, setValue } from '../../../../../src/overlay/ovs/ovsdb/wire.ts';
import { listenersOf } from '../../../../../src/overlay/ovs/switch/listeners.ts';
import { watchedSettings } from '../../../../../src/overlay/ovs/switch/settings.ts';
import { lostDatapath } from '../../../../../src/overlay/ovs/switch/speech.ts';
import type { SwitchStanding } from '../../../../../src/overlay/ovs/switch/switch-view.ts';

function standing(types: readonly string[], bridge?: { type: string; made?: string }): SwitchStanding {
  const ids = mapValue(bridge?.made === undefined ? [] : [['isoledger-datapath', bridge.made]]);
  const row = { name: 'iso-1', datapath_type: bridge?.type ?? '', external_ids: ids };
  return {
    root: { uuid: 'r', row: switchTable.row.parse({ datapath_types: setValue(types) }) },
    bridge: bridge === undefined ? undefined : { uuid: 'b', row: bridgeStandingTable.row.parse(row) },
  };
}

describe('the datapath of a bridge is put back', () => {
  it.each([
    ['to the one that it was made on', standing(['netdev'], { type: 'dummy', made: 'netdev' }), 'netdev'],
    ['from that of the kernel, where it was made on another', standing(['netdev'], { type: 'system', made: 'netdev' }), 'netdev'], // prettier-ignore
    [
      'to that of the kernel, as a new one would be',
      standing(['netdev', 'system'], { type: 'dummy' }),
      'system',
    ],
    ['to the other, as a new one would be', standing(['netdev'], { type: 'dummy' }), 'netdev'],
    ['not where there is none', standing(['netdev']), undefined],
    [
      'not from one that is there',
      standing(['netdev', 'system'], { type: 'netdev', made: 'system' }),
      undefined,
    ],
    ['not from the kernel, which has no word', standing(['system'], { type: '', made: 'netdev' }), undefined],
    [
      'not where the kernel lost its own',
      standing(['netdev'], { type: 'system', made: 'system' }),
      undefined,
    ],
    ['not where the kernel lost what may be its own', standing(['netdev'], { type: '' }), undefined],
    ['not to one that is gone as well', standing(['netdev'], { type: 'dummy', made: 'system' }), undefined],
    [
      'not where the switch does not say what it has',
      standing([], { type: 'dummy', made: 'netdev' }),
      undefined,
    ],
  ])('%s', (_what, seen, expected) => {
    expect(lostDatapath(seen)).toBe(expected);
  });
});

describe('the listeners of a bridge', () => {
  const row = (target: string, owner?: string): ControllerRow =>
    controllerTable.row.parse({
      target,
      external_ids: mapValue(owner === undefined ? [] : [['isoledger', owner]]),
    });
  const rows = new Map(
    Object.entries({
      a: row('pssl:6653:192.0.2.1', 'iso-1'),
      b: row('pssl:6654:192.0.2.1', 'iso-1'),
      c: row('pssl:6655:192.0.2.1'),
      d: row('pssl:6656:192.0.2.1', 'iso-2'),
      e: row('tcp:192.0.2.1:1'),
    }),
  );

  it.each([
    ['ssl:192.0.2.1:6653', { wanted: ['a'], left: ['b'], ofOthers: ['c', 'd'] }],
    ['ssl:192.0.2.1:6655', { wanted: ['c'], left: ['a', 'b'], ofOthers: ['d'] }],
    [undefined, { wanted: [], left: ['a', 'b'], ofOthers: ['c', 'd'] }],
  ])('are told apart by the document, which says %s', (openFlowAddress, expected) => {
    const referred = ['a', 'b', 'c', 'd', 'gone'];
    const found = listenersOf({ bridge: 'iso-1', openFlowAddress }, { referred, rows });
    const uuids = (each: readonly { uuid: string }[]): string[] => each.map(({ uuid }) => uuid);
    expect({
      wanted: uuids(found.wanted),
      left: uuids(found.left),
      ofOthers: uuids(found.ofOthers),
    }).toEqual(expected);
  });
});

it('what is judged is what is heard of', () => {
  const heard = {
    Bridge: monitoredTables.bridges,
    Port: monitoredTables.ports,
    Interface: monitoredTables.interfaces,
  };
  for (const [table, column] of watchedSettings) expect(Object.keys(heard[table].columns)).toContain(column);
});
