import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../../infra/lab/lab.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import { describeNeeding } from '../../support/needs.ts';
import { change, documentsOf, probesNow, recordText, succeed, textOf } from './documents-of-lab.ts';
import { labOf, packetNeeds, threeHosts } from './estates.ts';
import { differencesOf } from './matrix.ts';
import { ofctl } from './ofctl.ts';
import { Packets } from './packets.ts';

const ours = bridgeNameOf('s1');
const theirs = 'br-theirs';

/** A flow of others in a table to which no packet of ours comes. */
const aside = 'table=100,priority=7,ip,nw_src=192.0.2.0/24 actions=drop';
/** One that would let packets past every judgement. */
const inTheWay = 'table=9,priority=65000,ip,nw_src=10.6.0.1 actions=LOCAL';

const columns = {
  bridge: '_uuid,name,ports,external_ids,other_config,fail_mode,protocols,controller,datapath_type',
  port: '_uuid,name,interfaces,external_ids,tag,trunks',
  interface: '_uuid,name,type,options,external_ids,ofport,ofport_request,admin_state',
};

describeNeeding(packetNeeds, 'what others have at a switch', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await labOf('fo', threeHosts);
    for (const host of ['h1', 'h3']) {
      for (const device of ['theirs0', 'stray0']) {
        const made = ['ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', `${device}-end`];
        expect(await lab.runAt(host, made)).toMatchObject({ code: 0 });
      }
      await vsctl(host, [
        ...['add-br', theirs, '--', 'set', 'bridge', theirs, 'datapath_type=netdev', 'fail_mode=secure'],
        ...['protocols=OpenFlow13,OpenFlow15', 'external_ids:owner=them'],
        ...['--', 'add-port', theirs, 'theirs0', 'tag=7'],
        ...['--', 'add-port', theirs, 'theirs-gre', '--', 'set', 'interface', 'theirs-gre', 'type=gre'],
        ...['options:remote_ip=172.31.0.200', 'options:key=77'],
        ...['--', 'add-port', ours, 'stray0', '--', 'set', 'interface', 'stray0', 'external_ids:owner=them'],
      ]);
      for (const [bridge, flow] of [
        [theirs, 'table=0,priority=5,arp actions=NORMAL'],
        [theirs, 'table=9,priority=65000,ip actions=drop'],
        [ours, aside],
      ] as const)
        await ofctl(lab, host, ['add-flow', bridge, `cookie=0x7e1f,${flow}`]);
      await ofctl(lab, host, ['add-group', ours, 'group_id=9,type=all,bucket=actions=drop']);
      await ofctl(lab, host, ['add-meter', theirs, 'meter=5,kbps,band=type=drop,rate=100']);
    }
  });

  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
  });

  it('stays as it is through changes, rebuilding and retirement, and is told of', async () => {
    const before = await told();
    await change(lab, 'ports: [443]', 'ports: [80]');
    expect(await told()).toEqual(before);
    await succeed(lab, ['rebuild', '--shard', 's1']);
    expect(await told()).toEqual(before);
    const doctor = await lab.isoledger(['doctor', '--json']);
    for (const quoted of ['table=100,priority=7,ip,nw_src=192.0.2.0/24', 'stray0'])
      expect(doctor.out).toContain(quoted);
    // The third host is retired, with all that it carries.
    const text = textOf(lab);
    const retired = text
      .replace('{ kind: Host, host: h3, shard: s1,', '{ kind: Gone,')
      .split('---\n')
      .filter((piece) => !piece.includes('kind: Gone'))
      .map((piece) => piece.replace(/ {2}- \{ name: evil-2.*\n/, ''))
      .join('---\n');
    await recordText(lab, retired);
    await succeed(lab, ['sync']);
    expect(await told()).toEqual(before);
    expect(await ofctl(lab, 'h3', ['dump-flows', '--no-stats', ours])).toBe(
      ` cookie=0x7e1f, ${aside.replace('table=100,', 'table=100, ')}`,
    );
    await recordText(lab, text);
    await succeed(lab, ['sync']);
    expect(await told()).toEqual(before);
    await succeed(lab, ['verify']);
    expect(documentsOf(lab).some((each) => each.kind === 'Host' && each.host === 'h3')).toBe(true);
  });

  it('and could change a verdict is quoted, makes nothing known of that host, and is not touched', async () => {
    await ofctl(lab, 'h1', ['add-flow', ours, `cookie=0x7e1f,${inTheWay}`]);
    const before = await told();
    const doctor = await lab.isoledger(['doctor', '--json']);
    expect(doctor.code).not.toBe(0);
    expect(doctor.out).toContain('table=9,priority=65000,ip,nw_src=10.6.0.1 actions=LOCAL');
    expect(doctor.out).toContain('have it taken away there');
    expect(doctor.out).not.toContain('isoledger sync drives it there');
    for (const words of [['sync'], ['rebuild', '--shard', 's1']]) {
      const driven = await lab.isoledger([...words, '--timeout', '1s']);
      expect(driven.code, words.join(' ')).toBe(5);
      expect(`${driven.out}${driven.err}`).toContain('flows that somebody else put');
      expect(await lab.isoledger(['verify'])).toMatchObject({ code: 7 });
      expect(await told()).toEqual(before);
    }
    await ofctl(lab, 'h1', ['--strict', 'del-flows', ours, 'table=9,priority=65000,ip,nw_src=10.6.0.1']);
    await succeed(lab, ['sync']);
    await succeed(lab, ['doctor']);
    await using packets = await Packets.open(lab, [53, 5432]);
    expect(await differencesOf(packets, await probesNow(lab, [53, 5432]))).toEqual([]);
  });

  it('and copies packets to a port of another tenant is quoted, and makes nothing known of that host until it is gone', async () => {
    await vsctl('h1', [
      ...['--', '--id=@m', 'create', 'mirror', 'name=m', 'select_all=true', 'output_vlan=9'],
      ...['--', 'set', 'bridge', ours, 'mirrors=@m'],
    ]);
    const doctor = await lab.isoledger(['doctor', '--json']);
    expect(doctor.code).not.toBe(0);
    expect(doctor.out).toMatch(new RegExp(`mirrors=[0-9a-f-]{36} of bridge ${ours}`));
    expect(doctor.out).toContain('have it taken away there');
    const driven = await lab.isoledger(['sync', '--timeout', '1s']);
    expect(driven.code).toBe(5);
    expect(`${driven.out}${driven.err}`).toContain('settings that somebody else made');
    expect(await lab.isoledger(['verify'])).toMatchObject({ code: 7 });
    await vsctl('h1', ['clear', 'bridge', ours, 'mirrors']);
    await succeed(lab, ['sync']);
    await succeed(lab, ['doctor']);
    await succeed(lab, ['verify']);
    // A bridge that lets the switch add flows of its own, as those of earlier versions did, is put right.
    for (const host of ['h1', 'h2', 'h3'])
      await vsctl(host, ['remove', 'bridge', ours, 'other_config', 'disable-in-band']);
    await succeed(lab, ['sync']);
    await succeed(lab, ['verify']);
    for (const host of ['h1', 'h2', 'h3'])
      expect(await vsctl(host, ['get', 'bridge', ours, 'other_config:disable-in-band'])).toContain('true');
  });

  /** All that is not ours, of both hosts. */
  async function told(): Promise<Record<string, string>> {
    const answers: Record<string, string> = {};
    for (const host of ['h1', 'h3']) {
      const rows = [
        { table: 'bridge' as const, name: theirs },
        ...['stray0', 'theirs0', 'theirs-gre'].flatMap((name) => [
          { table: 'port' as const, name },
          { table: 'interface' as const, name },
        ]),
      ];
      for (const { table, name } of rows) {
        const said = await vsctl(host, [`--columns=${columns[table]}`, 'list', table, name]);
        answers[`${host} ${table} ${name}`] = said;
      }
      for (const what of ['dump-flows', 'dump-groups', 'dump-meters'])
        answers[`${host} ${theirs} ${what}`] = await ofctl(lab, host, [what, '--no-stats', theirs]);
      const flows = await ofctl(lab, host, ['dump-flows', '--no-stats', ours, 'cookie=0x7e1f/-1']);
      answers[`${host} ${ours} flows`] = flows;
      const groups = await ofctl(lab, host, ['dump-groups', ours]);
      answers[`${host} ${ours} group`] = groups.split('\n').filter((line) => line.includes('group_id=9,')).join(); // prettier-ignore
    }
    return answers;
  }

  async function vsctl(host: string, words: readonly string[]): Promise<string> {
    const database = lab.report.hosts.find((each) => each.host === host)?.ovsdb ?? '';
    const { code, out, err } = await lab.tool(host, ['ovs-vsctl', `--db=${database}`, '--timeout=20', ...words]); // prettier-ignore
    if (code !== 0) throw new Error(`ovs-vsctl ${words.join(' ')}: ${err}`);
    return out;
  }
});
