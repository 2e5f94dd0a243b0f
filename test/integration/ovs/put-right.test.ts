import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { appliedShard, type AppliedShard } from '../../../projections/applied/applied.ts';
import { hostsDrivenBy } from '../../../projections/directory/directory.ts';
import { expectedOf } from '../../../src/apply/drive/expected-set.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import { watchedSettings } from '../../../src/overlay/ovs/switch/settings.ts';
import type { DriverFor, HostReading, OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { ForeignState } from '../../../src/runtime/errors.ts';
import { verify, type Verdict } from '../../../src/verify/verify.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { Stage } from '../../support/stage.ts';

const shard = 'shard-1';
const bridge = bridgeNameOf(shard);
const host = 'hx';
const [one, two] = ['vm-red-1', 'vm-blue-1'];
const tunnel = `isx${bridge.slice(3)}`;

/** What somebody does to a host, as words for ovs-vsctl or in another way, and how it is undone where no command of ours does that. */
interface Tampering {
  readonly what: string;
  readonly tamper: readonly string[] | ((machine: OvsSwitch) => void | Promise<void>);
  /** Undefined where a sync puts it right. */
  readonly undo?: readonly string[];
}

const forwardAll = ['add-flow', 'priority=1,actions=NORMAL'];
/** A bridge of somebody else, beside ours. */
const elsewhere = ['add-br', 'br-other', '--', 'set', 'bridge', 'br-other', 'datapath_type=netdev'];
const put = (...words: readonly string[]): readonly string[] => ['set', ...words];

/** A value for each column that is watched since it changes what passes, and how it is set. */
const packetSettings: Readonly<Record<string, Pick<Tampering, 'tamper' | 'undo'>>> = {
  'Bridge mirrors': {
    tamper: ['--', '--id=@p', 'get', 'port', two, '--', '--id=@m', 'create', 'mirror', 'name=m', 'select-all=true', 'output-port=@p', '--', 'set', 'bridge', bridge, 'mirrors=@m'], // prettier-ignore
    undo: ['clear', 'bridge', bridge, 'mirrors'],
  },
  'Bridge flow_tables': {
    tamper: ['--', '--id=@t', 'create', 'flow_table', 'flow-limit=500', '--', 'set', 'bridge', bridge, 'flow_tables:250=@t'], // prettier-ignore
    undo: ['clear', 'bridge', bridge, 'flow_tables'],
  },
  'Bridge stp_enable': {
    tamper: put('bridge', bridge, 'stp_enable=true'),
    undo: put('bridge', bridge, 'stp_enable=false'),
  },
  'Bridge rstp_enable': {
    tamper: put('bridge', bridge, 'rstp_enable=true'),
    undo: put('bridge', bridge, 'rstp_enable=false'),
  },
  'Port tag': { tamper: put('port', one, 'tag=7'), undo: ['clear', 'port', one, 'tag'] },
  'Port trunks': { tamper: put('port', one, 'trunks=7'), undo: ['clear', 'port', one, 'trunks'] },
  'Port cvlans': { tamper: put('port', one, 'cvlans=7'), undo: ['clear', 'port', one, 'cvlans'] },
  'Port vlan_mode': {
    tamper: put('port', one, 'vlan_mode=trunk'),
    undo: ['clear', 'port', one, 'vlan_mode'],
  },
  'Port bond_mode': {
    tamper: put('port', one, 'bond_mode=active-backup'),
    undo: ['clear', 'port', one, 'bond_mode'],
  },
  'Port lacp': { tamper: put('port', one, 'lacp=passive'), undo: ['clear', 'port', one, 'lacp'] },
  'Port protected': {
    tamper: put('port', one, 'protected=true'),
    undo: put('port', one, 'protected=false'),
  },
  'Interface bfd': {
    tamper: put('interface', one, 'bfd:enable=true'),
    undo: ['clear', 'interface', one, 'bfd'],
  },
};

const settings = watchedSettings
  .filter(([, , , effect]) => effect === 'packets')
  .map(([table, column]): Tampering => {
    const what = `${table} ${column}`;
    const found = packetSettings[what];
    if (found === undefined) throw new Error(`no value for ${what}`);
    return { what, ...found };
  });

const others: readonly Tampering[] = [
  {
    what: 'a second device in a port',
    tamper: ['--', '--id=@i', 'create', 'interface', 'name=vm-joined', '--', 'add', 'port', one, 'interfaces', '@i'], // prettier-ignore
    undo: ['del-port', one],
  },
  {
    what: 'a controller',
    tamper: ['set-controller', bridge, 'tcp:192.0.2.200:6653'],
    undo: ['del-controller', bridge],
  },
  {
    what: 'a switch that waits for flows',
    tamper: put('open', '.', 'other_config:flow-restore-wait=true'),
    undo: ['clear', 'open', '.', 'other_config'],
  },
  { what: 'a bridge that forwards by itself', tamper: ['set-fail-mode', bridge, 'standalone'] },
  {
    what: 'a bridge in band',
    tamper: ['remove', 'bridge', bridge, 'other_config', 'disable-in-band'],
  },
  { what: 'a mute bridge', tamper: put('bridge', bridge, 'protocols=OpenFlow10') },
  {
    what: 'another datapath',
    tamper: ['--no-wait', ...put('bridge', bridge, 'datapath_type=dummy')],
  },
  { what: 'a tunnel with another key', tamper: put('interface', tunnel, 'options:key=7') },
  { what: 'a tunnel of another type', tamper: put('interface', tunnel, 'type=gre') },
  { what: 'a tunnel that is gone', tamper: ['del-port', tunnel] },
  {
    what: 'a tunnel without its number, which another port has',
    tamper: ['del-port', tunnel, '--', 'add-port', bridge, 'vm-first', '--', 'set', 'interface', 'vm-first', 'type=internal', 'ofport_request=1'], // prettier-ignore
    undo: ['del-port', 'vm-first'],
  },
  {
    what: 'a tunnel whose number another port had before',
    tamper: (machine) => {
      machine.tell('del-port', tunnel, '--', 'add-port', bridge, 'vm-first', '--', 'set', 'interface', 'vm-first', 'type=internal', 'ofport_request=1'); // prettier-ignore
      machine.tell('add-port', bridge, tunnel, '--', 'set', 'port', tunnel, `external_ids:isoledger=${bridge}`, '--', 'set', 'interface', tunnel, 'type=vxlan', 'ofport_request=1', 'options:key=flow', 'options:remote_ip=flow', 'options:local_ip=172.30.14.1', `external_ids:isoledger=${bridge}`); // prettier-ignore
    },
    undo: ['del-port', 'vm-first'],
  },
  {
    what: 'ports that are on another bridge as well',
    tamper: [...elsewhere, '--', '--id=@a', 'get', 'port', one, '--', '--id=@b', 'get', 'port', two, '--', 'add', 'bridge', 'br-other', 'ports', '@a', '@b'], // prettier-ignore
    undo: ['clear', 'bridge', 'br-other', 'ports'],
  },
  {
    what: 'tunnels that are on another bridge as well',
    tamper: [...elsewhere, '--', '--id=@a', 'get', 'port', tunnel, '--', 'add', 'bridge', 'br-other', 'ports', '@a'], // prettier-ignore
    undo: ['clear', 'bridge', 'br-other', 'ports'],
  },
  {
    what: 'a device that is in a port of another bridge as well',
    tamper: [...elsewhere, '--', '--id=@a', 'get', 'interface', one, '--', '--id=@p', 'create', 'port', 'name=vm-joined', 'interfaces=@a', '--', 'add', 'bridge', 'br-other', 'ports', '@p'], // prettier-ignore
    undo: ['clear', 'bridge', 'br-other', 'ports'],
  },
  {
    what: 'a device that is in another port of ours as well',
    tamper: ['--', '--id=@a', 'get', 'interface', one, '--', 'add', 'port', two, 'interfaces', '@a'],
    undo: ['del-port', two],
  },
  {
    what: 'a tunnel of another bridge that takes what comes in for ours',
    tamper: [...elsewhere, '--', 'add-port', 'br-other', 'vm-taking', '--', 'set', 'interface', 'vm-taking', 'type=vxlan', 'options:key=7300', 'options:remote_ip=172.30.14.2'], // prettier-ignore
    undo: ['del-br', 'br-other'],
  },
  {
    what: 'a tunnel of another bridge that would take what comes in once the shard changes its tunnels',
    tamper: [...elsewhere, '--', 'add-port', 'br-other', 'vm-taking', '--', 'set', 'interface', 'vm-taking', 'type=geneve', 'options:key=7300', 'options:remote_ip=flow'], // prettier-ignore
    undo: ['del-br', 'br-other'],
  },
  {
    what: 'a tunnel of another bridge that would take what comes in of a network to come',
    tamper: [...elsewhere, '--', 'add-port', 'br-other', 'vm-taking', '--', 'set', 'interface', 'vm-taking', 'type=vxlan', 'options:key=7399', 'options:remote_ip=flow'], // prettier-ignore
    undo: ['del-br', 'br-other'],
  },
  {
    what: 'a tunnel of another bridge at a port whose number a switch cuts off',
    tamper: [...elsewhere, '--', 'add-port', 'br-other', 'vm-taking', '--', 'set', 'interface', 'vm-taking', 'type=vxlan', 'options:key=7300', 'options:remote_ip=172.30.14.2', 'options:dst_port=70325'], // prettier-ignore
    undo: ['del-br', 'br-other'],
  },
  {
    what: 'a tunnel of somebody else on the bridge itself',
    tamper: ['add-port', bridge, 'vm-taking', '--', 'set', 'interface', 'vm-taking', 'type=geneve', 'options:key=7300', 'options:remote_ip=172.30.14.2'], // prettier-ignore
    undo: ['del-port', 'vm-taking'],
  },
  {
    what: 'a port that somebody let receive nothing',
    tamper: (machine) => machine.askBridge(bridge, ['mod-port', '1', 'no-receive']) && undefined,
  },
  {
    what: 'a port that somebody let forward nothing',
    tamper: (machine) => machine.askBridge(bridge, ['mod-port', '1', 'no-forward']) && undefined,
  },
  {
    what: 'fragments that are dropped',
    tamper: (machine) => machine.askBridge(bridge, ['set-frags', 'drop']) && undefined,
  },
  {
    what: 'fragments that are taken in another way',
    tamper: (machine) => machine.askBridge(bridge, ['set-frags', 'nx-match']) && undefined,
  },
  { what: 'a port that is gone', tamper: ['del-port', one] },
  { what: 'a port of another type', tamper: put('interface', one, 'type=internal') },
  { what: 'a port of another number', tamper: put('interface', one, 'ofport_request=4000') },
  {
    what: 'a port that has the zone of another one',
    tamper: (machine) => {
      const ids = machine.interfaces().map((row) => [row.name, row.external_ids] as const);
      const zone = [...(ids.find(([name]) => name === two)?.[1] ?? [])].find(([key]) => key.includes('zone'));
      const [key] = [...(ids.find(([name]) => name === one)?.[1] ?? [])].find(([name]) => name.includes('zone')) ?? []; // prettier-ignore
      machine.tell('set', 'interface', one, `external_ids:${key ?? ''}=${zone?.[1] ?? ''}`);
    },
  },
  {
    what: 'a port of ours that does not say so',
    tamper: ['clear', 'port', one, 'external_ids'],
    undo: ['del-port', one],
  },
  { what: 'a device of ours that does not say so', tamper: ['clear', 'interface', one, 'external_ids'] },
  {
    what: 'a flow of others that decides',
    tamper: (machine) => machine.askBridge(bridge, forwardAll) && undefined,
    undo: [],
  },
  {
    what: 'flows of ours that are gone',
    tamper: (machine) => machine.askBridge(bridge, ['del-flows', 'table=0']) && undefined,
  },
  {
    what: 'a bridge without flows',
    tamper: (machine) => machine.askBridge(bridge, ['del-flows']) && undefined,
  },
  {
    what: 'a bridge without groups',
    tamper: (machine) => machine.askBridge(bridge, ['del-groups']) && undefined,
  },
  {
    what: 'a rate that is gone',
    tamper: (machine) => machine.askBridge(bridge, ['del-meters']) && undefined,
  },
  { what: 'a switch that started anew', tamper: (machine) => machine.restart('ovs-vswitchd') },
  { what: 'a bridge that is gone', tamper: ['del-br', bridge] },
  {
    what: 'a bridge of no owner',
    tamper: ['clear', 'bridge', bridge, 'external_ids'],
    undo: ['del-br', bridge],
  },
  {
    what: 'a bridge of no owner that forwards everything',
    tamper: (machine) => {
      machine.tell('clear', 'bridge', bridge, 'external_ids');
      machine.askBridge(bridge, ['del-flows']);
      machine.askBridge(bridge, forwardAll);
    },
    undo: ['del-br', bridge],
  },
  {
    what: 'a bridge that somebody made anew in its place',
    tamper: ['del-br', bridge, '--', 'add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=netdev', '--', 'add-port', bridge, one, '--', 'add-port', bridge, two], // prettier-ignore
    undo: ['del-br', bridge],
  },
  {
    what: 'a bridge of another ledger',
    tamper: put('bridge', bridge, `external_ids:isoledger-ledger=11111111-2222-7333-8444-555555555555`),
    undo: ['del-br', bridge],
  },
  {
    what: 'a bridge of another shard that forwards everything',
    tamper: (machine) => {
      machine.tell('set', 'bridge', bridge, 'external_ids:isoledger-shard=shard-9', 'fail_mode=standalone');
    },
  },
  {
    what: 'a bridge of another host that is driven',
    tamper: put('bridge', bridge, 'external_ids:isoledger-host=hy'),
    undo: ['del-br', bridge],
  },
  {
    what: 'a bridge of another host that is driven no more',
    tamper: put('bridge', bridge, 'external_ids:isoledger-host=hz'),
  },
];

describeNeeding(needsOfSwitch, 'whatever a reading finds at a host', () => {
  const machine = new OvsSwitch();
  const other = new OvsSwitch();

  beforeEach(() => {
    machine.clear();
    other.clear();
    machine.tell('clear', 'open', '.', 'other_config', '--', 'del-manager');
  });

  afterAll(() => {
    machine.end();
    other.end();
  });

  const documents = `
{ kind: Shard, shard: shard-1, overlay: ovs, vnis: { from: 7300, to: 7399 } }
---
{ kind: Host, host: ${host}, shard: shard-1, tunnelIp: 172.30.14.1, ovsdb: "${machine.ovsdb}" }
---
{ kind: Host, host: hy, shard: shard-1, tunnelIp: 172.30.14.2, ovsdb: "${other.ovsdb}" }
---
{ kind: Tenant, tenant: red, segments: [web] }
---
tenant: red
qos: { egress: 9Mbps }
---
{ kind: Tenant, tenant: blue, segments: [web] }
---
kind: Endpoints
tenant: red
endpoints:
  - { name: one, segment: web, ip: 10.75.1.11, mac: "02:00:0a:4b:01:0b", host: ${host}, interface: ${one} }
---
kind: Endpoints
tenant: blue
endpoints:
  - { name: one, segment: web, ip: 10.75.2.11, mac: "02:00:0a:4b:02:0b", host: ${host}, interface: ${two} }
`;

  function driving(stage: Stage): DriverFor {
    return (document, hosts) =>
      ovsDriver({ ledger: stage.ledger.id, ...document, hosts, clock: systemClock });
  }

  interface Outcome {
    readonly reading: HostReading | undefined;
    readonly isRight: boolean;
    readonly isOpen: boolean;
    readonly absent: readonly string[];
    readonly verdict: Verdict;
  }

  async function synced(stage: Stage): Promise<Outcome> {
    const { shards, estate } = await stage.sync({ shards: [shard], timeoutMs: 0, driverFor: driving(stage) });
    const applied = appliedShard(estate.state.applied, shard);
    const { directory } = estate.state.intended;
    const document = directory.shards.get(shard);
    if (document === undefined) throw new Error('no such shard');
    const driver = driving(stage)(document, hostsDrivenBy(directory, shard));
    const reading = await readingAt(driver, applied);
    const { verdict } = await verify(stage.ledger, {
      at: { kind: 'now' },
      lane: 'applied',
      clock: stage.clock,
    });
    return {
      reading,
      isRight: reading?.kind === 'objects' && reading.digest === applied.digest,
      isOpen: applied.drifted.has(host),
      absent: shards.flatMap(({ absent, refused }) => [...absent, ...refused].map((each) => each.host)),
      verdict,
    };
  }

  /** Undefined of another ledger's objects, and of a host that was emptied. */
  async function readingAt(driver: OverlayDriver, applied: AppliedShard): Promise<HostReading | undefined> {
    try {
      return await driver.read(host, expectedOf(applied));
    } catch (fault) {
      const isGone = fault instanceof OverlayUnavailable && fault.message.includes('is none of this shard');
      if (fault instanceof ForeignState || isGone) return undefined;
      throw fault;
    }
  }

  const retired = documents
    .split('---')
    .filter((document) => !document.includes(`host: ${host}`))
    .join('---');

  it.each([
    {
      what: 'a bridge of its name that forwards everything',
      tamper: () => {
        machine.tell('del-br', bridge, '--', 'add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=netdev', 'fail_mode=standalone', '--', 'add-port', bridge, one, '--', 'add-port', bridge, two); // prettier-ignore
      },
    },
    {
      what: 'ports of ours that do not say so, on a bridge that forwards everything',
      tamper: () => {
        for (const port of [one, two])
          machine.tell(
            'clear',
            'port',
            port,
            'external_ids',
            '--',
            'clear',
            'interface',
            port,
            'external_ids',
          );
        machine.askBridge(bridge, ['add-flow', 'priority=1,actions=NORMAL']);
      },
    },
  ])('is a gap of a retired host too, until it is gone: $what', async ({ tamper }) => {
    const stage = new Stage(new ManualClock('2026-03-01T12:00:00.000Z'));
    await stage.enact(documents);
    expect(await synced(stage)).toMatchObject(right);
    tamper();
    await stage.enact(retired, 'all');
    const open = { isRight: false, isOpen: true, absent: [host], verdict: 'unknown' };
    for (let times = 0; times < 2; times += 1) expect(await synced(stage)).toMatchObject(open);
    machine.tell('del-br', bridge);
    expect(await synced(stage)).toMatchObject({ isOpen: false, absent: [], verdict: 'proven' });
    expect((await stage.overlayEvents()).at(-1)).toBe(`HostCleared ${host}`);
  });

  const right = { isRight: true, isOpen: false, absent: [], verdict: 'proven' };

  describe.each([...settings, ...others])('$what', ({ tamper, undo }) => {
    it(`${undo === undefined ? 'is put right' : 'stays a gap'} and is acknowledged as right only once it is`, async () => {
      // Switches take real time: none passes for whoever waits for them.
      const stage = new Stage(new ManualClock('2026-03-01T12:00:00.000Z'));
      await stage.enact(documents);
      expect(await synced(stage)).toMatchObject(right);
      if (typeof tamper === 'function') await tamper(machine);
      else machine.tell(...tamper);
      const found = await synced(stage);
      expect((await stage.drifts()).map((drift) => drift.host)).toContain(host);
      if (undo === undefined) expect(found).toMatchObject(right);
      else {
        const open = { isRight: false, isOpen: true, absent: [host], verdict: 'unknown' };
        expect(found).toMatchObject(open);
        // However often it is asked for.
        expect(await synced(stage)).toMatchObject(open);
        if (undo.length > 0) machine.tell(...undo);
        else machine.askBridge(bridge, ['--strict', 'del-flows', 'priority=1']);
        expect(await synced(stage)).toMatchObject(right);
      }
    });
  });
});
