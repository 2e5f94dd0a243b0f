import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { milliseconds } from '../harness/measure.ts';
import type { DocumentEdit } from '../running/changes.ts';
import type { Running } from '../running/running.ts';

/** A change that can be made in a running process, and taken back. Both return the hosts that took it. */
export interface Change {
  readonly make: () => Promise<readonly string[]>;
  readonly takeBack: () => Promise<readonly string[]>;
}

/** A tenant cut off, as `quarantine` does it; and released. */
export function quarantineOf(running: Running, tenant: string): Change {
  return {
    make: () => running.quarantine('quarantine', tenant),
    takeBack: () => running.quarantine('release', tenant),
  };
}

/** A document enacted, and hosts driven by their marks. */
export function editIn(running: Running, { edited, before }: DocumentEdit): Change {
  const enact = async (document: DocumentEdit['edited']): Promise<readonly string[]> => {
    await running.apply({ documents: [document] });
    return running.sync({ reads: 'marks' });
  };
  return { make: () => enact(edited), takeBack: () => enact(before) };
}

export function reversed({ make, takeBack }: Change): Change {
  return { make: takeBack, takeBack: make };
}

/** The bytes that a change left behind: at each host, and in the ledger. */
export interface Bytes {
  readonly host: number;
  readonly ledger: number;
}

/** Changes that are made one a turn, each taken back before the next one. */
export class Turns {
  readonly #changes: readonly Change[];
  readonly #bytes: Bytes;
  #turn = 0;

  private constructor(changes: readonly Change[], bytes: Bytes) {
    this.#changes = changes;
    this.#bytes = bytes;
  }

  /** `most` of the changes, those that every host has to hear of; not one of them is made when this returns. */
  static async of(
    running: Running,
    candidates: readonly Change[],
    { hosts, most, overlay }: { hosts: number; most: number; overlay: string },
  ): Promise<Turns> {
    const changes: Change[] = [];
    let bytes: Bytes = { host: 0, ledger: 0 };
    for (const change of candidates) {
      if (changes.length === most) break;
      await change.takeBack();
      const before = { host: bytesIn(overlay), size: (await running.ledger.head()).size };
      const { length } = await change.make();
      const left = {
        host: Math.round((bytesIn(overlay) - before.host) / hosts),
        ledger: await bytesSince(running, before.size),
      };
      await change.takeBack();
      if (length !== hosts) continue;
      changes.push(change);
      bytes = { host: Math.max(bytes.host, left.host), ledger: Math.max(bytes.ledger, left.ledger) };
    }
    if (changes.length < most) throw new RangeError('too few changes concern every host');
    return new Turns(changes, bytes);
  }

  /** The most bytes that one of these changes left behind. */
  get bytes(): Bytes {
    return this.#bytes;
  }

  /** Makes the next change, and says how long that took; takes it back afterwards. */
  async next(): Promise<number> {
    const change = this.#changes[this.#turn % this.#changes.length];
    if (change === undefined) throw new RangeError('no change to make');
    this.#turn += 1;
    const took = await milliseconds(() => change.make());
    await change.takeBack();
    return took;
  }
}

function bytesIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

async function bytesSince({ ledger }: Running, size: number): Promise<number> {
  let sum = 0;
  for await (const { bytes } of ledger.read({ after: size - 1 })) sum += bytes.length;
  return sum;
}
