import { holderOf, segmentOf, tenantOf } from '../../../events/names.ts';
import type { Documents } from '../../../projections/isolation/documents/document-fold.ts';
import type { DocumentsBefore } from '../../../projections/isolation/documents/document-maps.ts';

/** The lists of a history, by name. `home` says which are asked for together: those of one tenant, or of the whole. */
export interface ListName {
  readonly name: string;
  readonly home: string;
}

const ofAll = (name: string): ListName => ({ name, home: '' });

/** By the number of a stop: when it was, and what caused it. */
export const stopsList = ofAll('stops');
/** By the last entry of a batch: its first entry, and its time. */
export const batchesList = ofAll('batches');
/** By the number of a stop: how the gaps of the state change. */
export const gapsList = ofAll('gaps');
/** By the entry: a policy with time bounds, and what comes after one. */
export const boundsList = ofAll('bounds');
/** By the entry that found it: a drift. */
export const driftsList = ofAll('drifts');
/** By their number: words that a host is gone, and those that were taken back. */
export const vouchedList = ofAll('vouched');
export const takenBackList = ofAll('taken back');

/** What there is of pairs: their findings, and what passes from one end to the other. */
export type PairKind = 'found' | 'passing';

/** By the number of a stop: what is so of a pair from there on. */
export function pairList(kind: PairKind, { from, to }: { from: string; to: string }): ListName {
  return { name: `${kind} ${from} ${to}`, home: holderOf(from) };
}

const pairName = /^(found|passing) (\S+) (\S+)$/;

/** The pair of a list; undefined for any other list. */
export function pairIn(
  name: string,
): { readonly kind: string; readonly from: string; readonly to: string } | undefined {
  const [, kind, from, to] = pairName.exec(name) ?? [];
  return kind === undefined || from === undefined || to === undefined ? undefined : { kind, from, to };
}

/** The pairs that there is something of and that concern an end, by their number. */
export function pairsOfList(kind: PairKind, end: string): ListName {
  return { name: `${kind}-by ${end}`, home: holderOf(end) };
}

/** The entries that concern the policy of a tenant, by their number. */
export function policyList(tenant: string): ListName {
  return { name: `policy ${tenant}`, home: tenant };
}

/** By the last entry of a batch: whether somebody has a name from there on. */
export function nameList(name: string): ListName {
  return { name: `name ${name}`, home: holderOf(name) };
}

/** Every name of which a change of documents may be the beginning or the end. */
export function namesTouched(before: DocumentsBefore, { tenants }: Documents): Set<string> {
  const names = new Set<string>(before.externals.keys());
  for (const [tenant, former] of before.tenants) {
    names.add(tenant);
    for (const segment of [...(former?.segments ?? []), ...(tenants.get(tenant)?.segments ?? [])])
      names.add(segmentOf(tenant, segment));
  }
  return names;
}

/** Whether a tenant, a segment or an external has that name. */
export function isNamed(name: string, { tenants, externals }: Documents): boolean {
  if (tenants.has(name) || externals.has(name)) return true;
  const tenant = tenantOf(name);
  const own = tenant === undefined ? undefined : tenants.get(tenant);
  return own?.segments.some((segment) => segmentOf(own.tenant, segment) === name) ?? false;
}
