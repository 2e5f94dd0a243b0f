import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { rolesByLease } from '../../../src/compose/leased-roles.ts';
import { RoleHeld, RolesUnavailable } from '../../../src/roles/faults.ts';
import type { Roles } from '../../../src/roles/port.ts';
import { connectNats } from '../../../src/runtime/nats-connection.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { NatsCluster, natsServer } from '../../support/nats-server.ts';
import { describeNeeding } from '../../support/needs.ts';

const ttlMs = 20_000;

/** A process that wants a role all the time, and what it was told each time. */
class Contender implements AsyncDisposable {
  readonly told: string[] = [];
  readonly #roles: Roles;
  readonly #asking: Promise<void>;
  #isOver = false;

  constructor(roles: Roles) {
    this.#roles = roles;
    this.#asking = this.#ask();
  }

  /** Returns once it is told that from here on. While servers choose who leads, nobody can say who holds a role. */
  async isTold(what: string): Promise<void> {
    const from = this.told.length;
    await vi.waitUntil(() => this.told.includes(what, from), { timeout: 120_000, interval: 50 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#asking;
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      this.told.push(await this.#answer());
      await setTimeout(200);
    }
  }

  async #answer(): Promise<string> {
    try {
      await this.#roles.hold('publisher');
      return 'taken';
    } catch (fault) {
      return fault instanceof RoleHeld || fault instanceof RolesUnavailable ? fault.code : String(fault);
    }
  }
}

describeNeeding([natsServer], 'leases that three servers keep together', () => {
  it('stay while the server that leads is killed or stands still, and are lost without a quorum', async () => {
    await using cluster = await NatsCluster.of(temporaryFolder());
    const ledgerId = randomUUID();
    const bucket = `KV_ISOLEDGER_${ledgerId}_ROLES`;
    const nats = await connectNats({ servers: cluster.addresses }, 'test');
    const connection = (): Promise<typeof nats> => Promise.resolve(nats);
    const of = { connection, ledgerId, replicas: 3, ttlMs };
    const held = await rolesByLease(of).hold('publisher');
    await using contender = new Contender(rolesByLease(of));

    const killed = await cluster.leader(bucket);
    await killed.kill();
    await setTimeout(ttlMs);
    await contender.isTold('RoleHeld');
    await killed.start();

    // One that comes back is no part of a quorum until it has what the others have.
    const paused = await cluster.leaderOfAll(bucket);
    paused.signal('SIGSTOP');
    await setTimeout(ttlMs);
    await contender.isTold('RoleHeld');
    expect(held.lost?.aborted).toBe(false);

    // The paused one counts as gone; another one, and two of three are.
    const isLost = held.lost && once(held.lost, 'abort');
    await cluster.servers.find((server) => server !== paused)?.kill();
    await isLost;
    await contender.isTold('RolesUnavailable');
    expect(new Set(contender.told)).toEqual(new Set(['RoleHeld', 'RolesUnavailable']));
    await nats.close();
  });
});
