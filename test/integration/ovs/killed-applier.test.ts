import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { afterAll, expect, it, vi } from 'vitest';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { expectedSet, step, wholeSet, type Target } from '../../support/host-change.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';

/** So often an applier may still tell a switch something before it ends: each time that it starts a program, or sends anything. */
let momentsLeft = Infinity;

/** Whether it has ended before this. */
function hasEnded(): boolean {
  momentsLeft -= 1;
  return momentsLeft < 0;
}

watch();

function binding(number: number, vni: number): OverlayObject {
  const name = String(number);
  const place = { vni, host: 'hv-1', interface: `vm-${name}`, mac: `02:00:00:00:01:0${name}` };
  return { kind: 'binding', endpoint: `acme/web-${name}`, ...place, ips: [`10.1.0.${name}`] };
}

const networks: readonly OverlayObject[] = [
  { kind: 'network', vni: 100, segment: 'acme/web' },
  { kind: 'network', vni: 101, segment: 'acme/db' },
  { kind: 'host', host: 'hv-1', tunnelIp: '192.0.2.1', tunnel: 'vxlan' },
];

/** One port stays, one changes its network, one goes and one comes; one gets a limit. */
const before: Target = { plan: 1, objects: [...networks, binding(1, 100), binding(2, 100), binding(3, 100)] };
const after: Target = {
  plan: 2,
  objects: [
    ...networks,
    binding(1, 100),
    binding(2, 101),
    binding(4, 101),
    { kind: 'qos', endpoint: 'acme/web-1', egress: '5000000' },
  ],
};
const none: Target = { plan: 0, objects: [] };

describeNeeding(needsOfSwitch, 'an applier of switches', () => {
  const machine = new OvsSwitch();
  const address = { ovsdb: machine.ovsdb };
  const driver = ovsDriver({
    ledger: 'ledger-1',
    shard: 'shard-1',
    hosts: new Map([['hv-1', address]]),
    clock: systemClock,
  });

  afterAll(() => {
    machine.end();
  });

  /** The number of the plan that the host is marked with, and whose set it holds exactly; 0 for nothing. */
  async function planHeld(targets: readonly Target[]): Promise<number> {
    // The switch may still be at work on what it was told last: a bridge that is being made answers a moment later.
    const mark = await vi.waitFor(() => driver.mark('hv-1'), { timeout: 10_000 });
    if (mark.kind === 'nothing') return 0;
    const target = targets.find(({ plan }) => mark.kind === 'marked' && mark.plan === plan);
    if (target === undefined) throw new Error(JSON.stringify(mark));
    const reading = await driver.read('hv-1', expectedSet(target.objects));
    const digest = digestOfObjects(target.objects);
    expect(reading).toMatchObject({ kind: 'objects', digest, delta: { put: [], removed: [] } });
    return target.plan;
  }

  it.each<[string, { given: readonly Target[]; from?: Target; to: Target }]>([
    ['the first set of a host', { given: [], to: before }],
    ['a change of ports, flows and limits', { given: [before], from: before, to: after }],
    ['a whole set in place of another', { given: [before], to: after }],
    ['a set without objects', { given: [before], to: { plan: 2, objects: [] } }],
    ['a set after one without objects', { given: [{ plan: 1, objects: [] }], to: after }],
  ])(
    'that ends at any moment while it writes %s leaves the old set or the new one',
    async (_what, { given, from, to }) => {
      const held: number[] = [];
      for (let moment = 0; ; moment += 1) {
        machine.clear();
        for (const target of given) await driver.apply('hv-1', wholeSet(target));
        const change = from === undefined ? wholeSet(to) : step(from, to);
        const isCutShort = await endsAfter(moment, () => driver.apply('hv-1', change));
        held.push(await planHeld([none, ...given, to]));
        await vi.waitFor(() => driver.apply('hv-1', change), { timeout: 10_000 });
        expect(await planHeld([to])).toBe(to.plan);
        if (!isCutShort) break;
      }
      // Old at first and new at last. How often the switch is asked whether it followed, and so where the moments lie, is its own matter.
      expect(held.length).toBeGreaterThan(8);
      expect([held[0], held.at(-1)]).toEqual([given.at(-1)?.plan ?? 0, to.plan]);
      expect(new Set(held)).toEqual(new Set([given.at(-1)?.plan ?? 0, to.plan]));
    },
  );
});

/** Does work that may tell a switch something so often; true if it would have done so more often. */
async function endsAfter(moments: number, work: () => Promise<unknown>): Promise<boolean> {
  momentsLeft = moments;
  try {
    await work();
    return false;
  } catch (error) {
    if (momentsLeft >= 0) throw error;
    return true;
  } finally {
    momentsLeft = Infinity;
  }
}

function watch(): void {
  const { spawn } = childProcess;
  vi.spyOn(childProcess, 'spawn').mockImplementation(
    (name: string, args: readonly string[], options: childProcess.SpawnOptions) => {
      if (hasEnded()) throw new Error('the applier ended here');
      return spawn(name, args, options);
    },
  );
  const write: Socket['write'] = Reflect.get(Socket.prototype, 'write');
  vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...sent) {
    if (!hasEnded()) return Reflect.apply(write, this, sent);
    this.destroy(new Error('the applier ended here'));
    return false;
  });
  syncBuiltinESMExports();
}
