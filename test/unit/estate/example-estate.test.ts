import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ofKind, parseDocuments, readDocuments, type WrittenDocument } from '../../bench/estate/documents.ts';
import { boundOnly, connections } from '../../oracle/connections.ts';
import { problemsOf } from '../../oracle/validity.ts';

const infra = fileURLToPath(new URL('../../../infra/', import.meta.url));
const example = readDocuments(`${infra}examples`);
const now = '2026-07-01T00:00:00Z';

function rows(documents: readonly WrittenDocument[], at = now): string[] {
  return connections(documents, at).map(
    ({ from, to, protocol, ports }) => `${from} -> ${to} ${protocol} ${ports}`,
  );
}

/** The connections lost (-) and gained (+) when documents are applied on top of the example. */
function difference(changed: readonly WrittenDocument[]): string[] {
  const [before, after] = [rows(example), rows([...example, ...changed])];
  return [
    ...before.filter((row) => !after.includes(row)).map((row) => `- ${row}`),
    ...after.filter((row) => !before.includes(row)).map((row) => `+ ${row}`),
  ];
}

function edited(file: string, find: string, replacement: string): WrittenDocument[] {
  const text = readFileSync(`${infra}examples/tenants/${file}`, 'utf8');
  expect(text).toContain(find);
  return parseDocuments(text.replace(find, replacement), file);
}

const tenants = ofKind(example, 'Tenant');
const endpoints = ofKind(example, 'Endpoints').flatMap(({ tenant, endpoints }) =>
  endpoints.map((endpoint) => ({ tenant, ...endpoint })),
);
const rules = ofKind(example, 'Policy').flatMap(({ egress, ingress }) => [
  ...(egress ?? []),
  ...(ingress ?? []),
]);

describe('the example estate', () => {
  test('given the rules of the policy language, breaks none', () => {
    expect(problemsOf(example)).toEqual([]);
  });

  test('given its README, is as large as that says', () => {
    expect(tenants).toHaveLength(50);
    expect(endpoints).toHaveLength(465);
    expect(ofKind(example, 'Shard')).toHaveLength(2);
    expect(ofKind(example, 'Host')).toHaveLength(8);
    expect(rows(example)).toHaveLength(343);
  });

  test('given the policy of the language description, grants what it says', () => {
    expect(rows(example)).toEqual(
      expect.arrayContaining([
        'acme-corp/web -> shared-apis/front tcp 443',
        'acme-corp/database -> shared-apis/front tcp 443',
        'vpn-gateway -> acme-corp/web tcp 22,443',
        'acme-corp/web -> globex/database tcp 5432',
        'pelican-post/tracking -> globex/web tcp 443,8050-8100',
      ]),
    );
  });

  test('given tenants that do not talk, has the same addresses in several of them', () => {
    const holders = endpoints.filter(({ ip }) => ip === '10.1.0.11').map(({ tenant }) => tenant);
    expect(holders.sort()).toEqual(['acme-corp', 'cold-vault', 'marlow-waterworks', 'old-mill-textiles']);
    expect(endpoints.filter(({ ip }) => ip === '192.168.10.11').length).toBeGreaterThan(5);
  });

  test('given air-gapped tenants, grants them nothing', () => {
    const airGapped = tenants
      .filter(({ isolation }) => isolation === 'air-gapped')
      .map(({ tenant }) => tenant);
    expect(airGapped).toHaveLength(2);
    const touched = rows(example).filter((row) => airGapped.some((tenant) => row.includes(`${tenant}/`)));
    expect(touched).toEqual([
      'marlow-waterworks/control -> marlow-waterworks/pumps any *',
      'marlow-waterworks/pumps -> marlow-waterworks/control any *',
    ]);
  });

  test.each([
    ['acme-corp/web', 'globex/reporting'],
    ['iris-analytics/workbench', 'orchard-grocers/shop'],
    ['saltmarsh-energy/trading', 'blue-harbor-bank/app'],
    ['heron-pictures/editing', 'mosaic-museum/exhibits'],
    ['cinder-bakery/shop', 'payments-hub/api'],
    ['tidal-research/compute', 'thistle-pharma/laboratory'],
    ['core-services/logs', 'identity/directory'],
  ])('given the half-given consent from %s to %s, grants nothing', (from, to) => {
    expect(rows(example).filter((row) => row.startsWith(`${from} -> ${to} `))).toEqual([]);
  });

  test('given segments without workloads and externals without gateway, has connections that cannot be carried', () => {
    const all = connections(example, now);
    const bound = boundOnly(all, example);
    expect(all.filter((row) => !bound.includes(row)).map(({ from, to }) => `${from} -> ${to}`)).toEqual([
      'city-of-marlow/portal -> old-datacentre',
      'granite-builders/books -> granite-builders/site',
      'granite-builders/site -> granite-builders/books',
      'harrow-and-finch/desk -> granite-builders/books',
      'old-datacentre -> city-of-marlow/portal',
    ]);
  });

  test('given rules bounded in time, loses them all by 2036', () => {
    expect(
      rules.filter(({ from, expires }) => from !== undefined || expires !== undefined).length,
    ).toBeGreaterThan(3);
    const late = rows(example, '2036-01-01T00:00:00Z');
    expect(rows(example).filter((row) => !late.includes(row))).toEqual([
      'backup-vault/intake -> tidewater-insurance/database tcp 5432',
      'harrow-and-finch/desk -> acme-corp/database tcp 5432',
      'maple-street-school/classrooms -> internet tcp 80,443',
      'vpn-gateway -> blue-harbor-bank/web tcp 22',
    ]);
  });
});

describe('the changes that the README proposes', () => {
  test('given the change that is ready, one consent becomes whole and nothing else changes', () => {
    const change = readDocuments(`${infra}changes/globex-opens-reporting`);
    expect(problemsOf([...example.filter((each) => !isPolicyOf(each, 'globex')), ...change])).toEqual([]);
    expect(difference(change)).toEqual(['+ acme-corp/web -> globex/reporting tcp 8443']);
  });

  test('given the revocation, port 22 is lost and nothing else', () => {
    expect(difference(edited('industry/acme-corp.yaml', '[22, 443]', '[443]'))).toEqual([
      '- vpn-gateway -> acme-corp/database tcp 22,443',
      '- vpn-gateway -> acme-corp/web tcp 22,443',
      '+ vpn-gateway -> acme-corp/database tcp 443',
      '+ vpn-gateway -> acme-corp/web tcp 443',
    ]);
  });

  test('given the consent, one connection is gained', () => {
    const rule = '- { source: iris-analytics/workbench, segment: shop, ports: [5432], protocol: tcp }';
    expect(
      difference(edited('commerce/orchard-grocers.yaml', 'ingress:\n', `ingress:\n  ${rule}\n`)),
    ).toEqual(['+ iris-analytics/workbench -> orchard-grocers/shop tcp 5432']);
  });

  test('given the refusal, an address would be seen twice', () => {
    const rule = 'egress: [{ destination: dns, segment: office }]\n';
    const changed = edited('acquired/old-mill-textiles.yaml', 'ingress:\n', `${rule}ingress:\n`);
    const others = example.filter((each) => !('tenant' in each) || each.tenant !== 'old-mill-textiles');
    expect(problemsOf([...others, ...changed])).toEqual(['core-services/dns sees 10.1.1.11 twice']);
  });
});

function isPolicyOf(document: WrittenDocument, tenant: string): boolean {
  return document.kind === 'Policy' && document.tenant === tenant;
}
