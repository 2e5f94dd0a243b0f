import { findingsFor, type Stop } from '../engine/engine.ts';
import { findingKey } from '../judging/findings.ts';
import { pairKey } from '../pair.ts';
import type { Cause } from './timeline.ts';

/** The causes since which findings last without a break, whoever their packets pass as, as an engine comes to them. */
export class Openings {
  /** By the ends of pairs. */
  readonly #since = new Map<string, Map<string, Cause>>();

  take({ changed, cause }: Pick<Stop, 'changed' | 'cause'>): void {
    for (const record of changed) {
      const pair = pairKey(record);
      const before = this.#since.get(pair);
      const keys = findingsFor(record, () => true).map(findingKey);
      if (keys.length === 0) this.#since.delete(pair);
      else this.#since.set(pair, new Map(keys.map((key) => [key, before?.get(key) ?? cause])));
    }
  }

  /** The cause of a finding that lasts. */
  of(finding: Parameters<typeof findingKey>[0]): Cause | undefined {
    return this.#since.get(pairKey(finding))?.get(findingKey(finding));
  }
}
