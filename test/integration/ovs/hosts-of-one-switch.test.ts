import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { Workplace } from '../../support/command-line.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { bridge } from './one-network.ts';

interface SeatedHost {
  readonly host: string;
  readonly ovsdb: string;
}

/** A network with an endpoint on each host. */
function documents(hosts: readonly SeatedHost[]): string {
  const number = ({ host }: SeatedHost): string => host.slice('hv-'.length);
  const endpoints = hosts.map((each) => {
    const at = `mac: "02:00:00:00:01:0${number(each)}", host: ${each.host}, interface: vm-${number(each)}`;
    return `{ name: web-${number(each)}, segment: web, ip: 10.0.0.${number(each)}, ${at} }`;
  });
  return [
    'kind: Shard\nshard: shard-1\noverlay: ovs\nvnis: { from: 5000, to: 5099 }',
    ...hosts.map(
      (each) =>
        `{ kind: Host, host: ${each.host}, shard: shard-1, tunnelIp: 192.0.2.${number(each)}, ovsdb: "${each.ovsdb}" }`,
    ),
    '{ kind: Tenant, tenant: acme, segments: [web] }',
    `{ kind: Endpoints, tenant: acme, endpoints: [${endpoints.join(', ')}] }`,
  ].join('\n---\n');
}

describeNeeding(needsOfSwitch, 'hosts whose documents lead to one switch', () => {
  const machine = new OvsSwitch();
  const one = { host: 'hv-1', ovsdb: machine.ovsdb };
  const two = {
    host: 'hv-2',
    ovsdb: machine.ovsdb.replace(machine.folder, `${machine.folder}/../${basename(machine.folder)}`),
  };

  beforeEach(() => {
    machine.clear();
  });

  afterAll(() => {
    machine.end();
  });

  async function applied(place: Workplace, ...hosts: readonly SeatedHost[]): Promise<void> {
    const file = join(place.folder, 'documents.yaml');
    writeFileSync(file, documents(hosts));
    await place.succeed('apply', file, '--prune', 'all', '--reason', 'a test');
  }

  async function synced(place: Workplace): Promise<{ code: number; told: string }> {
    // A machine that is slow has no answer from the last try, and says that.
    const { code, out, err } = await place.run('sync', '--timeout', '2s');
    return { code, told: `${out}${err}` };
  }

  const ports = (): string[] => machine.tell('list-ports', bridge).trim().split('\n').sort();

  it('are told apart: one is driven, the other is away, and to take that one away empties nothing', async () => {
    using place = new Workplace();
    await applied(place, one);
    await place.succeed('sync');
    await applied(place, one, two);
    const sync = await synced(place);
    expect(sync.code).toBe(5);
    expect(sync.told).toMatch(/hv-2.* (is that of host hv-1|did not answer)/);
    expect(ports()).toContain('vm-1');
    expect(ports()).not.toContain('vm-2');
    const doctor = await place.run('doctor');
    expect(doctor.out).toContain('is that of host hv-1');
    // To take the one away that never was there empties nothing of the other.
    await applied(place, one);
    const emptying = await synced(place);
    expect(emptying.code).toBe(5);
    expect(emptying.told).toMatch(/hv-2.* (is that of host hv-1|did not answer)/);
    expect(emptying.told).not.toContain('now holds nothing');
    expect(ports()).toContain('vm-1');
    // Once the other is emptied as well, nothing is left of either.
    await applied(place);
    await place.succeed('sync');
    expect(machine.tell('list-br')).toBe('');
    expect(await place.succeed('status')).not.toContain('still to be emptied');
  });

  it('may follow each other: one that is retired is emptied first, and the other takes its switch in the same run', async () => {
    using place = new Workplace();
    await applied(place, one);
    await place.succeed('sync');
    await applied(place, { ...two, ovsdb: one.ovsdb });
    expect(await place.succeed('sync')).toContain('retired host hv-1 now holds nothing');
    expect(ports()).toContain('vm-2');
    expect(ports()).not.toContain('vm-1');
    expect(machine.tell('get', 'bridge', bridge, 'external_ids:isoledger-host').trim()).toBe('hv-2');
    await place.succeed('sync');
    expect((await place.verify()).verdict).toBe('proven');
  });

  it('are told of settings by their names', async () => {
    using place = new Workplace();
    await applied(place, one);
    await place.succeed('sync');
    machine.tell('remove', 'bridge', bridge, 'other_config', 'disable-in-band');
    machine.tell('set-manager', 'tcp:192.0.2.200:6640');
    const named = `other settings than it was given: disable-in-band=false of bridge ${bridge}`;
    const doctor = await place.run('doctor');
    expect(doctor.out).toContain(`has ${named}; compared with plan 1`);
    expect(doctor.out).toContain('manager=tcp:192.0.2.200:6640 of its switch');
    const { code, told } = await synced(place);
    expect(told).toContain(named);
    expect(code).toBe(0);
    machine.tell('del-manager');
    await place.succeed('doctor');
  });

  it('are one after the other there, where a person says that the one before is gone', async () => {
    using place = new Workplace();
    await applied(place, one);
    await place.succeed('sync');
    await applied(place, two);
    await place.succeed('gone', 'hv-1', '--reason', 'scrapped');
    const { told } = await synced(place);
    expect(told).toMatch(/hv-2/);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', gaps: [], vouched: [{ host: 'hv-1' }] });
    expect(ports()).toContain('vm-2');
    expect(ports()).not.toContain('vm-1');
    await place.succeed('doctor');
    expect((await synced(place)).code).toBe(0);
  });
});
