import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readDocuments } from '../bench/estate/documents.ts';
import { boundOnly, connections, uncut } from '../oracle/connections.ts';
import { Workplace } from '../support/command-line.ts';

const examples = new URL('../../infra/examples', import.meta.url).pathname;
const change = new URL('../../infra/changes/globex-opens-reporting', import.meta.url).pathname;

const answer = z.strictObject({
  formatVersion: z.literal(1),
  subject: z.strictObject({ kind: z.enum(['tenant', 'segment', 'external']), name: z.string() }),
  quarantined: z.boolean(),
  recorded: z.strictObject({ first: z.int(), last: z.int() }).nullable(),
  still: z.array(z.string()),
  untold: z.array(z.strictObject({ shard: z.string(), host: z.string() })).nullable(),
  hosts: z
    .array(
      z.strictObject({ shard: z.string(), host: z.string(), cut: z.boolean(), why: z.string().nullable() }),
    )
    .nullable(),
  shards: z.array(z.looseObject({ shard: z.string(), driven: z.array(z.string()) })).nullable(),
});

async function intend(place: Workplace, ...argv: string[]): Promise<z.infer<typeof answer>> {
  return answer.parse(JSON.parse(await place.succeed(...argv, '--json')));
}

async function synced(place: Workplace): Promise<void> {
  await place.succeed('apply', examples);
  await place.succeed('sync');
}

const packet = '{"src":"10.1.0.11","dst":"10.2.1.11","protocol":"tcp","srcPort":40000,"dstPort":5432}';
const isDelivered = async (place: Workplace): Promise<boolean> =>
  z
    .looseObject({ delivered: z.boolean() })
    .parse(JSON.parse(await place.succeed('probe', 'acme-corp/web-1', packet, '--json'))).delivered;

describe('quarantine', () => {
  it('cuts a tenant off at once, leaves the inside of it alone, and a release gives back what there was', async () => {
    using place = new Workplace();
    await synced(place);
    const documents = readDocuments(examples);
    const free = connections(documents, new Date().toISOString());
    const cut = uncut(free, new Set(['globex']));
    expect(cut.length).toBeLessThan(free.length);
    expect(cut.some(({ from, to }) => from.startsWith('globex/') && to.startsWith('globex/'))).toBe(true);
    expect(await isDelivered(place)).toBe(true);

    const done = await intend(place, 'quarantine', 'globex', '--reason', 'incident 4711', '--as', 'eve');
    const subject = { kind: 'tenant', name: 'globex' };
    expect(done).toMatchObject({ subject, quarantined: true, shards: [{ shard: 'shard-1' }, {}] });
    expect(new Set(done.hosts?.map(({ cut: isCut, why }) => [isCut, why].join()))).toEqual(
      new Set(['true,']),
    );
    expect(await isDelivered(place)).toBe(false);
    expect(await place.connections('intended')).toEqual(cut);
    expect(await place.connections('applied')).toEqual(boundOnly(cut, documents));
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
    expect(await place.verify('--tenant', 'globex', '--peer', 'acme-corp')).toMatchObject({
      verdict: 'proven',
      reach: [{ reach: 'none' }],
    });
    expect(await place.succeed('log', '--type', 'TenantQuarantined')).toMatch(
      /eve \(as \S+\) +TenantQuarantined .*incident 4711/,
    );
    expect(await place.succeed('explain', 'acme-corp/web', 'globex/database', 'tcp/5432')).toMatch(
      /globex is in quarantine[^]*TenantQuarantined by eve \(as \S+\), reason "incident 4711"[^]*isoledger release globex/,
    );

    await place.succeed('release', 'globex');
    expect(await isDelivered(place)).toBe(true);
    expect(await place.connections('applied')).toEqual(boundOnly(free, documents));
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
  });

  it('repeated, or of what was never in quarantine, records nothing and is no error', async () => {
    using place = new Workplace();
    await synced(place);
    const size = async (): Promise<number> => (await place.checkpoint()).size;
    const before = await size();
    expect(await intend(place, 'release', 'globex')).toMatchObject({ recorded: null, quarantined: false });
    expect(await size()).toBe(before);
    await place.succeed('quarantine', 'globex');
    const after = await size();
    expect(await intend(place, 'quarantine', 'globex')).toMatchObject({ recorded: null, quarantined: true });
    expect(await place.succeed('quarantine', 'globex', '--reason', 'again')).toMatch(
      /^globex is in quarantine already: nothing to record\n/,
    );
    expect(await size()).toBe(after);
  });

  it('with --no-wait is recorded only, drives nothing, and is driven by the next sync, or when it is said again', async () => {
    using place = new Workplace();
    await synced(place);
    const documents = readDocuments(examples);
    const before = await place.connections('applied');
    const recorded = await intend(place, 'quarantine', 'globex', '--no-wait');
    expect(recorded.shards).toBeNull();
    expect(await place.connections('applied')).toEqual(before);
    const cut = uncut(connections(documents, new Date().toISOString()), new Set(['globex']));
    expect(await place.connections('intended')).toEqual(cut);
    expect((await place.verify()).findings.map(({ kind }) => kind)).toContain('pending-revocation');
    expect((await intend(place, 'quarantine', 'globex')).recorded).toBeNull();
    expect(await place.connections('applied')).toEqual(boundOnly(cut, documents));
    expect(await place.succeed('release', 'globex', '--no-wait')).toMatch(
      /\nglobex is still cut off at (\d) of \1 hosts: isoledger sync ends that\n$/,
    );
    expect(await place.succeed('release', 'globex', '--no-wait')).toMatch(
      /nothing to record\nglobex is still cut off at (\d) of \1 hosts: isoledger sync ends that\n$/,
    );
    expect(await place.connections('applied')).toEqual(boundOnly(cut, documents));
    await place.succeed('sync');
    expect(await place.connections('applied')).toEqual(before);
  });

  it('does not wait for what is to be added, and adds nothing', async () => {
    using place = new Workplace();
    await synced(place);
    await place.succeed('apply', change);
    await place.succeed('quarantine', 'zephyr-bikes');
    expect((await place.verify()).findings).toMatchObject([
      { kind: 'missing', from: 'acme-corp/web', to: 'globex/reporting' },
    ]);
    await place.succeed('sync');
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
  });

  it('stands above documents: what is applied meanwhile reaches nobody there until it is released', async () => {
    using place = new Workplace();
    await synced(place);
    await place.succeed('quarantine', 'globex');
    const row = { from: 'acme-corp/web', to: 'globex/reporting', protocol: 'tcp', ports: '8443' };
    expect(await place.succeed('plan', change)).toMatch(
      /^0 connections gained, 0 lost, 1 withheld by quarantine; 1 changed document/,
    );
    await place.succeed('apply', change);
    await place.succeed('sync');
    expect(await place.connections('applied')).not.toContainEqual(row);
    await place.succeed('release', 'globex');
    expect(await place.connections('applied')).toContainEqual(row);
  });

  it.each<[string[], RegExp]>([
    [['quarantine', 'globx'], /there is no tenant, segment or external globx; did you mean globex\?/],
    [['release', 'vpn-gatewai'], /did you mean vpn-gateway\?/],
    [
      ['quarantine', 'globex/vm-1'],
      /globex\/vm-1 is an endpoint: name the segment that it stands in, globex\/a\n/,
    ],
    [['release', 'globex/a/vm-1'], /is an endpoint: name the segment that it stands in, globex\/a\n/],
    [['release', 'globex/b/vm-1'], /there is no tenant, segment or external/],
    [
      ['quarantine', 'globex/b'],
      /there is no tenant, segment or external globex\/b; did you mean globex\/a\?/,
    ],
    [['quarantine', 'entirely-other'], /spelt tenant, tenant\/segment, or an external's name/],
    [['quarantine', 'globex-api'], /globex-api is a service: name the segment that offers it, globex\/a/],
    [['quarantine'], /missing required argument 'end'/],
    [['release', 'globex', '--timeout', 'soon'], /soon is no duration/],
  ])('says why %j is wrong', async (argv, words) => {
    using place = new Workplace();
    const folder = join(place.folder, 'documents');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'documents.yaml'),
      '{ kind: Tenant, tenant: globex, segments: [a], services: [{ name: globex-api, segment: a }] }\n---\n{ kind: External, external: vpn-gateway, cidrs: [10.0.0.0/8] }\n---\n{ kind: Shard, shard: s, vnis: { from: 1, to: 9 } }\n---\n{ kind: Host, host: h, shard: s, tunnelIp: 172.31.0.1 }\n---\n{ kind: Endpoints, tenant: globex, endpoints: [{ name: vm-1, segment: a, ip: 10.1.0.1, mac: "02:00:0a:01:00:01", host: h, interface: i }] }',
    );
    await place.succeed('apply', folder);
    const { code, err } = await place.run(...argv);
    expect([code, err]).toEqual([2, expect.stringMatching(words)]);
  });
});
