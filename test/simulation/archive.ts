import { canonicalText } from '../../events/codec/canonical.ts';
import { decodeEntry } from '../../events/codec/decode.ts';
import { Frontier } from '../../src/ledger/merkle/frontier.ts';
import { leafHash } from '../../src/ledger/merkle/hash.ts';
import type { AppendRequest, AppendResult, Ledger } from '../../src/ledger/port.ts';
import { plainRoot } from '../doubles/plain-root.ts';
import { Broken } from './failures.ts';

interface Acknowledged {
  readonly request: AppendRequest;
  readonly result: AppendResult;
}

/** How many entries apart the root is worked out from all leaves anew. */
const plainRootEvery = 64;

/** A copy of all that a ledger ever showed or acknowledged, to be compared with what it shows later. */
export class Archive {
  readonly #entries: Buffer[] = [];
  readonly #leaves: string[] = [];
  readonly #tree = new Frontier({ size: 0, frontier: [] });
  #acknowledged: Acknowledged[] = [];
  #comparedAt = 0;

  /** Takes note that whoever appended was told so. */
  acknowledged(request: AppendRequest, result: AppendResult): void {
    this.#acknowledged.push({ request, result });
  }

  /** Throws Broken unless all that was ever seen or acknowledged is there as it was, without a gap, under the ledger's root. */
  async check(ledger: Ledger): Promise<void> {
    let next = 0;
    for await (const { seq, bytes } of ledger.read()) {
      if (seq !== next) throw new Broken(`entry ${String(seq)} stands where ${String(next)} should`);
      const before = this.#entries[seq];
      if (before === undefined) this.#take(bytes);
      else if (!before.equals(bytes)) throw new Broken(`entry ${String(seq)} is no longer what it was`);
      next += 1;
    }
    if (next < this.#entries.length) throw new Broken(`entries from ${String(next)} on are gone`);
    await this.#checkRoot(ledger);
    for (const each of this.#acknowledged) this.#checkAcknowledged(each);
    this.#acknowledged = [];
  }

  #take(bytes: Uint8Array): void {
    const leaf = leafHash(bytes);
    this.#entries.push(Buffer.from(bytes));
    this.#leaves.push(leaf);
    this.#tree.append(leaf);
  }

  async #checkRoot(ledger: Ledger): Promise<void> {
    const { size, root } = await ledger.head();
    if (size !== this.#entries.length || root !== this.#tree.root())
      throw new Broken(`the head says ${String(size)} entries under ${root}, they give ${this.#tree.root()}`);
    if (size < this.#comparedAt + plainRootEvery) return;
    this.#comparedAt = size;
    if (plainRoot(this.#leaves) !== root) throw new Broken(`RFC 6962 gives another root than ${root}`);
  }

  #checkAcknowledged({ request, result }: Acknowledged): void {
    for (const [index, draft] of request.events.entries()) {
      const seq = result.first + index;
      const bytes = this.#entries[seq];
      if (bytes === undefined) throw new Broken(`entry ${String(seq)} was acknowledged and is not there`);
      const entry = decodeEntry({ seq, bytes });
      const [found, sent] = [entry, draft].map(({ subject, type, data }) =>
        canonicalText({ subject, type, data }),
      );
      if (found !== sent)
        throw new Broken(`entry ${String(seq)} is not what was acknowledged: ${String(found)}`);
    }
  }
}
