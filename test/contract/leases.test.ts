import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NatsConnection } from 'nats';
import { bucketOfLeases } from '../../src/roles/nats/lease-store.ts';
import { leasedRoles } from '../../src/roles/nats/roles.ts';
import type { RoleHolder, Roles } from '../../src/roles/port.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { connectNats } from '../../src/runtime/nats-connection.ts';
import { startLeaseHolder } from '../support/lease-holder.ts';
import { NatsServer, natsServer } from '../support/nats-server.ts';
import { describeNeeding } from '../support/needs.ts';
import { describeRolesContract } from './roles-contract.ts';

const other: RoleHolder = { pid: 18, host: 'node-2', since: '2026-03-01T12:05:00.000Z' };

describeNeeding([natsServer], 'with a NATS server', () => {
  let folder: string;
  let server: NatsServer;
  let nats: NatsConnection;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'isoledger-'));
    server = await NatsServer.alone(folder);
    nats = await connectNats({ servers: [server.address] }, 'test');
  });
  afterAll(async () => {
    await nats.close();
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const rolesOf =
    (ledgerId: string, ttlMs: number) =>
    (holder: RoleHolder): Roles => {
      const store = bucketOfLeases({ connection: () => Promise.resolve(nats), ledgerId, replicas: 1 });
      const newToken = (): string => randomUUID();
      return leasedRoles({ store, clock: systemClock, holder: () => holder, ttlMs, newToken });
    };

  describeRolesContract('by leases in NATS', () => rolesOf(randomUUID(), 20_000));

  describe('a lease in NATS', () => {
    it('holds names of roles with dots', async () => {
      const roles = rolesOf(randomUUID(), 20_000)(other);
      const held = [await roles.hold('applier/a..b.'), await roles.hold('applier/a')];
      expect((await roles.states()).map(({ role }) => role)).toEqual(['applier/a', 'applier/a..b.']);
      for (const { release } of held) await release();
    });

    it('of a process that was killed is free within twice its time', async () => {
      const ledgerId = randomUUID();
      await using process = await startLeaseHolder({ server: server.address, ledgerId, ttlMs: 1_500 });
      const roles = rolesOf(ledgerId, 1_500)(other);
      await expect(roles.hold('publisher')).rejects.toMatchObject({ holder: { pid: process.child.pid } });
      process.child.kill('SIGKILL');
      const began = performance.now();
      const held = await taken(roles);
      expect(performance.now() - began).toBeLessThan(3_000);
      await held.release();
    });

    it('of a process that stood still is lost to it, which says so when it wakes', async () => {
      const ledgerId = randomUUID();
      await using process = await startLeaseHolder({ server: server.address, ledgerId, ttlMs: 1_500 });
      process.child.kill('SIGSTOP');
      const held = await taken(rolesOf(ledgerId, 1_500)(other));
      expect(process.said).toBe('held\n');
      process.child.kill('SIGCONT');
      while (process.said === 'held\n') await once(process.child.stdout, 'data');
      expect(process.said).toBe('held\nlost\n');
      expect(held.lost?.aborted).toBe(false);
      await held.release();
    });

    it('outlives a server that is killed and comes back', async () => {
      const held = await rolesOf(randomUUID(), 8_000)(other).hold('clock');
      await server.kill();
      await setTimeout(1_000);
      await server.start();
      await setTimeout(8_000);
      expect(held.lost?.aborted).toBe(false);
      await held.release();
    });

    it('is lost with the store of the server, and can be taken again over the same connection', async () => {
      const roles = rolesOf(randomUUID(), 1_500)(other);
      const { lost } = await roles.hold('publisher');
      await server.kill();
      rmSync(join(folder, 'store'), { recursive: true });
      await server.start();
      const again = await taken(roles);
      await vi.waitUntil(() => lost?.aborted, { timeout: 5_000 });
      expect(again.lost?.aborted).toBe(false);
      await again.release();
    });
  });
});

/** Asks for the role until it is there. */
async function taken(roles: Roles): ReturnType<Roles['hold']> {
  for (;;) {
    try {
      return await roles.hold('publisher');
    } catch {
      await setTimeout(100);
    }
  }
}
