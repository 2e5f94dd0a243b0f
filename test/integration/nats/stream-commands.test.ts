import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect } from 'nats';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { NatsServer, natsServer } from '../../support/nats-server.ts';
import { describeNeeding } from '../../support/needs.ts';
import { ServeProcess } from '../../support/serve-process.ts';

const status = z.looseObject({
  verdict: z.string(),
  size: z.int(),
  stream: z.string(),
  root: z.string().exactOptional(),
  firstDifference: z.int().exactOptional(),
});

interface Given extends AsyncDisposable {
  readonly server: NatsServer;
  readonly config: readonly string[];
}

/** A ledger with an estate, a server, and the configuration that names it. */
async function givenStream(place: Workplace): Promise<Given> {
  const documents = join(place.folder, 'documents');
  mkdirSync(documents);
  writeFileSync(join(documents, 'town.yaml'), town);
  await place.succeed('apply', documents);
  const folder = join(place.folder, 'nats');
  mkdirSync(folder);
  const server = await NatsServer.alone(folder);
  const config = join(place.folder, 'isoledger.yaml');
  writeFileSync(config, `nats:\n  servers: ["${server.address}"]\n  leaseSeconds: 3\n`);
  const stop = (): Promise<void> => server.kill();
  return { server, config: ['--config', config], [Symbol.asyncDispose]: stop };
}

async function statusOf(place: Workplace, config: readonly string[]): Promise<z.infer<typeof status>> {
  const { out } = await place.run('stream', 'status', '--json', ...config);
  return status.parse(JSON.parse(out));
}

/** Waits for what the stream comes to. */
async function becomes(place: Workplace, config: readonly string[], verdict: string): Promise<void> {
  while ((await statusOf(place, config)).verdict !== verdict) await setTimeout(100);
}

describeNeeding([natsServer], 'the stream of a ledger', () => {
  it('is made from the ledger when it is gone, and never touched when it is there', async () => {
    using place = new Workplace();
    await using given = await givenStream(place);
    const { config } = given;
    expect(await place.run('stream', 'status', ...config)).toMatchObject({ code: 1 });
    const { size, root } = await place.checkpoint();
    await place.succeed('stream', 'rebuild', ...config);
    expect(await statusOf(place, config)).toMatchObject({ verdict: 'same', size, root });
    const other = join(place.folder, 'other.yaml');
    writeFileSync(other, `nats: { servers: ["${given.server.address}"], maxAgeDays: 9 }`);
    const check = await place.run('config', 'check', '--config', other);
    expect([check.code, check.err]).toEqual([2, expect.stringContaining('has other settings')]);
    const again = await place.run('stream', 'rebuild', ...config);
    expect([again.code, again.err]).toEqual([4, expect.stringContaining('nothing was changed')]);
  });

  it('to which somebody else wrote is told apart, at the message', async () => {
    using place = new Workplace();
    await using given = await givenStream(place);
    const { config } = given;
    await place.succeed('stream', 'rebuild', ...config);
    const { size, stream } = await statusOf(place, config);
    const nats = await connect({ servers: given.server.address });
    const subject = stream.replace('ISOLEDGER_', 'isoledger.');
    await nats.jetstream().publish(`${subject}._._.PolicyEnacted`, '{}');
    await nats.close();
    const { code, out } = await place.run('stream', 'status', ...config);
    expect([code, out]).toEqual([6, expect.stringContaining('no mirror of this ledger')]);
    expect(await statusOf(place, config)).toMatchObject({ verdict: 'forked', size });
  });

  it('is refused with other settings, with the differences', async () => {
    using place = new Workplace();
    await using given = await givenStream(place);
    const { config } = given;
    await place.succeed('stream', 'rebuild', ...config);
    const { stream } = await statusOf(place, config);
    const nats = await connect({ servers: given.server.address });
    const manager = await nats.jetstreamManager();
    await manager.streams.update(stream, { max_age: 3_600_000_000_000 });
    await nats.close();
    const { code, err } = await place.run('stream', 'status', ...config);
    expect([code, err]).toEqual([4, expect.stringContaining('max_age is 3600000000000, not 0')]);
  });

  it('needs a server that is named, and that is there', async () => {
    using place = new Workplace();
    await using given = await givenStream(place);
    const { config, server } = given;
    expect(await place.run('stream', 'status')).toMatchObject({ code: 2 });
    await server.kill();
    for (const command of [
      ['stream', 'status'],
      ['config', 'check'],
    ])
      expect(await place.run(...command, ...config)).toMatchObject({ code: 5 });
  });
});

describeNeeding([natsServer], 'a check of the configuration', () => {
  it('tells of servers that give no leases', async () => {
    using place = new Workplace();
    const documents = join(place.folder, 'town.yaml');
    writeFileSync(documents, town);
    await place.succeed('apply', documents);
    const folder = join(place.folder, 'nats');
    mkdirSync(folder);
    const [event = ''] = (await place.succeed('tail', '--format', 'cloudevents')).split('\n');
    const { source } = z.looseObject({ source: z.string() }).parse(JSON.parse(event));
    const leases = `KV_ISOLEDGER_${source.split(/[:/]/).at(-1) ?? ''}_ROLES`;
    const permissions = `{ publish: { deny: ["$JS.API.STREAM.INFO.${leases}"] } }`;
    await using server = await NatsServer.alone(folder, [
      `authorization { users: [{ user: isoledger, password: s3cret, permissions: ${permissions} }] }`,
    ]);
    writeFileSync(join(folder, 'password'), 's3cret', { mode: 0o600 });
    const config = join(place.folder, 'isoledger.yaml');
    writeFileSync(
      config,
      `nats: { servers: ["${server.address}"], user: isoledger, passwordFile: ${join(folder, 'password')} }`,
    );
    const { code, err } = await place.run('config', 'check', '--config', config);
    expect([code, err]).toEqual([5, expect.stringContaining('leases cannot be looked at')]);
  });
});

describeNeeding([natsServer], 'a service with NATS', () => {
  it('publishes what is recorded, and another one does within seconds of its end', async () => {
    using place = new Workplace();
    await using given = await givenStream(place);
    const { config } = given;
    const check = await place.succeed('config', 'check', ...config);
    expect(check).toContain('role publisher');
    await using first = await ServeProcess.on(place.ledgerUrl, config);
    await first.says('took the role', 'publisher');
    await using second = await ServeProcess.on(place.ledgerUrl, [...config, '--roles', 'publisher']);
    await becomes(place, config, 'same');
    await first.end('SIGKILL');
    const more = '{ kind: Tenant, name: newcomer, classification: internal }';
    writeFileSync(join(place.folder, 'documents', 'more.yaml'), more);
    await place.run('apply', join(place.folder, 'documents'));
    await second.says('took the role', 'publisher');
    await becomes(place, config, 'same');
    expect(await second.end()).toBe(0);
  });

  it('has its roles again, and makes the stream anew, after the server lost its store', async () => {
    using place = new Workplace();
    await using given = await givenStream(place);
    const { config, server } = given;
    await using served = await ServeProcess.on(place.ledgerUrl, config);
    await becomes(place, config, 'same');
    await server.kill();
    rmSync(join(place.folder, 'nats', 'store'), { recursive: true });
    await server.start();
    await becomes(place, config, 'same');
    expect(await served.end()).toBe(0);
  });
});

describe('without NATS', () => {
  it('a stream is asked for in vain, in words', async () => {
    using place = new Workplace();
    expect((await place.run('stream', 'rebuild')).err).toContain('no NATS server is named');
  });
});
