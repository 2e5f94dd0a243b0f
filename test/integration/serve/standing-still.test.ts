import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { HttpReceiver } from '../../doubles/http-receiver.ts';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { NatsServer, natsServer } from '../../support/nats-server.ts';
import { describeNeeding } from '../../support/needs.ts';
import { ServeProcess } from '../../support/serve-process.ts';
import { ServerProcess } from '../eventstoredb/server-process.ts';

const anyText: unknown = expect.any(String);

/** A service that listens, and what it says of itself. */
class Side implements AsyncDisposable {
  readonly served: ServeProcess;
  readonly #at: string;

  private constructor(served: ServeProcess, port: unknown) {
    this.served = served;
    this.#at = `http://127.0.0.1:${String(port)}`;
  }

  static async on(ledgerUrl: string, config: string): Promise<Side> {
    const served = await ServeProcess.on(ledgerUrl, ['--config', config]);
    return new Side(served, (await served.says('listening', 'http'))['port']);
  }

  async readyz(): Promise<unknown> {
    return (await fetch(`${this.#at}/readyz`)).json();
  }

  /** The value of a metric, and how long the answer took, in milliseconds. */
  async metric(name: string): Promise<{ value: number; ms: number }> {
    const beganMs = performance.now();
    const text = await (await fetch(`${this.#at}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return { value: Number(line?.split(' ').at(-1)), ms: performance.now() - beganMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.served[Symbol.asyncDispose]();
  }
}

async function applied(place: Workplace, ledgerUrl: string): Promise<string> {
  const documents = join(place.folder, 'documents');
  mkdirSync(documents, { recursive: true });
  writeFileSync(join(documents, 'town.yaml'), town);
  expect((await place.run('--ledger', ledgerUrl, 'apply', documents)).code).toBe(0);
  return documents;
}

async function addTenant(
  place: Workplace,
  { name, documents }: Record<'name' | 'documents', string>,
): Promise<void> {
  writeFileSync(join(documents, `${name}.yaml`), `{ kind: Tenant, tenant: ${name}, segments: [web] }`);
  await place.succeed('apply', documents);
}

it(
  'a ledger server that stands still is told of within seconds, and metrics are answered at once',
  { timeout: 90_000 },
  async () => {
    using place = new Workplace();
    const store = join(place.folder, 'store');
    mkdirSync(store);
    const server = await ServerProcess.start({ folder: store });
    const config = join(place.folder, 'isoledger.yaml');
    writeFileSync(config, 'http: { listen: "127.0.0.1:0" }\n');
    await applied(place, server.url);
    await using side = await Side.on(server.url, config);
    await expect.poll(() => side.readyz(), { timeout: 20_000 }).toMatchObject({ ready: true });
    await expect
      .poll(async () => (await side.metric('isoledger_ledger_readable')).value, { timeout: 10_000 })
      .toBe(1);
    const head = await side.metric('isoledger_ledger_head_seq');
    server.send('SIGSTOP');
    const beganMs = performance.now();
    await expect
      .poll(() => side.readyz(), { timeout: 20_000, interval: 100 })
      .toMatchObject({
        ...{ ready: false, ledger: { code: 'LedgerSilent' } },
        roles: { clock: { state: 'behind', why: { code: 'LedgerSilent' } } },
      });
    expect(performance.now() - beganMs).toBeLessThan(6_000);
    const readable = await side.metric('isoledger_ledger_readable');
    expect(readable.value).toBe(0);
    expect(readable.ms).toBeLessThan(1_000);
    expect((await side.metric('isoledger_ledger_unreadable_seconds')).value).toBeGreaterThan(0);
    // What is known of it goes on to be told.
    expect((await side.metric('isoledger_ledger_head_seq')).value).toBeGreaterThanOrEqual(head.value);
    server.send('SIGCONT');
    await expect.poll(() => side.readyz(), { timeout: 30_000 }).toMatchObject({ ready: true });
  },
);

it(
  'a receiver that answers nothing is waited for, with a lag that grows, also over a restart',
  { timeout: 60_000 },
  async () => {
    using place = new Workplace();
    const documents = await applied(place, place.ledgerUrl);
    const course = Array.from({ length: 1_000 }, () => 'answers nothing' as const);
    await using deaf = await HttpReceiver.start(course, () => ({ status: 200 }));
    await using receiver = await HttpReceiver.start([], () => ({ status: 200 }));
    const config = join(place.folder, 'isoledger.yaml');
    const configure = (url: string): void => {
      writeFileSync(
        config,
        `http: { listen: "127.0.0.1:0" }\nsinks: { hook: { kind: webhook, url: "${url}" } }\n`,
      );
    };
    configure(receiver.url);
    const role = 'forwarder/hook';
    const lag = `isoledger_role_lag_entries{role="${role}"}`;
    {
      await using side = await Side.on(place.ledgerUrl, config);
      await expect
        .poll(() => side.readyz(), { timeout: 20_000 })
        .toMatchObject({ roles: { [role]: { state: 'following' } } });
      await side.served.end();
    }
    configure(deaf.url);
    await addTenant(place, { name: 'first', documents });
    const recordedMs = Date.now();
    const waits = { state: 'behind', waitsFor: { what: 'the receiver', since: anyText } };
    let before = 0;
    {
      await using side = await Side.on(place.ledgerUrl, config);
      await expect
        .poll(() => side.readyz(), { timeout: 20_000 })
        .toMatchObject({ ready: true, roles: { [role]: waits } });
      before = (await side.metric(lag)).value;
      expect(before).toBeGreaterThan(0);
      // The delivery hangs, and what is recorded meanwhile counts all the same.
      await addTenant(place, { name: 'second', documents });
      await expect
        .poll(async () => (await side.metric(lag)).value, { timeout: 5_000 })
        .toBeGreaterThan(before);
      await side.served.end('SIGKILL');
    }
    await setTimeout(2_000);
    await using side = await Side.on(place.ledgerUrl, config);
    const seconds = `isoledger_role_lag_seconds{role="${role}"}`;
    await expect
      .poll(async () => (await side.metric(seconds)).value - (Date.now() - recordedMs) / 1_000, {
        timeout: 10_000,
      })
      .toBeGreaterThan(-1.5);
  },
);

describeNeeding([natsServer], 'a NATS server that stands still', () => {
  it('is waited for, with a lag that grows', { timeout: 60_000 }, async () => {
    using place = new Workplace();
    const documents = await applied(place, place.ledgerUrl);
    const stores = join(place.folder, 'nats');
    mkdirSync(stores);
    await using server = await NatsServer.alone(stores);
    const config = join(place.folder, 'isoledger.yaml');
    writeFileSync(
      config,
      `http: { listen: "127.0.0.1:0" }\nnats: { servers: ["${server.address}"], leaseSeconds: 60 }\n`,
    );
    await using side = await Side.on(place.ledgerUrl, config);
    await expect
      .poll(() => side.readyz(), { timeout: 20_000 })
      .toMatchObject({ roles: { publisher: { state: 'following' } } });
    server.signal('SIGSTOP');
    await addTenant(place, { name: 'first', documents });
    await expect
      .poll(() => side.readyz(), { timeout: 5_000 })
      .toMatchObject({
        roles: { publisher: { state: 'behind', waitsFor: { what: 'NATS', since: anyText } } },
      });
    expect((await side.metric('isoledger_role_lag_entries{role="publisher"}')).value).toBeGreaterThan(0);
  });
});
