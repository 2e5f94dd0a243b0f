import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { rolesByLease } from '../../../src/compose/leased-roles.ts';
import { RoleHeld, RolesUnavailable } from '../../../src/roles/faults.ts';
import { connectNats } from '../../../src/runtime/nats-connection.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { NatsCluster, natsServer } from '../../support/nats-server.ts';
import { describeNeeding } from '../../support/needs.ts';

const ttlMs = 20_000;

describeNeeding([natsServer], 'leases that three servers keep together', () => {
  it('stay while the server that leads is killed or stands still, and are lost without a quorum', async () => {
    await using cluster = await NatsCluster.of(temporaryFolder());
    const ledgerId = randomUUID();
    const bucket = `KV_ISOLEDGER_${ledgerId}_ROLES`;
    const nats = await connectNats({ servers: cluster.addresses }, 'test');
    const connection = (): Promise<typeof nats> => Promise.resolve(nats);
    const of = { connection, ledgerId, replicas: 3, ttlMs };
    const [roles, others] = [rolesByLease(of), rolesByLease(of)];
    const held = await roles.hold('publisher');

    const killed = await cluster.leader(bucket);
    await killed?.kill();
    await setTimeout(ttlMs);
    await expect(others.hold('publisher')).rejects.toThrow(RoleHeld);
    await killed?.start();

    const paused = await cluster.leader(bucket);
    paused?.signal('SIGSTOP');
    await setTimeout(ttlMs);
    await expect(others.hold('publisher')).rejects.toThrow(RoleHeld);
    expect(held.lost?.aborted).toBe(false);

    // The paused one counts as gone; another one, and two of three are.
    const isLost = held.lost && once(held.lost, 'abort');
    await cluster.servers.find((server) => server !== paused)?.kill();
    await isLost;
    await expect(others.hold('publisher')).rejects.toThrow(RolesUnavailable);
    await nats.close();
  });
});
