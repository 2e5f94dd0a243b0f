import { expect, it } from 'vitest';
import { ledgerInNats, type LedgerInNats } from '../../../src/compose/nats.ts';
import { natsDefaults } from '../../../src/siem/nats-settings.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { NatsCluster, NatsServer, natsServer } from '../../support/nats-server.ts';
import { describeNeeding } from '../../support/needs.ts';

const ledgerId = '01a22d43-83f4-7574-981d-9061c60f7637';
const count = 3_000;

/** A stream with so many messages that no reader has them all at once. */
async function givenMessages(servers: readonly string[], replicas: number): Promise<LedgerInNats> {
  const nats = ledgerInNats(ledgerId, { access: { servers }, ...natsDefaults, replicas });
  const { mirror } = nats;
  await mirror.open();
  const publish = (seq: number): Promise<boolean> =>
    mirror.publish({
      ...{ seq, shard: undefined, tenant: undefined, type: 'T', leaf: 'f'.repeat(64) },
      ...{ body: '{}', contentType: 'application/json' },
    });
  for (let seq = 0; seq < count; seq += 100)
    await Promise.all(Array.from({ length: Math.min(100, count - seq) }, (_, at) => publish(seq + at)));
  return nats;
}

/** Reads all, and does something once some are read. */
async function readAll({ mirror }: LedgerInNats, midway: () => Promise<unknown>): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { sequence } of mirror.read({ from: 1, to: count })) {
    sequences.push(sequence);
    if (sequences.length === 300) await midway();
  }
  return sequences;
}

const all = Array.from({ length: count }, (_, at) => at + 1);

describeNeeding([natsServer], 'a stream is read', () => {
  it('to its end when the server that leads it is killed meanwhile', { timeout: 90_000 }, async () => {
    await using cluster = await NatsCluster.of(temporaryFolder());
    await using nats = await givenMessages(cluster.addresses, 3);
    const midway = async (): Promise<void> => (await cluster.leader(nats.mirror.name)).kill();
    expect(await readAll(nats, midway)).toEqual(all);
  });

  it('to its end when any server of it stands still meanwhile', { timeout: 240_000 }, async () => {
    await using cluster = await NatsCluster.of(temporaryFolder());
    await using nats = await givenMessages(cluster.addresses, 3);
    for (const server of cluster.servers) {
      const stop = (): Promise<void> => {
        server.signal('SIGSTOP');
        return Promise.resolve();
      };
      expect(await readAll(nats, stop)).toEqual(all);
      server.signal('SIGCONT');
      // It votes again once it has what the others have: with the next one stopped before that, two of three stand still.
      await cluster.leaderOfAll(nats.mirror.name);
    }
  });

  it(
    'to its end when the only server is away for a while, with every place that it kept',
    { timeout: 90_000 },
    async () => {
      await using server = await NatsServer.alone(temporaryFolder());
      await using nats = await givenMessages([server.address], 1);
      const midway = async (): Promise<void> => {
        await server.kill();
        setTimeout(() => void server.start(), 4_000);
      };
      expect(await readAll(nats, midway)).toEqual(all);
    },
  );

  it.each(['SIGSTOP', 'SIGKILL'] as const)(
    'no further without any server, after %s, and that is told within half a minute',
    { timeout: 90_000 },
    async (signal) => {
      await using server = await NatsServer.alone(temporaryFolder());
      await using nats = await givenMessages([server.address], 1);
      let stoppedMs = 0;
      const midway = (): Promise<void> => {
        server.signal(signal);
        stoppedMs = performance.now();
        return Promise.resolve();
      };
      await expect(readAll(nats, midway)).rejects.toMatchObject({ code: 'MirrorUnavailable' });
      expect(performance.now() - stoppedMs).toBeLessThan(30_000);
    },
  );
});
