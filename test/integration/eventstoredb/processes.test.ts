import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readEnvelope } from '../../../events/codec/decode.ts';
import { StoreUnavailable, UnknownOutcome } from '../../../src/ledger/faults.ts';
import type { AppendResult, Ledger } from '../../../src/ledger/port.ts';
import { replay } from '../../../src/ledger/replay.ts';
import { collect, placed, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { counting, openAt, serve } from './served.ts';
import { ServerProcess } from './server-process.ts';

/** How often the server is killed; more are asked for by hand. */
const kills = Number(process.env['ISOLEDGER_TEST_KILLS'] ?? '3');
const appenders = 64;

interface Kept {
  readonly key: string;
  readonly first: number;
  readonly last: number;
}

/** Appends with one key until the ledger says what became of it, as whoever is in doubt is told to. */
async function insist(ledger: Ledger, key: string, count: number): Promise<AppendResult> {
  for (;;) {
    try {
      const events = Array.from({ length: count }, () => placed(key));
      return await ledger.append({ events, actor: tester, idempotencyKey: key });
    } catch (error) {
      if (!(error instanceof UnknownOutcome || error instanceof StoreUnavailable)) throw error;
    }
  }
}

/** Many who append, one batch of one to three entries after the other, until they are told to stop. */
class Appenders {
  readonly kept: Kept[] = [];
  #stopped = false;
  readonly #all: Promise<unknown>;

  constructor(ledger: Ledger, name: string) {
    this.#all = Promise.all(counting(appenders).map((one) => this.#run(ledger, `${name}-${String(one)}`)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#all;
  }

  /** When so many batches more than now were acknowledged. */
  async further(count: number): Promise<void> {
    const enough = this.kept.length + count;
    while (this.kept.length < enough) await sleep(5);
  }

  async #run(ledger: Ledger, name: string): Promise<void> {
    for (let number = 0; !this.#stopped; number += 1) {
      const key = `${name}-${String(number)}`;
      const { first, last } = await insist(ledger, key, 1 + (number % 3));
      this.kept.push({ key, first, last });
    }
  }
}

/** What is in the ledger: each batch once, at the place that was acknowledged, and nothing that nobody was told of. */
async function expectExactly(ledger: Ledger, kept: readonly Kept[]): Promise<void> {
  const found: Kept[] = [];
  await replay(ledger, {
    onBatch: ({ entries: [entry], first, last }) => {
      found.push({ key: entry?.tenant ?? '', first, last });
    },
  });
  const inOrder = [...kept].sort((one, other) => one.first - other.first);
  expect(found).toEqual(inOrder);
  expect(new Set(found.map(({ key }) => key)).size).toBe(found.length);
  expect((await ledger.head()).size).toBe((found.at(-1)?.last ?? -1) + 1);
}

describe('a server that is killed while many append', () => {
  it(`loses nothing that was acknowledged and doubles nothing, ${String(kills)} times`, async () => {
    const folder = temporaryFolder();
    let server = await ServerProcess.start({ folder });
    const { port, url } = server;
    const kept: Kept[] = [];
    for (let turn = 0; turn < kills; turn += 1) {
      const ledger = await openAt(url);
      const writing = new Appenders(ledger, `turn-${String(turn)}`);
      await writing.further(130);
      await sleep(Math.random() * 30);
      await server.kill();
      server = await ServerProcess.start({ folder, port });
      await writing.further(130);
      await writing.stop();
      kept.push(...writing.kept);
      await expectExactly(await openAt(url, {}, false), kept);
      await ledger.close();
    }
    expect(kept.length).toBeGreaterThan(260 * kills);
  });
});

describe('three processes that append on condition', () => {
  it('come one after the other, and no update is lost', async () => {
    const { url } = await serve();
    const program = fileURLToPath(new URL('counter.ts', import.meta.url));
    const times = 25;
    const processes = counting(3).map(() =>
      promisify(execFile)(process.execPath, [program, url, String(times)]),
    );
    const conflicts = (await Promise.all(processes)).map(({ stdout }) => Number(stdout));
    expect(conflicts.every(Number.isInteger)).toBe(true);
    // They did meet.
    expect(Math.max(...conflicts)).toBeGreaterThan(0);
    const entries = await collect((await openAt(url)).read());
    const values = entries.map((entry) => Number(readEnvelope(entry).causation));
    expect(values).toEqual(counting(3 * times, 1));
  });
});
