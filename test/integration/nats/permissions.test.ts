import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AckPolicy, connect, DeliverPolicy, type ConsumerConfig, type NatsConnection } from 'nats';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { openssl } from '../../support/certificates.ts';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { asShipped, passwords } from '../../support/nats-as-shipped.ts';
import { natsServer } from '../../support/nats-server.ts';
import { describeNeeding } from '../../support/needs.ts';
import { ServeProcess } from '../../support/serve-process.ts';

async function applyTown(place: Workplace): Promise<void> {
  const documents = join(place.folder, 'documents');
  mkdirSync(documents);
  writeFileSync(join(documents, 'town.yaml'), town);
  await place.succeed('apply', documents);
}

/** The client asks for a certificate of localhost where it is given an address. */
const asAddressed = (caFile: string): { caFile: string } =>
  Object.assign({ caFile }, { checkServerIdentity: () => undefined });

const consumer = (name: string, filter: string): Partial<ConsumerConfig> => ({
  ...{ name, filter_subject: filter, ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All },
});

/** The subjects of what a user reads by a consumer. */
async function readAs(nats: NatsConnection, stream: string, of: Partial<ConsumerConfig>): Promise<string[]> {
  const manager = await nats.jetstreamManager({ checkAPI: false, timeout: 1_000 });
  const { num_pending: count } = await manager.consumers.add(stream, of);
  const subjects: string[] = [];
  const found = await nats.jetstream({ timeout: 1_000 }).consumers.get(stream, of.name);
  for await (const message of await found.fetch({ max_messages: count, expires: 2_000 })) {
    subjects.push(message.subject);
    message.ack();
  }
  return subjects;
}

describeNeeding([natsServer, openssl], 'the server of infra/nats', () => {
  it('lets the service publish and hold leases, a SIEM read, and a tenant read its own, by TLS and no more', async () => {
    using place = new Workplace();
    await applyTown(place);
    const { out } = await place.run('tail', '--format', 'cloudevents');
    const { source } = z.looseObject({ source: z.string() }).parse(JSON.parse(out.split('\n')[0] ?? ''));
    const ledgerId = source.replace(/^.*:/, '');
    await using shipped = await asShipped(place, { ledgerId });
    const { address, ca } = shipped;
    writeFileSync(join(place.folder, 'password'), `${passwords.ISOLEDGER}\n`);
    const config = join(place.folder, 'isoledger.yaml');
    writeFileSync(
      config,
      `nats: { servers: ["${address}"], user: isoledger, passwordFile: password, ca: ${ca} }\n`,
    );
    await using serving = await ServeProcess.on(place.ledgerUrl, [
      '--config',
      config,
      '--roles',
      'publisher',
    ]);
    await serving.says('took the role', 'publisher');
    while ((await place.run('stream', 'status', '--config', config)).code !== 0);
    const stream = `ISOLEDGER_${ledgerId}`;
    const own = `isoledger.${ledgerId}.*.globex.*`;

    const as = (user: string, pass: string): Promise<NatsConnection> =>
      connect({
        ...{ servers: address, user, pass, inboxPrefix: `_INBOX_${user}`, timeout: 1_000 },
        tls: asAddressed(ca),
      });
    const siem = await as('siem', passwords.SIEM);
    const all = await readAs(siem, stream, consumer('siem', `isoledger.${ledgerId}.>`));
    expect(all.length).toBe((await place.checkpoint()).size);
    const refused = [
      siem.jetstream({ timeout: 500 }).publish(`isoledger.${ledgerId}._._.PolicyEnacted`, '{}'),
      siem.jetstream({ timeout: 500 }).publish(`$KV.ISOLEDGER_${ledgerId}_ROLES.publisher`, '{}'),
    ];
    for (const attempt of refused) await expect(attempt).rejects.toThrow();
    await siem.close();

    const globex = await as('globex', passwords.TENANT);
    const theirs = await readAs(globex, stream, consumer('globex', own));
    expect(theirs.length).toBeGreaterThan(0);
    expect(theirs).toEqual(all.filter((subject) => subject.split('.')[3] === 'globex'));
    await expect(readAs(globex, stream, consumer('globex', `isoledger.${ledgerId}.>`))).rejects.toThrow();
    await expect(readAs(globex, stream, consumer('siem', own))).rejects.toThrow();
    await globex.close();

    const service = await connect({
      ...{ servers: address, user: 'isoledger', pass: passwords.ISOLEDGER, timeout: 1_000 },
      tls: asAddressed(ca),
    });
    const manager = await service.jetstreamManager({ checkAPI: false, timeout: 1_000 });
    for (const attempt of [manager.streams.delete(stream), manager.streams.update(stream, { max_age: 1e9 })])
      await expect(attempt).rejects.toThrow();
    await service.close();
    await expect(as('siem', 'guessed')).rejects.toThrow();
  });

  it('is not shown a password where its certificate is made out to another address', async () => {
    using place = new Workplace();
    await applyTown(place);
    await using shipped = await asShipped(place, { ledgerId: 'none', to: 'IP:127.0.0.9' });
    const { address, ca } = shipped;
    writeFileSync(join(place.folder, 'password'), passwords.ISOLEDGER);
    const config = join(place.folder, 'isoledger.yaml');
    writeFileSync(
      config,
      `nats: { servers: ["${address}"], user: isoledger, passwordFile: password, ca: ${ca} }\n`,
    );
    const { code, err } = await place.run('stream', 'status', '--config', config);
    expect([code, err]).toEqual([5, expect.stringContaining('ALTNAME_INVALID')]);
  });
});
