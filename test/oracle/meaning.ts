import { ofKind, type WrittenDocument } from '../bench/estate/documents.ts';
import { connections, instantOf, type Connection } from './connections.ts';

const levels = ['public', 'internal', 'confidential', 'restricted'];
const anyInstant = '2026-01-01T00:00:00Z';

/**
 * What the chapter on meaning refuses, from an instant on: grants across classifications without a guard, and addresses
 * seen twice.
 */
export function meaningProblems(documents: readonly WrittenDocument[], at: string = anyInstant): string[] {
  const open = alwaysOpen(documents);
  return [
    ...turns(documents, at).flatMap((instant) => classificationProblems(documents, instant)),
    ...addressProblems(open, connections(open, anyInstant)),
  ];
}

/** An instant, and every later one at which a rule opens or lapses. */
function turns(documents: readonly WrittenDocument[], at: string): string[] {
  const bounds = ofKind(documents, 'Policy').flatMap(({ egress = [], ingress = [] }) =>
    [...egress, ...ingress].flatMap(({ from, expires }) => [from, expires]),
  );
  const instants = bounds.flatMap((text) => (text === undefined ? [] : [instantOf(text)]));
  const later = instants.filter((instant) => Temporal.Instant.compare(instant, at) > 0);
  return [...new Set([at, ...later.map((instant) => instant.toString())])];
}

/** The same estate with all time bounds taken off. */
function alwaysOpen(documents: readonly WrittenDocument[]): WrittenDocument[] {
  const unbounded = <Rule extends { from?: string; expires?: string }>(rule: Rule): Rule => {
    const copy = { ...rule };
    delete copy.from;
    delete copy.expires;
    return copy;
  };
  return documents.map((each) =>
    each.kind !== 'Policy'
      ? each
      : { ...each, egress: (each.egress ?? []).map(unbounded), ingress: (each.ingress ?? []).map(unbounded) },
  );
}

/** A grant across classifications must still be there when the higher side's unguarded rules are not. */
function classificationProblems(documents: readonly WrittenDocument[], instant: string): string[] {
  const levelsByEnd = endLevels(documents);
  return connections(documents, instant).flatMap((row) => {
    const [from, to] = [levelsByEnd.get(row.from) ?? NaN, levelsByEnd.get(row.to) ?? NaN];
    if (from === to) return [];
    const outside = [row.from, row.to].find((end) => !end.includes('/'));
    const higher = from > to ? row.from : row.to;
    const judged =
      outside === undefined ? tenantOf(higher) : tenantOf(outside === row.from ? row.to : row.from);
    const guarded = connections(guardedOnly(documentsOf(documents, row), judged), instant);
    const kept = guarded.some(
      (each) =>
        each.from === row.from &&
        each.to === row.to &&
        each.protocol === row.protocol &&
        each.ports === row.ports,
    );
    return kept ? [] : [`${judged} has not guarded ${JSON.stringify(row)}`];
  });
}

function endLevels(documents: readonly WrittenDocument[]): Map<string, number> {
  const ends = documents.flatMap((each): [string, number][] => {
    if (each.kind !== 'Tenant' && each.kind !== 'External') return [];
    const level = levels.indexOf(each.classification ?? 'internal');
    if (each.kind === 'External') return [[each.external, level]];
    return each.segments.map((segment) => [`${each.tenant}/${segment}`, level]);
  });
  return new Map(ends);
}

function documentsOf(documents: readonly WrittenDocument[], { from, to }: Connection): WrittenDocument[] {
  const about = new Set([tenantOf(from), tenantOf(to)]);
  return documents.filter((each) => {
    if (each.kind === 'External') return about.has(each.external);
    return (each.kind === 'Tenant' || each.kind === 'Policy') && about.has(each.tenant);
  });
}

function guardedOnly(documents: readonly WrittenDocument[], tenant: string): WrittenDocument[] {
  return documents.map((each) => {
    if (each.kind !== 'Policy' || each.tenant !== tenant) return each;
    const guarded = ({ guard }: { guard?: string }): boolean => guard !== undefined;
    return {
      ...each,
      egress: (each.egress ?? []).filter(guarded),
      ingress: (each.ingress ?? []).filter(guarded),
    };
  });
}

function addressProblems(documents: readonly WrittenDocument[], rows: readonly Connection[]): string[] {
  const seen = new Map<string, Set<string>>();
  const see = (from: string, to: string): void => {
    seen.set(from, (seen.get(from) ?? new Set<string>()).add(to));
  };
  for (const { from, to } of rows) {
    see(from, to);
    see(to, from);
  }
  const attached = ofKind(documents, 'Endpoints').flatMap(({ tenant, endpoints }) =>
    endpoints.map(({ segment, ip }) => ({ end: `${tenant}/${segment}`, addresses: [ip].flat() })),
  );
  for (const { end } of attached) see(end, end);
  return [...seen].flatMap(([end, peers]) => {
    const addresses = attached.filter((each) => peers.has(each.end)).flatMap((each) => each.addresses);
    const distinct = new Set(addresses);
    const [double] = addresses.filter((address) => !distinct.delete(address));
    return double === undefined ? [] : [`${end} sees ${double} twice`];
  });
}

function tenantOf(end: string): string {
  return end.split('/', 1).join('');
}
