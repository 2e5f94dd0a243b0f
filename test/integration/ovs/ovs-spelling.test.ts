import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { flowsOf } from '../../../src/overlay/ovs/pipeline/compile.ts';
import { addLine, flowId, readFlow, type Flow } from '../../../src/overlay/ovs/pipeline/flow.ts';
import { SetModel } from '../../../src/overlay/ovs/pipeline/model.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { randomSet, randomWiring } from '../../support/random-sets.ts';

const bridge = 'spelling';
const cookie = '0x15000000000000aa';

describeNeeding(needsOfSwitch, 'flows at a real switch', () => {
  const machine = new OvsSwitch();
  const settings = ['datapath_type=netdev', 'fail_mode=secure', 'protocols=OpenFlow15'];
  machine.tell('add-br', bridge, '--', 'set', 'bridge', bridge, ...settings);
  // The numbers of meters that random wirings come to.
  for (let meter = 32; meter < 48; meter += 1)
    machine.askBridge(bridge, ['add-meter', `meter=${String(meter)},kbps,band=type=drop,rate=1000`]);
  afterAll(() => {
    machine.end();
  });

  it('are dumped as they are compiled, whatever a set holds', () => {
    fc.assert(
      fc.property(randomSet, randomWiring, (objects, wiring) => {
        const flows = [...flowsOf(SetModel.of(objects), { host: 'h1', wiring }).values()];
        const lines = ['flow delete', ...flows.map((flow) => addLine(flow, cookie))];
        machine.askBridge(bridge, ['bundle', '-'], `${lines.join('\n')}\n`);
        const dumped = machine
          .askBridge(bridge, ['--no-stats', 'dump-flows'])
          .split('\n')
          .map((line) => readFlow(line))
          .filter((flow) => flow !== undefined);
        expect(dumped.every((flow) => flow.cookie === cookie)).toBe(true);
        expect(spelt(dumped)).toEqual(spelt(flows));
      }),
      { numRuns: 60 },
    );
  });
});

function spelt(flows: readonly Flow[]): string[] {
  return flows.map((flow) => `${flowId(flow)} ${flow.actions}`).sort();
}
