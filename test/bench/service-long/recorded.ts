import { decodeEntry, readEnvelope } from '../../../events/codec/decode.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import type { RecordedEntry, ReachedStep } from './reached.ts';

/** A change of a policy. */
export interface RecordedChange extends RecordedEntry {
  /** What it takes away may be with the hosts before what others add. */
  readonly adds: boolean;
}

interface RecordedPlan {
  readonly plan: number;
  /** The last entry that it carries out. */
  readonly basis: number;
  /** Else it only takes away. */
  readonly adds: boolean;
}

/** What a ledger says of a time, in order. */
export interface RecordedTime {
  readonly entries: readonly RecordedEntry[];
  readonly changes: readonly RecordedChange[];
  /** How many plans were made in it. */
  readonly plans: number;
  /** Those, and all that came later. */
  readonly plansSince: readonly RecordedPlan[];
}

/** Reads what was recorded in a time, in milliseconds since 1970. A policy with more rules than it had before adds. */
export async function recordedIn(
  path: string,
  { startMs, endMs }: { startMs: number; endMs: number },
): Promise<RecordedTime> {
  const ledger = openSqliteLedger({ path, create: false, clock: systemClock, ids: randomIds });
  const entries: RecordedEntry[] = [];
  const changes: RecordedChange[] = [];
  const plansSince = new Map<number, RecordedPlan>();
  const rules = new Map<string, number>();
  let plans = 0;
  for await (const stored of ledger.read({ after: -1 })) {
    const { seq } = stored;
    const { type, recordedAt } = readEnvelope(stored);
    const recordedMs = Date.parse(recordedAt);
    const isWithin = recordedMs >= startMs && recordedMs < endMs;
    if (isWithin) entries.push({ seq, recordedMs });
    if (type !== 'PolicyEnacted' && type !== 'ChangePlanned') continue;
    const entry = decodeEntry(stored);
    if (entry.type === 'PolicyEnacted') {
      const { tenant, egress } = entry.data.policy;
      const adds = egress.length > (rules.get(tenant) ?? 0);
      rules.set(tenant, egress.length);
      if (isWithin) changes.push({ seq, recordedMs, adds });
    } else if (entry.type === 'ChangePlanned' && recordedMs >= startMs) {
      const { plan, basis, put } = entry.data;
      if (isWithin && !plansSince.has(plan)) plans += 1;
      const adds = put.length > 0 || plansSince.get(plan)?.adds === true;
      plansSince.set(plan, { plan, basis, adds });
    }
  }
  await ledger.close();
  return { entries, changes, plans, plansSince: [...plansSince.values()] };
}

/** When changes up to an entry were with all hosts, by the plans that these had. `adding`: by plans that add something alone. */
export function drivenSteps(
  plansSince: readonly RecordedPlan[],
  { steps, adding }: { steps: readonly ReachedStep[]; adding: boolean },
): readonly ReachedStep[] {
  const left = plansSince.filter(({ adds }) => adds || !adding).values();
  let next = left.next().value;
  const found: ReachedStep[] = [];
  for (const { number, atMs } of steps) {
    let basis: number | undefined;
    for (; next !== undefined && next.plan <= number; next = left.next().value) basis = next.basis;
    if (basis !== undefined) found.push({ number: basis, atMs });
  }
  return found;
}
