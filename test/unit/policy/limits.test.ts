import { describe, expect, test } from 'vitest';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { entryBytesMax } from '../../../events/entry.ts';
import { eventBytesMax, policyRulesMax, tenantSegmentsMax } from '../../../src/policy/limits.ts';
import { read } from './folders.ts';

function rules(count: number, more = ''): string {
  return Array.from({ length: count }, (_, index) => `  - { source: t${index}${more} }\n`).join('');
}

describe('limits', () => {
  test('given as many rules as there may be, then the policy is whole', async () => {
    const folder = await read({
      'a.yaml': `tenant: a\ningress:\n${rules(policyRulesMax - 1)}egress: [{ destination: x }]`,
    });

    expect(folder.problems).toEqual([]);
    expect(folder.documents).toHaveLength(1);
  });

  test('given a rule more, then the policy is refused, saying how many there may be', async () => {
    const folder = await read({
      'a.yaml': `tenant: a\ningress:\n${rules(policyRulesMax)}egress: [{ destination: x }]`,
    });

    expect(folder.problems).toMatchObject([
      {
        place: { line: 1, keyPath: '' },
        message: 'a policy holds at most 500 rules, egress and ingress together; this one has 501',
        found: '501 rules',
      },
    ]);
    expect(folder.documents).toEqual([]);
  });

  test('given as many segments as there may be, then the tenant is whole; one more is refused at its segments', async () => {
    const tenant = (count: number): string => {
      return `kind: Tenant\ntenant: a\nsegments:\n${Array.from({ length: count }, (_, index) => `  - s${index}\n`).join('')}`;
    };
    const fits = await read({ 'a.yaml': tenant(tenantSegmentsMax) });
    const tooMany = await read({ 'a.yaml': tenant(tenantSegmentsMax + 1) });

    expect(fits.problems).toEqual([]);
    expect(fits.documents).toHaveLength(1);
    expect(tooMany.problems).toMatchObject([
      {
        place: { line: 3, keyPath: 'segments' },
        message: 'a tenant has at most 500 segments; this one has 501',
        found: '501 segments',
        allowed: 'at most 500',
      },
    ]);
    expect(tooMany.documents).toEqual([]);
  });

  test('given a policy as large as an entry may be, then it fits; a byte more does not', async () => {
    // A guard has its own limit: 400 of them share the letters.
    const policy = (letters: number): string => {
      const guard = (index: number): string => 'g'.repeat(Math.floor((letters + index) / 400));
      return `tenant: a\ningress:\n${Array.from(
        { length: 400 },
        (_, index) => `  - { source: b${index}, guard: ${guard(index)} }\n`,
      ).join('')}`;
    };
    const { documents } = await read({ 'a.yaml': policy(400) });
    const digest = '0'.repeat(64);
    const bytes = canonicalBytes({ policy: documents.at(0)?.document.value, digest }).length;
    const fits = await read({ 'a.yaml': policy(400 + eventBytesMax - bytes) });
    const tooLarge = await read({ 'a.yaml': policy(401 + eventBytesMax - bytes) });

    expect(eventBytesMax).toBeLessThan(entryBytesMax);
    expect(fits.problems).toEqual([]);
    expect(tooLarge.problems).toMatchObject([
      {
        allowed: `at most ${eventBytesMax} bytes`,
        found: `${eventBytesMax + 1} bytes`,
      },
    ]);
    expect(tooLarge.documents).toEqual([]);
  });

  test('given a tenant or an external beyond an entry, then each is refused', async () => {
    const services = Array.from({ length: 2_000 }, (_, index) => `{ name: s${index}, segment: web }`).join(
      ', ',
    );
    const cidrs = Array.from({ length: 20_000 }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`).join(
      ', ',
    );
    const folder = await read({
      'a.yaml': `kind: Tenant\ntenant: a\nsegments: [web]\nservices: [${services}]`,
      'b.yaml': `kind: External\nexternal: x\ncidrs: [${cidrs}]`,
    });

    expect(folder.problems.map(({ place, message }) => [place.file, message.slice(0, 19)])).toEqual([
      ['a.yaml', 'this document takes'],
      ['b.yaml', 'this document takes'],
    ]);
  });

  test('given thousands of endpoints, then they fit; given one beyond an entry, then it does not', async () => {
    const endpoint = (name: number, ip: string): string =>
      `  - { name: e${name}, segment: s, ip: ${ip}, mac: "02:00:0a:01:00:0b", host: h, interface: i }\n`;
    const many = Array.from({ length: 5_000 }, (_, index) =>
      endpoint(index, `10.0.${index >> 8}.${index & 255}`),
    );
    const ips = Array.from({ length: 6_000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    const head = 'kind: Endpoints\ntenant: a\nendpoints:\n';

    expect((await read({ 'a.yaml': head + many.join('') })).problems).toEqual([]);
    expect((await read({ 'a.yaml': head + endpoint(0, `[${ips.join(', ')}]`) })).problems).toMatchObject([
      {
        place: { line: 4, keyPath: 'endpoints[0].ip' },
        allowed: `at most ${eventBytesMax} bytes`,
      },
    ]);
  });
});
