import { segmentOf, tenantOf } from '../../events/names.ts';
import type { Documents } from '../../projections/isolation/documents/document-fold.ts';
import { addressAt, spanOf } from '../../projections/isolation/header-sets/addresses.ts';
import { IsolationState } from '../../projections/isolation/state.ts';
import { isAfter, type Instant } from '../ledger/instants.ts';
import { replay } from '../ledger/replay.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { NotOneHolder } from './faults.ts';

/** The end of flows that an address stands for: a segment by the endpoint that has it, or an external. */
export interface HeldEnd {
  readonly end: string;
  /** `tenant/endpoint`; null for an external. */
  readonly endpoint: string | null;
}

export interface Held extends HeldEnd {
  readonly address: string;
}

/** An instant, or a stretch of time; without a beginning from the first entry on. */
interface During {
  readonly from: Instant | undefined;
  readonly to: Instant;
}

/**
 * The holders of those words that are addresses, each of which must be one and the same all the time. An endpoint's address
 * is its own, whatever external has a prefix around it; of externals the longest prefix counts. Throws NotOneHolder, and
 * the errors of reading a ledger.
 */
export async function holdersOf(
  ledger: LedgerReader,
  words: readonly (string | undefined)[],
  { from, to }: During,
): Promise<Held[]> {
  const found = new Map(
    words.flatMap((word) => {
      const address = canonicalAddress(word);
      return address === undefined ? [] : [[address, new Map<string, HeldEnd>()] as const];
    }),
  );
  if (found.size === 0) return [];
  const state = new IsolationState();
  const look = (): void => {
    for (const [address, holders] of found)
      for (const holder of holdersIn(state.documents, address)) holders.set(holder.end, holder);
  };
  await replay(ledger, {
    onBatch: (batch) => {
      if (isAfter(to, batch)) return;
      // What was there before this batch was there within the time, too.
      if (from === undefined || isAfter(from, batch)) look();
      state.follow(batch);
    },
  });
  look();
  return Array.from(found, ([address, holders]) => {
    const [holder, ...others] = holders.values();
    if (holder === undefined || others.length > 0) throw new NotOneHolder(address, [...holders.values()]);
    return { address, ...holder };
  });
}

/** The contract's spelling of an address; undefined for any other word. */
export function canonicalAddress(word = ''): string | undefined {
  const span = word.includes('/') ? undefined : spanOf(word.toLowerCase());
  return span === undefined ? undefined : addressAt(span[0]);
}

function holdersIn({ endpoints, externals }: Documents, address: string): HeldEnd[] {
  const holders = [...endpoints].flatMap(([endpoint, { segment, ips }]) =>
    ips.includes(address) ? [{ end: segmentOf(tenantOf(endpoint) ?? '', segment), endpoint }] : [],
  );
  if (holders.length > 0) return holders;
  const around = [...externals.values()].flatMap(({ external, cidrs }) =>
    cidrs.filter((cidr) => holds(cidr, address)).map((cidr) => ({ external, size: sizeOf(cidr) })),
  );
  const [longest] = around.sort((a, b) => (a.size < b.size ? -1 : 1));
  return longest === undefined ? [] : [{ end: longest.external, endpoint: null }];
}

function holds(cidr: string, address: string): boolean {
  const [around, span] = [spanOf(cidr), spanOf(address)];
  return around !== undefined && span !== undefined && around[0] <= span[0] && span[1] <= around[1];
}

function sizeOf(cidr: string): bigint {
  const [first, end] = spanOf(cidr) ?? [0n, 0n];
  return end - first;
}
