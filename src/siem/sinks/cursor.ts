import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { digest } from '../../../events/names.ts';
import { leafHash } from '../../ledger/merkle/hash.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { readOwnFile } from '../../runtime/durable-file.ts';
import { ForeignState } from '../../runtime/errors.ts';
import { replaceInBackground } from '../../runtime/replace-in-background.ts';
import { CursorAstray } from './faults.ts';

const cursorFile = z.strictObject({
  formatVersion: z.literal(1),
  ledger: z.string(),
  seq: z.int().min(0),
  leaf: digest,
});

const wishFile = z.strictObject({
  formatVersion: z.literal(1),
  ledger: z.string(),
  from: z.int().min(0),
});

/** The last entry that a sink acknowledged, as were all before it. */
export interface SinkCursor {
  readonly seq: number;
  /** Its leaf hash: a ledger that has another entry there is not the one that was delivered. */
  readonly leaf: string;
}

/** Where it is kept how far a sink is. */
export class CursorPlace {
  readonly path: string;
  readonly #wishPath: string;
  readonly #refusedPath: string;
  readonly #folder: string;
  readonly #ledger: string;
  readonly #requireOwnFolder: () => void;

  constructor({
    folder,
    ledger,
    sink,
    requireOwnFolder,
  }: {
    folder: string;
    ledger: string;
    sink: string;
    requireOwnFolder: () => void;
  }) {
    this.path = join(folder, `${sink}.json`);
    this.#wishPath = join(folder, `${sink}.replay`);
    this.#refusedPath = join(folder, `${sink}.refused`);
    this.#folder = folder;
    this.#ledger = ledger;
    this.#requireOwnFolder = requireOwnFolder;
  }

  /** Undefined where nothing was delivered yet. Throws ForeignState for another ledger's, CursorAstray for what is no cursor. */
  read(): SinkCursor | undefined {
    if (!existsSync(this.path)) return undefined;
    const parsed = cursorFile.safeParse(readJson(this.path));
    if (!parsed.success)
      throw new CursorAstray(
        `${this.path} does not say how far its sink is: somebody edited it; once it is removed, the sink is delivered everything anew`,
      );
    const { ledger, seq, leaf } = parsed.data;
    if (ledger !== this.#ledger) throw new ForeignState(this.path, ledger);
    return { seq, leaf };
  }

  /** Durable once it returns; a crash leaves the former cursor or this one. Throws the error of the operating system. */
  async note({ seq, leaf }: SinkCursor): Promise<void> {
    this.#requireOwnFolder();
    const content = { formatVersion: 1, ledger: this.#ledger, seq, leaf };
    await replaceInBackground(this.path, Buffer.from(JSON.stringify(content)), { within: this.#folder });
  }

  /** Notes at which entry the sink stopped, since its receiver refuses it. */
  async noteRefused({ seq, leaf }: SinkCursor): Promise<void> {
    this.#requireOwnFolder();
    const content = { formatVersion: 1, ledger: this.#ledger, seq, leaf };
    await replaceInBackground(this.#refusedPath, Buffer.from(JSON.stringify(content)), {
      within: this.#folder,
    });
  }

  /** The entry at which the sink stopped last; undefined where it never did, or somebody edited the note. */
  refused(): SinkCursor | undefined {
    const { data } = cursorFile.safeParse(existsSync(this.#refusedPath) ? readJson(this.#refusedPath) : {});
    return data?.ledger === this.#ledger ? { seq: data.seq, leaf: data.leaf } : undefined;
  }

  /** Notes that the sink is to be delivered again from an entry on. Whoever delivers to it does so within a second, or when it starts. */
  async wish(from: number): Promise<void> {
    this.#requireOwnFolder();
    const content = { formatVersion: 1, ledger: this.#ledger, from };
    await replaceInBackground(this.#wishPath, Buffer.from(JSON.stringify(content)), { within: this.#folder });
  }

  /** Whether somebody wishes that it is delivered again. */
  get isWished(): boolean {
    return existsSync(this.#wishPath);
  }

  /**
   * Puts the cursor where somebody wished, and lets go of the wish: a crash in between does the same again. Throws ForeignState,
   * CursorAstray, and the error of the operating system.
   */
  async fulfil(ledger: LedgerReader): Promise<void> {
    if (!this.isWished) return;
    const parsed = wishFile.safeParse(readJson(this.#wishPath));
    if (!parsed.success)
      throw new CursorAstray(`${this.#wishPath} does not say from where to deliver again: remove it`);
    if (parsed.data.ledger !== this.#ledger) throw new ForeignState(this.#wishPath, parsed.data.ledger);
    const { from } = parsed.data;
    if (from === 0) await rm(this.path, { force: true });
    else
      for await (const { seq, bytes } of ledger.read({ after: from - 2, to: from - 1 }))
        await this.note({ seq, leaf: leafHash(bytes) });
    await rm(this.#wishPath, { force: true });
  }

  /** As read, if the ledger has that entry. Throws CursorAstray where it has another one, or none. */
  async confirmed(ledger: LedgerReader): Promise<SinkCursor | undefined> {
    const cursor = this.read();
    if (cursor === undefined) return undefined;
    const { seq, leaf } = cursor;
    for await (const { bytes } of ledger.read({ after: seq - 1, to: seq }))
      if (leafHash(bytes) === leaf) return cursor;
    throw new CursorAstray(
      `by ${this.path} entry ${String(seq)} was delivered, and the ledger has none like it there: it was rewritten, cut, or is an older copy`,
    );
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readOwnFile(path));
  } catch {
    return undefined;
  }
}
