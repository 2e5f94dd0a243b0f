import { describe, expect, it } from 'vitest';
import type { SwitchChange } from '../../../../src/overlay/ovs/ovsdb/monitored-switch.ts';
import { monitoredTables, type ControllerRow } from '../../../../src/overlay/ovs/ovsdb/tables.ts';
import { mapValue } from '../../../../src/overlay/ovs/ovsdb/wire.ts';
import { changesByOthers, isEmptied } from '../../../../src/overlay/ovs/outside-rows.ts';
import { markWords } from '../../../../src/overlay/ovs/switch/mark.ts';
import { ovsDriver } from '../../../../src/overlay/ovs/driver.ts';
import { OverlayUnavailable } from '../../../../src/overlay/faults.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';

const uuid = '11111111-1111-4111-8111-111111111111';
const ofOurs = { external_ids: mapValue([['isoledger', 'iso-1']]) };

const rows = {
  Open_vSwitch: monitoredTables.switches.row.parse({}),
  Bridge: monitoredTables.bridges.row.parse({ name: 'iso-1' }),
  Port: monitoredTables.ports.row.parse({ name: 'vm-1', ...ofOurs }),
  Interface: monitoredTables.interfaces.row.parse({ name: 'vm-1', ...ofOurs }),
};

/** A bridge whose driver noted a change. */
function noted(change: string): typeof rows.Bridge {
  return { ...rows.Bridge, external_ids: new Map([['isoledger-change', change]]) };
}

function left(mark: string): typeof rows.Open_vSwitch {
  return { ...rows.Open_vSwitch, external_ids: new Map([['isoledger-iso-1', mark]]) };
}

const managed = { ...rows.Open_vSwitch, manager_options: new Set([uuid]) };
const waiting = { ...rows.Open_vSwitch, other_config: new Map([['flow-restore-wait', 'true']]) };

/** A mark as it is left for a bridge that is taken away. */
function markOf(objects: number): string {
  return markWords({ ledger: 'ledger-1', shard: 'shard-1', plan: 4, digest: 'a'.repeat(64), objects });
}

const gone: SwitchChange = { table: 'Bridge', uuid, before: rows.Bridge, after: undefined };

function controller(target: string): ControllerRow {
  return { target, external_ids: new Map() };
}

describe('a transaction of a database', () => {
  it.each<[words: string[], changes: SwitchChange[]]>([
    [['bridge iso-1 came'], [{ table: 'Bridge', uuid, before: undefined, after: rows.Bridge }]],
    [['bridge iso-1 went'], [{ table: 'Bridge', uuid, before: rows.Bridge, after: undefined }]],
    [
      ['bridge iso-1 was changed'],
      [{ table: 'Bridge', uuid, before: rows.Bridge, after: { ...rows.Bridge, fail_mode: 'standalone' } }],
    ],
    [['port vm-1 went'], [{ table: 'Port', uuid, before: rows.Port, after: undefined }]],
    [
      ['interface vm-1 was changed'],
      [
        {
          table: 'Interface',
          uuid,
          before: rows.Interface,
          after: { ...rows.Interface, ofport_request: 7 },
        },
      ],
    ],
    [
      ['port vm-1 was changed'],
      [{ table: 'Port', uuid, before: rows.Port, after: { ...rows.Port, tag: 7 } }],
    ],
    [
      ['interface vm-1 was changed'],
      [{ table: 'Interface', uuid, before: rows.Interface, after: { ...rows.Interface, mtu_request: 9 } }],
    ],
    [
      ['settings of the switch were changed'],
      [{ table: 'Open_vSwitch', uuid, before: rows.Open_vSwitch, after: managed }],
    ],
    [
      ['settings of the switch were changed'],
      [{ table: 'Open_vSwitch', uuid, before: rows.Open_vSwitch, after: waiting }],
    ],
    [
      ['controller tcp:a was changed'],
      [{ table: 'Controller', uuid, before: controller('tcp:a'), after: controller('tcp:b') }],
    ],
    [
      ['manager tcp:a was changed'],
      [{ table: 'Manager', uuid, before: { target: 'tcp:a' }, after: { target: 'tcp:b' } }],
    ],
    [
      ['the mark of a host without a bridge was changed'],
      [{ table: 'Open_vSwitch', uuid, before: left('a'), after: left('b') }],
    ],
  ])('of others is told: %j', (words, changes) => {
    expect(changesByOthers(changes, 'iso-1')).toEqual(words);
  });

  it.each<[what: string, changes: SwitchChange[]]>([
    [
      'that a driver notes at its bridge',
      [
        { table: 'Port', uuid, before: rows.Port, after: undefined },
        { table: 'Bridge', uuid, before: noted('a'), after: noted('b') },
      ],
    ],
    ['in which a driver makes its bridge', [{ table: 'Bridge', uuid, before: undefined, after: noted('a') }]],
    [
      'that takes a mark away',
      [{ table: 'Open_vSwitch', uuid, before: left('a'), after: rows.Open_vSwitch }],
    ],
    [
      'in which the switch says what came of an interface',
      [
        {
          table: 'Interface',
          uuid,
          before: rows.Interface,
          after: { ...rows.Interface, ofport: 7, link_state: 'up' },
        },
      ],
    ],
    [
      'in which a controller or manager comes, whose row says so,',
      [
        { table: 'Controller', uuid, before: undefined, after: controller('tcp:a') },
        { table: 'Manager', uuid, before: { target: 'tcp:a' }, after: undefined },
      ],
    ],
    [
      'in which the switch names its bridge',
      [{ table: 'Bridge', uuid, before: rows.Bridge, after: { ...rows.Bridge, datapath_id: '00' } }],
    ],
  ])('%s is not told', (_what, changes) => {
    expect(changesByOthers(changes, 'iso-1')).toEqual([]);
  });

  it.each(['iso-2', 'br-int'])('at %s is told of no other bridge', (bridge) => {
    const changes: SwitchChange[] = [
      { table: 'Bridge', uuid, before: undefined, after: noted('a') },
      { table: 'Port', uuid, before: undefined, after: rows.Port },
      { table: 'Interface', uuid, before: undefined, after: rows.Interface },
      { table: 'Open_vSwitch', uuid, before: undefined, after: left('a') },
    ];
    expect(changesByOthers(changes, bridge)).toEqual([]);
  });
});

it('a host of which nothing says how it is reached cannot be watched', async () => {
  const driver = ovsDriver({ ledger: 'ledger-1', shard: 'shard-1', hosts: new Map(), clock: systemClock });
  const { signal } = new AbortController();
  await expect(driver.watch?.('hv-1', signal)).rejects.toThrow(OverlayUnavailable);
});

describe('a bridge that goes', () => {
  it.each<[isOurs: boolean, what: string, changes: SwitchChange[]]>([
    [
      true,
      'with the mark of nothing',
      [gone, { table: 'Open_vSwitch', uuid, before: left('a'), after: left(markOf(0)) }],
    ],
    [
      false,
      'with a mark of objects',
      [gone, { table: 'Open_vSwitch', uuid, before: left('a'), after: left(markOf(3)) }],
    ],
    [
      false,
      'with words that are no mark',
      [gone, { table: 'Open_vSwitch', uuid, before: left('a'), after: left('b') }],
    ],
    [
      false,
      'with nothing',
      [gone, { table: 'Open_vSwitch', uuid, before: left('a'), after: rows.Open_vSwitch }],
    ],
    [
      false,
      'not, and its mark is left',
      [{ table: 'Open_vSwitch', uuid, before: left('a'), after: left(markOf(0)) }],
    ],
  ])('is taken by its driver: %s where it leaves its place %s', (isOurs, _what, changes) => {
    expect(isEmptied(changes, 'iso-1')).toBe(isOurs);
    expect(isEmptied(changes, 'iso-2')).toBe(false);
  });
});
