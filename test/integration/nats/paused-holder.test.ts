import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { localRoles } from '../../../src/roles/local/roles.ts';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { NatsServer, natsServer } from '../../support/nats-server.ts';
import { describeNeeding } from '../../support/needs.ts';
import { ServeProcess } from '../../support/serve-process.ts';

const leaseSeconds = 4;

describeNeeding([natsServer], 'two processes of a service on one machine, with leases in NATS', () => {
  it('replace one that stands still within twice the time of a lease', { timeout: 60_000 }, async () => {
    using place = new Workplace();
    const documents = join(place.folder, 'documents');
    mkdirSync(documents);
    writeFileSync(join(documents, 'documents.yaml'), town);
    await place.succeed('apply', documents);
    const stores = join(place.folder, 'nats');
    mkdirSync(stores);
    await using server = await NatsServer.alone(stores);
    const config = join(place.folder, 'isoledger.yaml');
    writeFileSync(
      config,
      `nats: { servers: ["${server.address}"], leaseSeconds: ${String(leaseSeconds)} }\n`,
    );
    const argv = ['--config', config, '--roles', 'applier/shard-1'];
    await using first = await ServeProcess.on(place.ledgerUrl, argv);
    await first.says('took the role', 'applier/shard-1');
    await using second = await ServeProcess.on(place.ledgerUrl, argv);
    await setTimeout(1_000);
    first.send('SIGSTOP');
    const began = performance.now();
    await second.says('took the role', 'applier/shard-1');
    expect(performance.now() - began).toBeLessThan(2_000 * leaseSeconds);
    // What was under way when it stood still is known to be another's once it goes on.
    first.send('SIGCONT');
    await first.says('the lease of the role is lost', 'applier/shard-1');
    // What it held of this machine becomes its successor's, and no command's.
    const roles = localRoles({
      folder: `${place.ledgerPath}.d/locks`,
      holder: () => ({ pid: 1, host: 'here', since: '2026-03-01T12:00:00.000Z' }),
    });
    await expect
      .poll(() => roles.stateOf('applier/shard-1'), { timeout: 5_000 })
      .toMatchObject({ held: true, holder: { pid: second.pid } });
    expect(await second.end()).toBe(0);
    expect(await first.end()).toBe(0);
  });
});
