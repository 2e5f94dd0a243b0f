import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { flowsOf } from '../../../../../src/overlay/ovs/pipeline/compile.ts';
import { flowId, readFlow } from '../../../../../src/overlay/ovs/pipeline/flow.ts';
import { SetModel } from '../../../../../src/overlay/ovs/pipeline/model.ts';
import { hostsOfTown, objectsFor } from '../../../../contract/driver/town.ts';
import { wiringFor } from '../../../../support/switch-wiring.ts';

const dumpOf = (host: string): string =>
  readFileSync(new URL(`flows-of-${host}.txt`, import.meta.url), 'utf8');

it.each(hostsOfTown.filter(({ host }) => host !== 'hv-4'))(
  'spells the flows of $host as a switch dumps them that was given them',
  async ({ shard, host }) => {
    const objects = await objectsFor('cut', shard);
    const flows = flowsOf(SetModel.of(objects), { host, wiring: wiringFor(objects) });
    const dumped = dumpOf(host)
      .split('\n')
      .map((line) => readFlow(line))
      .filter((flow) => flow !== undefined);
    expect(dumped.map(({ cookie, ...flow }) => [cookie, flowId(flow), flow.actions]).sort()).toEqual(
      Array.from(flows, ([id, { actions }]) => ['0x15', id, actions]).sort(),
    );
  },
);
