import type { Stop } from '../../../projections/isolation/engine/engine.ts';
import { isViolation, type Finding } from '../../../projections/isolation/judging/findings.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import type { HistoryIndex } from '../history/history-index.ts';
import { pairIn } from '../history/names.ts';
import { recordedFindings } from '../history/recorded-forms.ts';

/** The findings of a pair from a stop on. */
export interface PairFindings extends Pair {
  readonly findings: readonly Finding[];
}

/** A stop at which findings changed of pairs that were violated at any time. */
export interface KeptStop extends Pick<Stop, 'cause'> {
  /** The last entry by then. */
  readonly seq: number;
  readonly changed: readonly PairFindings[];
}

/**
 * All stops of an index that concern violations, in order; of their findings, only these. `turn` is awaited again and again. Throws
 * IndexDamaged, and the errors of SQLite.
 */
export async function keptStops(index: HistoryIndex, turn: () => Promise<void>): Promise<KeptStop[]> {
  const changed = new Map<number, PairFindings[]>();
  for (const list of index.lists.all()) {
    await turn();
    const pair = pairIn(list.name);
    if (pair?.kind !== 'found') continue;
    const { from, to } = pair;
    const items = index.lists.between(list, -1, Number.MAX_SAFE_INTEGER).map(({ at, body }) => {
      const { findings } = recordedFindings.parse(JSON.parse(body));
      return { at, findings: findings.filter(({ kind }) => isViolation(kind)) };
    });
    if (items.every(({ findings }) => findings.length === 0)) continue;
    for (const { at, findings } of items) {
      const together = changed.get(at) ?? [];
      changed.set(at, together);
      together.push({ from, to, findings });
    }
  }
  const stops: KeptStop[] = [];
  for (const [number, pairs] of [...changed].sort(([one], [other]) => one - other)) {
    await turn();
    const { seq, cause } = index.stop(number);
    stops.push({ seq, cause, changed: pairs });
  }
  return stops;
}

/** Takes off the stops that were before a batch was recorded, or with it: what time alone brings comes after the batch. */
export function* upTo(stops: KeptStop[], last: number): Generator<KeptStop> {
  for (let [stop] = stops; stop !== undefined; [stop] = stops) {
    if (stop.seq > last || (stop.seq === last && stop.cause.seq === null)) return;
    stops.shift();
    yield stop;
  }
}
