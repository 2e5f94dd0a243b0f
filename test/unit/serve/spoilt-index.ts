import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeptHistory } from '../../../src/verify/history/kept-history.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { KeptWatch } from '../../../src/verify/violations/kept-watch.ts';
import type { ViolationWatch } from '../../../src/verify/violations/violation-watch.ts';
import type { Dice } from '../isolation/random-estate.ts';
import type { VerifierScene } from './verifier-scene.ts';

/** An index of which holders of the role begin, and what becomes of it between them. */
export class SpoiltIndex {
  readonly was: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'isoledger-role-'));
  readonly #scene: VerifierScene;
  readonly #dice: Dice;
  #former: Buffer | undefined;
  #engine = 'the engine';

  constructor(scene: VerifierScene, dice: Dice) {
    this.#scene = scene;
    this.#dice = dice;
  }

  watch(): ViolationWatch {
    return new KeptWatch(this.#place);
  }

  async spoil(): Promise<void> {
    const { ledger, clock } = this.#scene;
    const path = join(this.#folder, 'applied.sqlite');
    if (!existsSync(path)) return;
    const what = this.#dice.pick(
      'as it was',
      'as it was',
      'behind',
      'behind',
      'damaged',
      'another engine',
      'of verify',
    );
    this.was.push(what);
    const bytes = readFileSync(path);
    if (what === 'behind' && this.#former !== undefined) writeFileSync(path, this.#former);
    if (what === 'damaged') {
      bytes.fill(0x20, Math.floor(this.#dice.below(bytes.length)));
      writeFileSync(path, bytes);
    } else this.#former ??= bytes;
    if (what === 'another engine') this.#engine += ' again';
    if (what === 'of verify') await verifyInterval(ledger, { lane: 'applied', clock, history: this.#place });
  }

  end(): void {
    rmSync(this.#folder, { recursive: true });
  }

  get #place(): KeptHistory {
    return { folder: this.#folder, engine: this.#engine };
  }
}
