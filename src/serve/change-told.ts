import { defined } from '../../events/codec/defined.ts';
import { decodeEntry, readEnvelope } from '../../events/codec/decode.ts';
import { tenantOf } from '../../events/names.ts';
import { endsNamed } from '../apply/plan/ends-named.ts';
import { liesUnder } from '../ledger/conditions.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { Arrival } from './arrivals.ts';

/** The most names that a line of the log holds of a kind. */
const namesMax = 50;

/** How many entries are looked through for what was recorded before this process began. */
const earlierMax = 10_000;

/** Who recorded what led to a change, of which tenants that is, and how long ago the first of it was. */
interface CausesTold {
  readonly authors: readonly string[];
  readonly tenants: readonly string[];
  readonly latencyMs?: number;
}

/** What the plans of a shard change: whose it is, the rules, and the digests of the set before and after. */
interface PlansTold {
  readonly tenants: readonly string[];
  readonly rules: readonly string[];
  readonly before?: string;
  readonly after?: string;
}

/** What somebody recorded since the hosts of a shard were all right, and may have led to what is driven next. */
export class ChangeCauses {
  readonly #subjects: readonly string[];
  #causes: Arrival[] = [];

  constructor(subjects: readonly string[]) {
    this.#subjects = subjects;
  }

  note(arrival: Arrival): void {
    if (this.#subjects.some((prefix) => liesUnder(arrival.subject, prefix))) this.#causes.push(arrival);
  }

  /** Adds what was recorded before this process heard of any, from what came behind the last plan of the shard, as far as that is near. */
  async addEarlier(
    ledger: LedgerReader,
    { shard, to }: { readonly shard: string; readonly to: number },
  ): Promise<void> {
    let earlier: Arrival[] = [];
    for await (const stored of ledger.read({ after: Math.max(-1, to - earlierMax), to })) {
      const { subject, type, tenant, actor, recordedAt } = readEnvelope(stored);
      if (type === 'ChangePlanned' && subject === `overlay/${shard}`) earlier = [];
      else if (this.#subjects.some((prefix) => liesUnder(subject, prefix)))
        earlier.push({ seq: stored.seq, subject, type, tenant, author: actor.name, recordedAt });
    }
    const known = new Set(this.#causes.map(({ seq }) => seq));
    this.#causes = [...earlier.filter(({ seq }) => !known.has(seq)), ...this.#causes];
  }

  /** Forgets those up to an entry, and says who recorded them, of which tenants they are, and how long ago the first was. */
  take(upTo: number, now: string): CausesTold {
    const taken = this.#causes.filter(({ seq }) => seq <= upTo);
    this.#causes = this.#causes.filter(({ seq }) => seq > upTo);
    const [first] = taken;
    return {
      authors: [...new Set(taken.map(({ author }) => author))],
      tenants: taken.flatMap(({ tenant }) => tenant ?? []),
      ...(first === undefined
        ? {}
        : { latencyMs: Math.max(0, Date.parse(now) - Date.parse(first.recordedAt)) }),
    };
  }
}

/** What the plans of a shard change that stand behind an entry. */
export async function plannedBehind(
  ledger: LedgerReader,
  { shard, after, to }: { readonly shard: string; readonly after: number; readonly to: number },
): Promise<PlansTold> {
  const tenants = new Set<string>();
  const rules = new Set<string>();
  let before: string | undefined;
  let last: string | undefined;
  for await (const stored of ledger.read({ after, to })) {
    const entry = decodeEntry(stored);
    if (entry.type !== 'ChangePlanned' || entry.data.shard !== shard) continue;
    before ??= entry.data.before;
    last = entry.data.after;
    const ends = [...entry.data.put.flatMap(endsNamed), ...entry.data.removed.map(endIn)];
    for (const end of ends) {
      const tenant = tenantOf(end);
      if (tenant !== undefined) tenants.add(tenant);
    }
    for (const object of entry.data.put) if (object.kind === 'acl') rules.add(object.id);
    for (const key of entry.data.removed) if (key.startsWith('acl/')) rules.add(key.slice('acl/'.length));
  }
  return {
    ...{ tenants: [...tenants], rules: [...rules] },
    ...(before === undefined || last === undefined ? {} : { before, after: last }),
  };
}

/** What an object that is removed is about, as far as its key tells. */
function endIn(key: string): string {
  return /^(?:network\/\d+|binding|qos)\/(.+)$/.exec(key)?.[1] ?? '';
}

/** What the log tells of a change that was driven: whose it is, who wanted it, and the set before and after. */
export function changeTold(
  { tenants, rules, before, after }: PlansTold,
  of: { readonly causes: CausesTold; readonly objectsBefore: number; readonly objectsAfter: number },
): object {
  const { causes, objectsBefore, objectsAfter } = of;
  return {
    ...namesTold('tenants', [...tenants, ...causes.tenants]),
    ...namesTold('rules', rules),
    ...namesTold('authors', causes.authors),
    ...defined({ latencyMs: causes.latencyMs }),
    before: { objects: objectsBefore, ...defined({ digest: before }) },
    after: { objects: objectsAfter, ...defined({ digest: after }) },
  };
}

/** Names as they stand in a line of the log: not more than a person reads, and how many there are. */
export function namesTold(key: string, names: Iterable<string>): Readonly<Record<string, unknown>> {
  const all = [...new Set(names)];
  return { [key]: all.slice(0, namesMax), ...(all.length > namesMax ? { [`${key}Count`]: all.length } : {}) };
}
