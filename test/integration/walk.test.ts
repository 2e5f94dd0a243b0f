import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateEstate } from '../bench/estate.ts';
import type { Estate } from '../bench/estate/estate.ts';
import { mutateEstate } from '../bench/estate/mutate.ts';
import { writeEstate } from '../bench/estate/write.ts';
import { readDocuments } from '../bench/estate/documents.ts';
import { boundOnly, connections } from '../oracle/connections.ts';
import { Workplace } from '../support/command-line.ts';

const examples = new URL('../../infra/examples', import.meta.url).pathname;
const change = new URL('../../infra/changes/globex-opens-reporting', import.meta.url).pathname;

describe('the example estate', () => {
  it('walks from documents to a proof, and once more after a change', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    expect((await place.verify()).verdict).toBe('proven');
    await place.succeed('sync');
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
    const documents = readDocuments(examples);
    const expected = connections(documents, new Date().toISOString());
    expect(await place.connections('intended')).toEqual(expected);
    expect(await place.connections('applied')).toEqual(boundOnly(expected, documents));
    await place.succeed('apply', change);
    expect(await place.verify()).toMatchObject({
      verdict: 'proven',
      findings: [{ kind: 'missing', from: 'acme-corp/web', to: 'globex/reporting' }],
    });
    await place.succeed('sync');
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
    expect(await place.verify('--lane', 'intended')).toMatchObject({ verdict: 'proven', findings: [] });
  });

  it('applied twice records nothing the second time', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    const before = await place.checkpoint();
    expect(await place.succeed('apply', examples)).toMatch(/^nothing to record/);
    expect(await place.checkpoint()).toEqual(before);
  });
});

describe('random estates', () => {
  it('give the connections that a naive reading of the documents gives, now and at every earlier seq', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
        using place = new Workplace();
        await followHistory(place, { seed, steps: 3 });
      }),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 6) },
    );
  }, 1_800_000);
});

async function followHistory(
  place: Workplace,
  { seed, steps }: { seed: number; steps: number },
): Promise<void> {
  let estate: Estate = generateEstate({ seed, tenants: 12, rulesPerTenant: 4 });
  const seen: { seq: number; estate: Estate }[] = [];
  for (let step = 0; step <= steps; step += 1) {
    if (step > 0) ({ estate } = mutateEstate(estate, seed + step));
    const folder = join(place.folder, `estate-${String(step)}`);
    mkdirSync(folder);
    writeEstate(folder, estate, { files: 3 });
    await place.succeed('apply', folder);
    seen.push({ seq: (await place.checkpoint()).size - 1, estate });
    await place.succeed('sync');
    const expected = connections(estate.documents, new Date().toISOString());
    expect(await place.connections('intended')).toEqual(expected);
    expect(await place.connections('applied')).toEqual(boundOnly(expected, estate.documents));
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
  }
  for (const { seq, estate: earlier } of seen) {
    const expected = connections(earlier.documents, new Date().toISOString());
    expect(await place.connections('intended', `seq:${String(seq)}`)).toEqual(expected);
  }
}

describe('the root', () => {
  /** RFC 6962, section 2.1, as it is written there. */
  function treeHash(entries: readonly Buffer[]): Buffer {
    const hash = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
    const [only] = entries;
    if (only === undefined) return hash();
    if (entries.length === 1) return hash(Buffer.of(0), only);
    const split = 2 ** Math.floor(Math.log2(entries.length - 1));
    return hash(Buffer.of(1), treeHash(entries.slice(0, split)), treeHash(entries.slice(split)));
  }

  it('is the RFC 6962 tree hash over the lines of tail', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    await place.succeed('sync');
    const lines = (await place.succeed('tail', '--format', 'entries')).trimEnd().split('\n');
    const root = treeHash(lines.map((line) => Buffer.from(line))).toString('hex');
    expect(await place.checkpoint()).toEqual({ formatVersion: 1, size: lines.length, root });
    const rest = (await place.succeed('tail', '--after', '10')).trimEnd().split('\n');
    expect(rest).toEqual(lines.slice(11));
  });
});

describe('the seed', () => {
  it('is accepted as it stands once its names exist', async () => {
    using place = new Workplace();
    const folder = join(place.folder, 'documents');
    mkdirSync(folder);
    const names = `
{ kind: Tenant, tenant: acme-corp, segments: [web] }
---
{ kind: Tenant, tenant: other, segments: [api], services: [{ name: service-x, segment: api, ports: [443] }] }
---
{ kind: External, external: vpn-gateway, cidrs: [198.51.100.0/24] }
`;
    writeFileSync(join(folder, 'names.yaml'), names);
    const seed = `
tenant: acme-corp
egress:
  - destination: service-x
    ports: [443]
    protocol: tcp
ingress:
  - source: vpn-gateway
    ports: [22, 443]
    protocol: tcp
qos: { egress: 100Mbps, ingress: 100Mbps }
`;
    writeFileSync(join(folder, 'seed.yaml'), seed);
    await place.succeed('apply', folder);
    expect(await place.connections('intended')).toEqual([
      { from: 'vpn-gateway', to: 'acme-corp/web', protocol: 'tcp', ports: '22,443' },
    ]);
    expect(await place.succeed('status')).toMatch(/acme-corp\/web +other\/api +tcp\/443 +waiting for other/);
    expect(await place.succeed('sync')).toBe('no shard, nothing to drive\n');
  });
});
