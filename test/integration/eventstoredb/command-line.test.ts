import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { startEventStore, type EventStore } from '../../doubles/eventstoredb/event-store.ts';
import { program } from '../../support/program.ts';

const root = new URL('../../../', import.meta.url).pathname;
const examples = join(root, 'infra', 'examples');

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line as a process of its own, in a folder of its own: what follows from a ledger on a server lies there. */
class Desk implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'isoledger-desk-'));
  readonly #ledger: string;

  constructor(ledger: string) {
    this.#ledger = ledger;
  }

  run(...argv: string[]): Promise<Answer> {
    const words = [program, '--ledger', this.#ledger, ...argv];
    return new Promise((resolve) => {
      execFile(process.execPath, words, { cwd: this.folder, maxBuffer: 2 ** 26 }, (error, out, err) => {
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
        resolve({ code, out, err });
      });
    });
  }

  async succeed(...argv: string[]): Promise<string> {
    const { code, out, err } = await this.run(...argv);
    if (code !== 0) throw new Error(`isoledger ${argv.join(' ')} ended with ${String(code)}:\n${out}${err}`);
    return out;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function server(): Promise<EventStore> {
  const started = await startEventStore();
  onTestFinished(() => started.stop());
  return started;
}

function clientOf({ url }: Pick<EventStore, 'url'>): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(url);
  onTestFinished(() => client.dispose());
  return client;
}

const checkpoint = z.object({ size: z.int(), root: z.string() });

async function checkpointOf(desk: Desk): Promise<z.infer<typeof checkpoint>> {
  return checkpoint.parse(JSON.parse(await desk.succeed('checkpoint', '--json')));
}

const connections = z.object({ connections: z.array(z.unknown()) });

async function connectionsOf(desk: Desk): Promise<unknown> {
  return connections.parse(JSON.parse(await desk.succeed('connections', '--json'))).connections;
}

describe('the command line on a ledger in EventStoreDB', () => {
  it('walks the example estate as on a file, and the ledger can be brought to a file and back', async () => {
    const { url } = await server();
    using desk = new Desk(url);
    const file = `sqlite:${join(desk.folder, 'copy.db')}`;
    using filed = new Desk(file);
    expect((await desk.run('verify')).code).toBe(5);
    await desk.succeed('apply', examples);
    await desk.succeed('sync');
    expect(await desk.succeed('verify')).toMatch(/^proven/);
    expect(await desk.succeed('status')).toMatch(/plan 1 on all of 4 hosts +none/);
    expect(await desk.succeed('explain', 'acme-corp/web', 'globex/database', 'tcp/5432')).toMatch(/allowed/);
    expect(await desk.succeed('quarantine', 'acme-corp')).toMatch(/is in quarantine since entry/);
    expect(await desk.succeed('log', '--tenant', 'acme-corp')).toMatch(/TenantQuarantined/);
    expect(await desk.succeed('doctor')).toMatch(/ok +retention[^]* 0 failures/);
    const { size, root: hash } = await checkpointOf(desk);
    expect((await desk.succeed('tail')).trimEnd().split('\n')).toHaveLength(size);
    const ahead = await desk.run('tail', '--follow', '--after', String(size));
    expect([ahead.code, ahead.err]).toEqual([6, expect.stringMatching(/no entry \d+ to go on behind/)]);
    await desk.succeed('ledger', 'copy', url, file);
    expect(await checkpointOf(filed)).toEqual({ size, root: hash });
    expect(await connectionsOf(filed)).toEqual(await connectionsOf(desk));
    const other = await server();
    await desk.succeed('ledger', 'copy', file, other.url);
    using back = new Desk(other.url);
    expect(await checkpointOf(back)).toEqual({ size, root: hash });
    expect(await desk.succeed('ledger', 'backup', 'backup.db')).toMatch(hash);
  });

  it('keeps what follows from it below the folder of the command, by the id of the ledger', async () => {
    const { url } = await server();
    using desk = new Desk(`${url}&ledger=north`);
    await desk.succeed('apply', examples);
    await desk.succeed('sync', '--shard', 'shard-1');
    const [id = ''] = readdirSync(join(desk.folder, '.isoledger'));
    expect(readdirSync(join(desk.folder, '.isoledger', id)).sort()).toEqual(['locks', 'overlay', 'state']);
    using other = new Desk(`${url}&ledger=south`);
    expect((await other.run('verify')).err).toMatch(/there is no ledger on/);
  });

  it('ends with 6 where the stream was truncated: doctor names what did it, before and after it has an effect', async () => {
    const store = await server();
    using desk = new Desk(store.url);
    await desk.succeed('apply', examples);
    const [id = ''] = readdirSync(join(desk.folder, '.isoledger'));
    const client = clientOf(store);
    await client.setStreamMetadata(`isoledger-${id}`, { maxCount: 10_000 });
    const early = await desk.run('doctor');
    expect([early.code, early.out]).toEqual([6, expect.stringMatching(/^ok +ledger[^]* 1 failure,/m)]);
    expect(early.out).toMatch(
      /^FAIL +retention +stream isoledger-\S+ has \$maxCount 10000 in .* -> .*protect\.ts, before a scavenge/m,
    );
    await client.setStreamMetadata(`isoledger-${id}`, { maxCount: 10, maxAge: 86_400 });
    const { code, err } = await desk.run('verify');
    expect([code, err]).toEqual([6, expect.stringMatching(/history was cut: entry 0 of .* is gone/)]);
    expect(err).toMatch(/protect\.ts/);
    expect(err).not.toMatch(/ledger restore|PATH\.d/);
    const late = await desk.run('doctor');
    expect([late.code, late.out]).toEqual([6, expect.stringMatching(/^FAIL +ledger .* entry 0 of .* gone/m)]);
    expect(late.out).toMatch(/^FAIL +retention .* has \$maxCount 10 and \$maxAge 86400 in /m);
    await client.deleteStream(`isoledger-${id}`);
    expect((await desk.run('doctor')).out).toMatch(/^FAIL +retention .* was deleted, which hides all/m);
    await client.tombstoneStream(`isoledger-${id}`);
    expect((await desk.run('doctor')).out).toMatch(/^FAIL +retention .* was deleted for good -> nothing/m);
  });

  it.each<[string, (client: EventStoreDBClient) => Promise<unknown>, RegExp]>([
    ['deleted', (client) => client.deleteStream('isoledger'), /was deleted, which/],
    ['deleted for good', (client) => client.tombstoneStream('isoledger'), /was deleted for good/],
    ['cut', (client) => client.setStreamMetadata('isoledger', { truncateBefore: 1 }), /has \$tb 1 in/],
  ])('says what it means that the pointer stream was %s, and ends with 6', async (_, deed, words) => {
    const store = await server();
    using desk = new Desk(store.url);
    await desk.succeed('apply', examples);
    await desk.succeed('ledger', 'backup', 'backup.db');
    const before = await checkpointOf(desk);
    await deed(clientOf(store));
    for (const command of [['verify'], ['apply', examples]]) {
      const { code, err } = await desk.run(...command);
      expect([code, err]).toEqual([6, expect.stringMatching(/stream isoledger on .* was deleted or cut: /)]);
      expect(err).toMatch(/protect\.ts[^]*ledger copy sqlite:FILE 'URL&ledger=OTHER'/);
    }
    const { code, out } = await desk.run('doctor');
    expect([code, out]).toEqual([6, expect.stringMatching(/^ok +server /m)]);
    expect(out).toMatch(new RegExp(`^FAIL +retention +stream isoledger ${words.source}`, 'm'));
    expect(out).toMatch(/^FAIL +ledger +stream isoledger on .* was deleted or cut/m);
    const copied = await desk.run('ledger', 'copy', 'sqlite:backup.db', `${store.url}&ledger=other`);
    expect([copied.code, copied.err]).toEqual([
      0,
      expect.stringMatching(
        /held this ledger already, .*ledger=other leads to the same stream, .* no second copy/,
      ),
    ]);
    using other = new Desk(`${store.url}&ledger=other`);
    expect(await checkpointOf(other)).toEqual(before);
  });

  it('ends with 5 where no server answers, which doctor has as a check of its own', async () => {
    const store = await server();
    await store.stop();
    using desk = new Desk(store.url);
    const [status, doctor] = await Promise.all([desk.run('status'), desk.run('doctor')]);
    expect([status.code, doctor.code]).toEqual([5, 5]);
    expect(doctor.out).toMatch(
      /^FAIL +server .* does not answer: .* -> mend it on the server, or in its URL/m,
    );
    expect(doctor.out).not.toMatch(/configuration +/);
  });

  it('ends with 2 where the URL names a file that is not there', async () => {
    using desk = new Desk('esdb://localhost:2113?tlsCAFile=/nowhere/ca.crt');
    const words = /tlsCAFile is to name a file with .*: there is no file \/nowhere\/ca\.crt/;
    const [verify, doctor] = await Promise.all([desk.run('verify'), desk.run('doctor')]);
    expect([verify.code, verify.err]).toEqual([2, expect.stringMatching(words)]);
    expect([doctor.code, doctor.out]).toEqual([2, expect.stringMatching(words)]);
    expect(doctor.out).toMatch(/^FAIL +configuration/m);
  });
});
