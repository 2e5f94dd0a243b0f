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

/** The subject of the first message that the consumer of a SIEM gets. */
async function collected(nats: NatsConnection, stream: string): Promise<string[]> {
  const subjects: string[] = [];
  const held = await nats.jetstream({ timeout: 1_000 }).consumers.get(stream, 'siem');
  for await (const message of await held.fetch({ max_messages: 1, expires: 2_000 })) {
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
    const ofService = await connect({
      ...{ servers: address, user: 'isoledger', pass: passwords.ISOLEDGER, timeout: 1_000 },
      tls: asAddressed(ca),
    });
    const service = await ofService.jetstreamManager({ checkAPI: false, timeout: 1_000 });
    const siem = await as('siem', passwords.SIEM);
    const all = await readAs(siem, stream, consumer('siem', `isoledger.${ledgerId}.>`));
    expect(all.length).toBe((await place.checkpoint()).size);
    // As clients make one that is to last: by its name alone, or without a filter.
    const siemManager = await siem.jetstreamManager({ timeout: 1_000 });
    for (const of of [{ durable_name: 'siem' }, { name: 'siem', durable_name: 'siem' }]) {
      await service.consumers.delete(stream, 'siem');
      const made = await siemManager.consumers.add(stream, { ...of, ack_policy: AckPolicy.Explicit });
      expect(made.num_pending).toBe(all.length);
      expect((await siemManager.consumers.info(stream, 'siem')).name).toBe('siem');
      const [first] = await collected(siem, stream);
      expect(first).toBe(all[0]);
    }
    for (const name of ['siem2', 'globex'])
      await expect(
        siemManager.consumers.add(stream, { durable_name: name, ack_policy: AckPolicy.Explicit }),
      ).rejects.toThrow(/permissions/i);
    await expect(
      siemManager.consumers.add(`KV_${stream}_ROLES`, {
        durable_name: 'siem',
        ack_policy: AckPolicy.Explicit,
      }),
    ).rejects.toThrow(/permissions/i);
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
    const unfiltered = { ack_policy: AckPolicy.Explicit, name: 'globex', durable_name: 'globex' };
    await expect(readAs(globex, stream, unfiltered)).rejects.toThrow();
    await globex.close();

    for (const attempt of [service.streams.delete(stream), service.streams.update(stream, { max_age: 1e9 })])
      await expect(attempt).rejects.toThrow();
    await ofService.close();
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
