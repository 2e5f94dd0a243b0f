import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateEstate } from '../../bench/estate.ts';
import { inForce, ofKind, readDocuments, type WrittenDocument } from '../../bench/estate/documents.ts';
import { mutateEstate } from '../../bench/estate/mutate.ts';
import type { Features } from '../../bench/estate/options.ts';
import { writeEstate } from '../../bench/estate/write.ts';
import { connections } from '../../oracle/connections.ts';
import { problemsOf } from '../../oracle/validity.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const features: fc.Arbitrary<Partial<Features>> = fc.record(
  {
    classifications: fc.boolean(),
    externals: fc.boolean(),
    airGap: fc.boolean(),
    overlaps: fc.boolean(),
    ipv6: fc.boolean(),
    timeBounds: fc.boolean(),
    halfGiven: fc.boolean(),
    wildcards: fc.boolean(),
    intraTenantSegments: fc.boolean(),
    services: fc.boolean(),
    qos: fc.boolean(),
  },
  { requiredKeys: [] },
);

function rulesOf(
  documents: readonly WrittenDocument[],
): { source?: string; guard?: string; from?: string }[] {
  return ofKind(documents, 'Policy').flatMap(({ egress, ingress }) => [
    ...(egress ?? []),
    ...(ingress ?? []),
  ]);
}

function addressesOf(documents: readonly WrittenDocument[]): string[] {
  return ofKind(documents, 'Endpoints').flatMap(({ endpoints }) => endpoints.flatMap(({ ip }) => ip));
}

describe('a generated estate', () => {
  test('given the same seed, is the same estate; given another, another', () => {
    const [one, again, other] = [7, 7, 8].map((seed) => generateEstate({ seed, tenants: 12 }).documents);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  test('given any seed, size and features, breaks no rule of the policy language', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 24 }), features, (seed, tenants, chosen) => {
        const { documents } = generateEstate({ seed, tenants, features: chosen });
        expect(ofKind(documents, 'Tenant')).toHaveLength(tenants);
        expect(problemsOf(documents)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('given some size, holds whatever is hard: each kind of rule, shared addresses, air gaps, IPv6', () => {
    const { documents } = generateEstate({ seed: 3, tenants: 60 });
    const rules = rulesOf(documents);
    const addresses = addressesOf(documents);
    expect(rules.some(({ source }) => source === '*')).toBe(true);
    expect(rules.some(({ guard }) => guard !== undefined)).toBe(true);
    expect(rules.some(({ from }) => from !== undefined)).toBe(true);
    expect(new Set(addresses).size).toBeLessThan(addresses.length);
    expect(addresses.some((address) => address.includes(':'))).toBe(true);
    expect(ofKind(documents, 'Tenant').some(({ isolation }) => isolation === 'air-gapped')).toBe(true);
    const protocols = connections(documents, '2026-03-10T00:00:00Z').map(({ protocol }) => protocol);
    expect(new Set(protocols)).toEqual(new Set(['tcp', 'udp', 'sctp', 'icmp', 'any']));
  });

  test('given switched-off features, goes without them', () => {
    const off = { classifications: false, externals: false, overlaps: false, ipv6: false, wildcards: false };
    const { documents } = generateEstate({ seed: 3, tenants: 60, features: { ...off, timeBounds: false } });
    const addresses = addressesOf(documents);
    expect(new Set(addresses).size).toBe(addresses.length);
    expect(addresses.some((address) => address.includes(':'))).toBe(false);
    expect(ofKind(documents, 'External')).toEqual([]);
    expect(rulesOf(documents).some(({ source, from }) => source === '*' || from !== undefined)).toBe(false);
    expect(ofKind(documents, 'Tenant').some(({ classification }) => classification !== undefined)).toBe(
      false,
    );
  });

  test('given two thousand tenants of 32 rules, has about that many, and no policy beyond its limit', () => {
    const { documents } = generateEstate({ seed: 1, tenants: 2000, rulesPerTenant: 32 });
    const perPolicy = ofKind(documents, 'Policy').map(
      ({ egress, ingress }) => [egress, ingress].flat().length,
    );
    const average = perPolicy.reduce((sum, rules) => sum + rules, 0) / 2000;
    expect(average).toBeGreaterThan(20);
    expect(average).toBeLessThan(44);
    expect(Math.max(...perPolicy)).toBeLessThan(500);
  });
});

describe('a changed estate', () => {
  test('given any history of changes, stays valid, and each change replaces one document', () => {
    fc.assert(
      fc.property(seeds, fc.array(seeds, { minLength: 1, maxLength: 25 }), (seed, changes) => {
        let estate = generateEstate({ seed, tenants: 10 });
        for (const change of changes) {
          const next = mutateEstate(estate, change);
          expect(inForce([...estate.documents, next.document])).toEqual(next.estate.documents);
          expect(next.estate.documents).not.toEqual(estate.documents);
          estate = next.estate;
        }
        expect(problemsOf(estate.documents)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('given the same seed, is changed in the same way', () => {
    const estate = generateEstate({ seed: 5, tenants: 10 });
    expect(mutateEstate(estate, 9)).toEqual(mutateEstate(estate, 9));
  });

  test('given many seeds, is changed in every way there is', () => {
    const estate = generateEstate({ seed: 5, tenants: 20 });
    const words = ['egress rule', 'a rule less', 'in a rule', 'offers', 'is new', 'is gone', 'moves', 'too'];
    const changes = Array.from({ length: 200 }, (_, seed) => mutateEstate(estate, seed).change);
    for (const word of words) expect(changes.some((change) => change.includes(word))).toBe(true);
  });
});

describe('a written estate', () => {
  test('given a number of files, is read back as it was', () => {
    const folder = mkdtempSync(join(tmpdir(), 'estate-'));
    try {
      const estate = generateEstate({ seed: 11, tenants: 9 });
      const files = writeEstate(folder, estate, { files: 4 });
      expect(files).toHaveLength(4);
      expect(readDocuments(folder)).toEqual(estate.documents);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
