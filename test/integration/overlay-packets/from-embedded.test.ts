import { expect, it } from 'vitest';
import { describeNeeding } from '../../support/needs.ts';
import { probesNow, recordText, succeed, textOf } from './documents-of-lab.ts';
import { labOf, packetNeeds, threeHosts } from './estates.ts';
import { differencesOf } from './matrix.ts';
import { Packets } from './packets.ts';

describeNeeding(packetNeeds, 'a shard that was embedded', () => {
  it('is driven on switches once its documents say so', async () => {
    await using lab = await labOf('em', threeHosts, { drive: false });
    const text = textOf(lab);
    const embedded = text.replace('overlay: ovs', 'overlay: embedded');
    expect(embedded).not.toBe(text);
    await recordText(lab, embedded);
    await succeed(lab, ['sync']);
    await succeed(lab, ['verify']);
    await recordText(lab, text);
    await succeed(lab, ['rebuild', '--shard', 's1']);
    await succeed(lab, ['verify']);
    await succeed(lab, ['doctor']);
    await using packets = await Packets.open(lab, [53, 5432]);
    expect(await differencesOf(packets, await probesNow(lab, [53, 5432]))).toEqual([]);
  });
});
