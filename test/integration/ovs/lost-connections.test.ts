import { Socket } from 'node:net';
import { afterAll, expect, it, vi } from 'vitest';
import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { expectedSet, step, wholeSet, type Target } from '../../support/host-change.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { base, endpoint } from './one-network.ts';

/** How a switch ends a connection: before anything more is sent to it, or with a request taken and its answer lost. */
type Ending = 'before' | 'answered to nobody';

let ending: Ending = 'before';
/** So often a switch is told something before it ends that connection; and how many connections it ends then. */
let [momentsLeft, endingsLeft] = [Infinity, 0];

endConnections();

const first: Target = { plan: 1, objects: base };
const second: Target = { plan: 2, objects: [...base, endpoint(2)] };
const rules: Target = {
  plan: 2,
  objects: [...base, { kind: 'qos', endpoint: 'acme/web-1', egress: '5000000' }],
};

describeNeeding(needsOfSwitch, 'a switch that ends connections', () => {
  const machine = new OvsSwitch();
  const hosts = new Map([['hv-1', { ovsdb: machine.ovsdb }]]);
  const driver = ovsDriver({ ledger: 'ledger-1', shard: 'shard-1', hosts, clock: systemClock });

  afterAll(() => {
    machine.end();
  });

  it.each<[string, Ending, { given: readonly Target[]; from?: Target; to: Target }]>([
    ['the first set of a host', 'before', { given: [], to: first }],
    ['a change of ports and flows', 'before', { given: [first], from: first, to: second }],
    ['a change of ports and flows', 'answered to nobody', { given: [first], from: first, to: second }],
    ['a limit', 'answered to nobody', { given: [first], from: first, to: rules }],
    ['a set without objects', 'answered to nobody', { given: [first], to: { plan: 2, objects: [] } }],
  ])('at any moment while %s is written, %s, is given it all the same', async (_what, how, of) => {
    const change = of.from === undefined ? wholeSet(of.to) : step(of.from, of.to);
    let moment = 0;
    for (let isEnded = true; isEnded; moment += 1) {
      machine.clear();
      for (const target of of.given) await driver.apply('hv-1', wholeSet(target));
      isEnded = await endedAfter(moment, how, () => driver.apply('hv-1', change));
      const { plan, objects } = of.to;
      const digest = digestOfObjects(objects);
      expect(await driver.mark('hv-1')).toMatchObject({ kind: 'marked', plan, digest });
      if (objects.length > 0)
        expect(await driver.read('hv-1', expectedSet(objects))).toMatchObject({ kind: 'objects', digest });
    }
    expect(moment).toBeGreaterThan(4);
  });

  it('at any moment while its new bridge is in its database alone, is given its first set all the same', async () => {
    let moment = 0;
    for (let isEnded = true; isEnded; moment += 1) {
      machine.clear();
      const given = (): Promise<unknown> => driver.apply('hv-1', wholeSet(first));
      isEnded = await machine.whileStill('ovs-vswitchd', 150, () => endedAfter(moment, 'before', given));
      const digest = digestOfObjects(first.objects);
      expect(await driver.read('hv-1', expectedSet(first.objects))).toMatchObject({
        kind: 'objects',
        digest,
      });
    }
    expect(moment).toBeGreaterThan(8);
  });

  it('is asked anew for its mark and for what it holds, and is away where it ends the next one too', async () => {
    machine.clear();
    await driver.apply('hv-1', wholeSet(first));
    const asks = [() => driver.mark('hv-1'), () => driver.read('hv-1', expectedSet(first.objects))];
    for (const ask of asks)
      for (let [moment, isEnded] = [0, true]; isEnded; moment += 1)
        isEnded = await endedAfter(moment, 'before', async () => {
          expect(['marked', 'objects']).toContain((await ask()).kind);
        });
    await expect(endedAfter(0, 'before', () => driver.mark('hv-1'), 100)).rejects.toThrow(OverlayUnavailable);
  });
});

/** Does work during which connections are ended; true if it came to that. */
async function endedAfter(
  moments: number,
  how: Ending,
  work: () => Promise<unknown>,
  endings = 1,
): Promise<boolean> {
  [momentsLeft, endingsLeft, ending] = [moments, endings, how];
  try {
    await work();
    return endingsLeft < endings;
  } finally {
    [momentsLeft, endingsLeft] = [Infinity, 0];
  }
}

function endConnections(): void {
  const write: Socket['write'] = Reflect.get(Socket.prototype, 'write');
  vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...sent) {
    momentsLeft -= 1;
    if (momentsLeft >= 0 || endingsLeft === 0) return Reflect.apply(write, this, sent);
    endingsLeft -= 1;
    if (ending === 'before') {
      this.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return false;
    }
    this.pause();
    setTimeout(() => {
      this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    }, 50);
    return Reflect.apply(write, this, sent);
  });
}
