import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Ledger } from '../../../src/ledger/port.ts';
import { replay } from '../../../src/ledger/replay.ts';

export const writerFile = fileURLToPath(new URL('writer.ts', import.meta.url));

/** A batch that a writer was told to be kept. */
export interface Acknowledged {
  readonly first: number;
  readonly last: number;
  readonly tenant: string;
}

/** What a writer printed: the batches that it was told to be kept. */
export function acknowledgedIn(output: string): Acknowledged[] {
  return [...output.matchAll(/^kept (\d+) (\d+) (\S+)\n/gm)].map(([, first, last, tenant = '']) => ({
    first: Number(first),
    last: Number(last),
    tenant,
  }));
}

/** Every acknowledged batch is there at its place, there is no gap, and the root derives from the entries. */
export async function expectKept(ledger: Ledger, acknowledged: readonly Acknowledged[]): Promise<void> {
  const found = new Map<number, Acknowledged>();
  await replay(ledger, {
    onBatch: ({ entries, first, last }) => {
      const tenants = new Set(entries.map(({ tenant = '' }) => tenant));
      found.set(first, { first, last, tenant: [...tenants].join() });
    },
  });
  expect(acknowledged.map(({ first }) => found.get(first))).toEqual(acknowledged);
}

/** A writer in a process of its own. */
export class Writer {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #begun: Promise<unknown>;
  #output = '';

  constructor(path: string, name: string, batches: number) {
    this.#child = spawn(process.execPath, [writerFile, path, name, String(batches)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#begun = new Promise((resolve) => {
      this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        resolve(undefined);
      });
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** When it has printed something. */
  begun(): Promise<unknown> {
    return this.#begun;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** When it has ended: what it was told to be kept. */
  async acknowledged(): Promise<Acknowledged[]> {
    await this.#ended;
    return acknowledgedIn(this.#output);
  }
}
