import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { command, describeNeeding } from '../../support/needs.ts';
import { ServeProcess } from '../../support/serve-process.ts';

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

  it('answers what is wrong as a problem', async () => {
    await using side = await serving();
    const { at } = side;
    for (const [path, status] of [
      ['/v1/events?limit=5000', 400],
      ['/v1/events?type=PolicyEnacte', 400],
      ['/v1/events?after=100000', 409],
      ['/v1/event', 404],
    ] as const) {
      const answer = await fetch(`http://${at}${path}`);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        ...[path, status, 'application/problem+json; charset=utf-8'],
      ]);
      expect(await answer.json()).toMatchObject({ status, detail: anyText });
    }
  });

  it('does not run where other machines would reach it without TLS', async () => {
    writeFileSync(config, 'http: { listen: "0.0.0.0:0" }\n');
    const { code, err } = await place.run('--config', config, 'serve');
    expect([code, err]).toEqual([2, expect.stringMatching(/http.listen: other machines reach this address/)]);
  });
});

describeNeeding([promtool], 'metrics', () => {
  it('are as Prometheus wants them', async () => {
    await using side = await serving();
    const { at } = side;
    const metrics = await (await fetch(`http://${at}/metrics`)).text();
    const checked = spawnSync(promtool.path, ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
    expect([checked.status, checked.stdout, checked.stderr]).toEqual([0, '', '']);
    expect(metrics).toMatch(/^isoledger_ledger_readable 1$/m);
    expect(metrics).toMatch(/^isoledger_hosts\{shard="shard-1",state="current"\} \d+$/m);
    expect(metrics).toMatch(/^isoledger_role_term\{role="clock"\} 1$/m);
  });
});
