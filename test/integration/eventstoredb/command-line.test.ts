import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { startEventStore, type EventStore } from '../../doubles/eventstoredb/event-store.ts';

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
    const program = join(root, 'src', 'cli', 'isoledger.js');
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

  it('ends with 6 where the stream was truncated, and with 5 where no server answers', async () => {
    const store = await server();
    using desk = new Desk(store.url);
    await desk.succeed('apply', examples);
    const [id = ''] = readdirSync(join(desk.folder, '.isoledger'));
    const client = EventStoreDBClient.connectionString(store.url);
    await client.setStreamMetadata(`isoledger-${id}`, { maxCount: 10 });
    await client.dispose();
    const { code, err } = await desk.run('verify');
    expect([code, err]).toEqual([6, expect.stringMatching(/history was cut: entry 0 of .* is gone/)]);
    expect((await desk.run('doctor')).code).toBe(6);
    await store.stop();
    expect((await desk.run('status')).code).toBe(5);
  });
});
