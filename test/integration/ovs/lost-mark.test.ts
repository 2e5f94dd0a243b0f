import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import { Workplace } from '../../support/command-line.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';

const shardDocument = '{ kind: Shard, shard: shard-1, overlay: ovs, vnis: { from: 7300, to: 7399 } }';
const bridge = bridgeNameOf('shard-1');

describeNeeding(needsOfSwitch, 'a host whose bridge lost its mark', () => {
  const machine = new OvsSwitch();

  beforeEach(() => {
    machine.clear();
  });

  afterAll(() => {
    machine.end();
  });

  function estate(host: string): string {
    return `${shardDocument}
---
{ kind: Host, host: ${host}, shard: shard-1, tunnelIp: 172.30.14.1, ovsdb: "${machine.ovsdb}" }
---
{ kind: Tenant, tenant: acme, segments: [web] }
---
kind: Endpoints
tenant: acme
endpoints:
  - { name: web-1, segment: web, ip: 10.75.1.11, mac: "02:00:0a:4b:01:0b", host: ${host}, interface: vm-web-1 }
`;
  }

  async function applied(place: Workplace, yaml: string): Promise<void> {
    const folder = join(place.folder, 'documents');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'documents.yaml'), yaml);
    await place.succeed('apply', folder, '--prune', 'all', '--reason', 'a test');
  }

  /** The switch floods by a flow that somebody put. */
  async function forwardAll(): Promise<void> {
    await machine.restart('ovs-vswitchd');
    machine.askBridge(bridge, ['add-flow', 'priority=1,actions=NORMAL']);
  }

  const ways = [
    {
      way: 'since its switch started anew',
      lose: () => machine.restart('ovs-vswitchd'),
      left: [],
      told: /holds nothing/,
      mayForward: false,
    },
    {
      way: 'since its switch started anew, and somebody forwards everything there',
      lose: forwardAll,
      left: [bridge],
      told: /holds bridge .* has flows that somebody else put .*NORMAL/,
      mayForward: true,
    },
    {
      way: 'since somebody lets its switch forward by itself',
      lose: async (): Promise<void> => {
        machine.tell('set-fail-mode', bridge, 'standalone');
        expect(machine.askBridge(bridge, ['dump-flows'])).toContain('NORMAL');
        return Promise.resolve();
      },
      left: [],
      told: /holds bridge .* has no mark, .*fail_mode=standalone/,
      mayForward: true,
    },
  ];

  it.each(ways)('$way, is emptied for real once it is retired', async ({ lose, left, told, mayForward }) => {
    using place = new Workplace();
    await applied(place, estate('hx'));
    await place.succeed('sync');
    await lose();
    expect((await place.run('doctor')).out).toMatch(told);
    await applied(place, shardDocument);
    expect((await place.run('rebuild', '--shard', 'shard-1', '--dry-run')).out).toMatch(told);
    // One that may forward is a failure as it is in use; one that holds nothing is only to be emptied.
    const { out, code } = await place.run('doctor');
    expect(out).toMatch(told);
    expect(code).toBe(mayForward ? 1 : 0);
    expect(await place.succeed('sync')).toContain('retired host hx now holds nothing');
    expect(machine.tell('list-br').split('\n').filter(Boolean)).toEqual(left);
    expect(machine.interfaces().map(({ name }) => name)).toEqual(left);
    for (const name of left) {
      expect(machine.tell('get-fail-mode', name).trim()).toBe('secure');
      machine.askBridge(name, ['--strict', 'del-flows', 'priority=1']);
    }
    // The switch is free for another host.
    await applied(place, estate('hy'));
    await place.succeed('sync');
    expect((await place.verify()).verdict).toBe('proven');
    expect(machine.tell('list-ports', bridge)).toContain('vm-web-1');
  });
});
