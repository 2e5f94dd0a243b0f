import { describe, expect, it } from 'vitest';
import { actor, held, Stage } from '../../support/stage.ts';
import { sayGone } from '../../../src/apply/record/gone.ts';
import { estateProjection } from '../../../src/projector/estate-projection.ts';
import { unfolded } from '../../../src/projector/projection.ts';

const estate = (ovsdb: string, overlay = 'ovs'): string => `
{ kind: Shard, shard: shard-1, overlay: ${overlay}, vnis: { from: 5000, to: 5099 } }
---
{ kind: Host, host: h1, shard: shard-1, tunnelIp: 172.31.0.1, ovsdb: "unix:/run/one.sock" }
---
{ kind: Host, host: h2, shard: shard-1, tunnelIp: 172.31.0.2, ovsdb: "${ovsdb}" }
---
{ kind: Tenant, tenant: acme, segments: [web, db] }
---
kind: Endpoints
tenant: acme
endpoints:
  - { name: web-1, segment: web, ip: 10.1.0.1, mac: "02:00:0a:01:00:01", host: h1, interface: vm-1 }
`;
const [slip, right] = ['unix:/run/slip.sock', 'unix:/run/right.sock'];

/** What is said against another place, or another overlay, for h2. */
async function complaints(stage: Stage, documents: string): Promise<string[]> {
  const { decision } = await stage.enact(documents);
  return decision.kind === 'accepted'
    ? []
    : decision.problems.map(({ message, allowed }) => `${message} ${String(allowed)}`);
}

function say(stage: Stage, intent: 'gone' | 'back'): ReturnType<typeof sayGone> {
  const host = { shard: 'shard-1', host: 'h2' };
  const request = {
    ledger: stage.ledger,
    actor,
    host,
    reason: 'a slip',
    idempotencyKey: crypto.randomUUID(),
  };
  return sayGone(request, intent, unfolded(estateProjection));
}

describe('another place for a switch', () => {
  it('is free to be named while nothing was planned', async () => {
    const stage = new Stage();
    await stage.enact(estate(slip));
    expect(await complaints(stage, estate(right))).toEqual([]);
  });

  it.each([
    [
      'whose applier died before it recorded what the switch had taken',
      async (stage: Stage): Promise<void> => {
        stage.ledger.appendsLeft = 1;
        await expect(stage.sync()).rejects.toThrow('crash');
        stage.ledger.appendsLeft = Number.POSITIVE_INFINITY;
        expect(stage.overlay('shard-1').hosts.has('h2')).toBe(true);
      },
    ],
    [
      'whose answer was lost',
      async (stage: Stage): Promise<void> => {
        stage
          .overlay('shard-1')
          .faults.push(...(['done-but-reported-failed', 'done-but-reported-failed'] as const));
        await stage.sync({ timeoutMs: 0 });
        expect((await stage.overlayEvents()).filter((event) => event.endsWith('h2'))).toEqual([
          'ChangeFailed h2',
        ]);
      },
    ],
    [
      'that was emptied, and planned for again',
      async (stage: Stage): Promise<void> => {
        await stage.sync();
        const without = estate(slip).replace(/---\n\{ kind: Host, host: h2.*\n/, '');
        await stage.enact(without, 'all');
        await stage.sync();
        expect(await stage.overlayEvents()).toContain('HostCleared h2');
        await stage.enact(estate(slip));
        stage.ledger.appendsLeft = 1;
        await expect(stage.sync()).rejects.toThrow('crash');
        stage.ledger.appendsLeft = Number.POSITIVE_INFINITY;
      },
    ],
  ])('is refused for one %s, until somebody says that the switch is gone', async (_what, happens) => {
    const stage = new Stage();
    await stage.enact(estate(slip));
    await happens(stage);
    const said = await complaints(stage, estate(right));
    expect(said).toEqual([
      expect.stringMatching(/^host h2 may hold at unix:\/run\/slip\.sock .*isoledger gone h2 /),
    ]);
    expect((await complaints(stage, estate(slip, 'embedded'))).length).toBeGreaterThan(0);
    await say(stage, 'gone');
    expect(await complaints(stage, estate(right))).toEqual([]);
    // From here on it is driven at the other place, and may hold something there.
    expect((await complaints(stage, estate(slip))).length).toBe(1);
    const { shards } = await stage.sync();
    expect(shards.flatMap(({ driven }) => driven)).toContain('h2');
  });

  it('is not driven, read or waited for while it is said to be gone, and is once it is there after all', async () => {
    const stage = new Stage();
    await stage.enact(estate(slip));
    await stage.sync();
    const overlay = stage.overlay('shard-1');
    overlay.away.add('h2');
    expect((await say(stage, 'gone')).recorded).toBeDefined();
    expect((await say(stage, 'gone')).recorded).toBeUndefined();
    await stage.enact(estate(slip).replace('segments: [web, db]', 'segments: [web, db, cache]'));
    overlay.calls.length = 0;
    const { shards } = await stage.sync({ holdRole: held });
    expect(shards.flatMap(({ absent }) => absent)).toEqual([]);
    expect(overlay.calls.filter((call) => call.includes('h2'))).toEqual([]);
    overlay.away.delete('h2');
    expect((await say(stage, 'back')).recorded).toBeDefined();
    expect((await say(stage, 'back')).recorded).toBeUndefined();
    expect((await complaints(stage, estate(right))).length).toBe(1);
    const again = await stage.sync();
    expect(again.shards.flatMap(({ driven }) => driven)).toEqual(['h2']);
  });

  it('is not waited for where it was retired, and is gone', async () => {
    const stage = new Stage();
    await stage.enact(estate(slip));
    await stage.sync();
    stage.overlay('shard-1').away.add('h2');
    await stage.enact(estate(slip).replace(/---\n\{ kind: Host, host: h2.*\n/, ''), 'all');
    expect((await stage.sync({ timeoutMs: 0 })).shards[0]?.absent).toHaveLength(1);
    await say(stage, 'gone');
    expect((await stage.sync({ timeoutMs: 0 })).shards[0]?.absent).toEqual([]);
    expect((await say(stage, 'gone')).recorded).toBeUndefined();
    expect((await say(stage, 'back')).recorded).toBeUndefined();
    expect(await complaints(stage, estate(right))).toEqual([]);
  });
});
