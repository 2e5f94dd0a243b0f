import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { command, describeNeeding } from '../../support/needs.ts';
import { ServeProcess } from '../../support/serve-process.ts';

const openApi = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.object({
      get: z.object({
        parameters: z.array(z.unknown()).optional(),
        responses: z.record(z.string(), z.unknown()),
      }),
    }),
  ),
});
const anyText: unknown = expect.any(String);
const promtool = command('promtool', 'prometheus');

let place: Workplace;
let config: string;
beforeEach(async () => {
  place = new Workplace();
  config = join(place.folder, 'isoledger.yaml');
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  writeFileSync(join(folder, 'documents.yaml'), town);
  await place.succeed('apply', folder);
});
afterEach(() => {
  place[Symbol.dispose]();
});

interface Side extends AsyncDisposable {
  readonly served: ServeProcess;
  /** Its address and port. */
  readonly at: string;
}

async function serving(http = '{ listen: "127.0.0.1:0" }'): Promise<Side> {
  writeFileSync(config, `http: ${http}\n`);
  const served = await ServeProcess.on(place.ledgerUrl, ['--config', config]);
  const { port } = await served.says('listening', 'http');
  return {
    ...{ served, at: `127.0.0.1:${String(port)}` },
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

describe('a service that listens', () => {
  it('says how its roles stand, and gives the events that tail gives', async () => {
    await using side = await serving();
    const { at } = side;
    expect(await (await fetch(`http://${at}/healthz`)).json()).toEqual({ status: 'ok' });
    await expect
      .poll(async () => (await fetch(`http://${at}/readyz`)).json(), { timeout: 10_000 })
      .toMatchObject({ ready: true, roles: { clock: { state: 'following' }, http: { state: 'following' } } });
    const tailed = (await place.succeed('tail', '--format', 'ocsf')).trim().split('\n');
    const page = await fetch(`http://${at}/v1/events?format=ocsf&limit=1000`);
    expect(await page.json()).toEqual({
      ...{ ledger: anyText, format: 'ocsf', next: tailed.length - 1, atHead: true },
      events: tailed.map((line): unknown => JSON.parse(line)),
    });
    const headers = { accept: 'application/x-ndjson' };
    const lines = await fetch(`http://${at}/v1/events?format=syslog&after=1&limit=2`, { headers });
    expect(lines.headers.get('isoledger-next')).toBe('3');
    const syslog = (await place.succeed('tail', '--format', 'syslog')).split('\n');
    expect(await lines.text()).toBe(`${syslog.slice(2, 4).join('\n')}\n`);
    expect(await side.served.end()).toBe(0);
  });

  it('says that the ledger is gone, and stops what would go on with it', async () => {
    await using side = await serving();
    const readyz = (): Promise<Response> => fetch(`http://${side.at}/readyz`);
    await expect.poll(async () => (await readyz()).status, { timeout: 10_000 }).toBe(200);
    const path = place.ledgerPath;
    for (const name of readdirSync(dirname(path)))
      if (name.startsWith(basename(path)))
        renameSync(join(dirname(path), name), join(place.folder, `gone-${name}`));
    await expect.poll(async () => (await readyz()).status, { timeout: 10_000 }).toBe(503);
    const stopped = { state: 'stopped', why: { code: 'LedgerForked' } };
    await expect
      .poll(async () => (await readyz()).json(), { timeout: 10_000 })
      .toMatchObject({
        ...{ ready: false, ledger: { code: 'LedgerForked' } },
        roles: { clock: stopped, 'applier/shard-1': stopped },
      });
    expect(await (await fetch(`http://${side.at}/metrics`)).text()).toContain(
      'isoledger_ledger_readable 0\n',
    );
    expect(await side.served.end()).toBe(0);
  });

  it('streams what is there and what comes, and goes on behind the last event that a reader has', async () => {
    await using side = await serving();
    const until = async (path: string, enough: (text: string) => boolean, last?: number): Promise<string> => {
      const ending = new AbortController();
      const headers = last === undefined ? {} : { 'last-event-id': String(last) };
      const answer = await fetch(`http://${side.at}${path}`, { headers, signal: ending.signal });
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      let text = '';
      const decoder = new TextDecoder();
      const body: AsyncIterable<Uint8Array> = answer.body ?? new ReadableStream();
      for await (const bytes of body) {
        text += decoder.decode(bytes, { stream: true });
        if (enough(text)) break;
      }
      ending.abort();
      return text;
    };
    const path = '/v1/events/stream?format=ecs&tenant=acme';
    const quarantined = until(path, (text) => text.includes('TenantQuarantined'));
    await place.succeed('quarantine', 'acme', '--reason', 'a test');
    const text = await quarantined;
    const tailed = (await place.succeed('tail', '--format', 'ecs', '--tenant', 'acme')).trim().split('\n');
    const blocks = text.split('\n\n').filter((block) => block.startsWith('id: '));
    expect(tailed.slice(0, blocks.length)).toEqual(blocks.map((block) => block.split('\ndata: ')[1]));
    const [first = '', second = ''] = blocks;
    const seq = Number(/^id: (\d+)/.exec(first)?.[1]);
    expect(await until(path, (found) => found.includes('\ndata: '), seq)).toContain(second);
    expect((await fetch(`http://${side.at}/v1/events/stream?tenant=nobody`)).status).toBe(400);
    expect(await side.served.end()).toBe(0);
  });

  it('ends in time while readers follow, and answers HEAD and POST with a problem', async () => {
    await using side = await serving();
    const following = await fetch(`http://${side.at}/v1/events/stream`);
    for (const method of ['HEAD', 'POST']) {
      const answer = await fetch(`http://${side.at}/v1/events`, { method });
      expect([method, answer.status]).toEqual([method, 404]);
    }
    const [code, text] = await Promise.all([side.served.end(), following.text()]);
    expect([code, text]).toEqual([0, expect.stringContaining('retry: 2000')]);
  });

  it('says in OpenAPI what can be asked', async () => {
    await using side = await serving();
    const document = openApi.parse(await (await fetch(`http://${side.at}/v1/openapi.json`)).json());
    expect(Object.keys(document.paths)).toEqual([
      ...['/healthz', '/readyz', '/metrics', '/v1/events', '/v1/events/stream', '/v1/openapi.json'],
    ]);
    const { parameters = [] } = document.paths['/v1/events']?.get ?? {};
    expect(parameters).toContainEqual({
      ...{
        name: 'limit',
        in: 'query',
        required: false,
        description: 'The most events of the page; 100 if left out.',
      },
      schema: { type: 'integer', minimum: 1, maximum: 1000 },
    });
    for (const { get } of Object.values(document.paths))
      expect(Object.keys(get.responses)).toEqual(expect.arrayContaining(['200', 'default']));
  });

  it('answers what is wrong as a problem', async () => {
    await using side = await serving();
    const { at } = side;
    for (const [path, status, words = ''] of [
      ['/v1/events?limit=5000', 400],
      ['/v1/events?after=-2', 400, '>=-1'],
      ['/v1/events?limit=1.5', 400, 'expected int'],
      [`/v1/events?type=${'x'.repeat(20_000)}`, 431, 'longer than 16 KiB'],
      ['/v1/events?type=PolicyEnacte', 400],
      ['/v1/events?after=100000', 409],
      ['/v1/event', 404],
    ] as const) {
      const answer = await fetch(`http://${at}${path}`);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        ...[path, status, 'application/problem+json; charset=utf-8'],
      ]);
      const told = await answer.text();
      expect(JSON.parse(told)).toMatchObject({ status, detail: anyText });
      expect(told).toContain(words);
    }
    const endedAt = Date.now();
    expect(await side.served.end()).toBe(0);
    expect(Date.now() - endedAt).toBeLessThan(2_500);
  });

  it('does not run where other machines would reach it without TLS', async () => {
    writeFileSync(config, 'http: { listen: "0.0.0.0:0" }\n');
    const { code, err } = await place.run('--config', config, 'serve');
    expect([code, err]).toEqual([2, expect.stringMatching(/http.listen: other machines reach this address/)]);
  });
});

describeNeeding([promtool], 'metrics', () => {
  it('are as Prometheus wants them', async () => {
    await using side = await serving(
      '{ listen: "127.0.0.1:0" }\nsinks: { hook: { kind: webhook, url: "http://127.0.0.1:9/" } }',
    );
    const { at } = side;
    await side.served.says('drove the shard', 'applier/shard-1');
    await side.served.says('the sink takes nothing, and is tried again', 'forwarder/hook');
    const metrics = await (await fetch(`http://${at}/metrics`)).text();
    const checked = spawnSync(promtool.path, ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
    expect([checked.status, checked.stdout, checked.stderr]).toEqual([0, '', '']);
    expect(metrics).toMatch(/^isoledger_ledger_readable 1$/m);
    expect(metrics).toMatch(/^isoledger_hosts\{shard="shard-1",state="current"\} \d+$/m);
    expect(metrics).toMatch(/^isoledger_drive_duration_seconds_count\{shard="shard-1"\} [1-9]/m);
    expect(metrics).toMatch(/^isoledger_role_term\{role="clock"\} 1$/m);
    expect(metrics).toMatch(/^isoledger_sink_entries_total\{sink="hook"\} 0$/m);
    expect(metrics).toMatch(/^isoledger_sink_failures_total\{sink="hook",of="entries"\} [1-9]/m);
    expect(metrics).toMatch(/^isoledger_sink_failures_total\{sink="hook",of="heartbeat"\} 1$/m);
  });
});
