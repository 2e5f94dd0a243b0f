import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

const answer = z.object({
  addresses: z.array(z.unknown()),
  reach: z.array(z.object({ reach: z.string() })),
});

const policies = `
---
{ kind: Policy, tenant: acme, egress: [{ destination: globex, ports: [443] }, { destination: partner, ports: [443] }] }
---
{ kind: Policy, tenant: globex, ingress: [{ source: acme, ports: [443] }] }
`;
/** A consent of both sides for the first month of 2100. */
const timed = `
---
{ kind: Policy, tenant: acme, egress: [{ destination: globex, ports: [443] }] }
---
kind: Policy
tenant: globex
ingress:
  - { source: acme, ports: [443], from: "2100-01-01T00:00:00Z", expires: "2100-02-01T00:00:00Z" }
`;
/** The same, but that web-1 of acme has become an endpoint of globex, under the same address. */
const moved = `
---
{ kind: Endpoints, tenant: acme, endpoints: [] }
---
kind: Endpoints
tenant: globex
endpoints:
  - { name: web-1, segment: app, ip: 10.1.0.1, mac: "02:00:0a:02:00:02", host: hv-3, interface: vm-app-2 }
`;
const twice = `
---
kind: Endpoints
tenant: vault
endpoints:
  - { name: safe-1, segment: safe, ip: 10.1.0.1, mac: "02:00:0a:03:00:01", host: hv-4, interface: vm-safe-1 }
`;

describe('ends that are given by address', () => {
  const place = new Workplace();
  const apply = async (name: string, yaml: string): Promise<void> => {
    const folder = join(place.folder, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'all.yaml'), yaml);
    await place.succeed('apply', folder);
  };
  let before = '';

  beforeAll(async () => {
    await apply('town', `${town}${policies}`);
    await place.succeed('sync');
    before = `seq:${String((await place.checkpoint()).size - 1)}`;
  });
  afterAll(() => {
    place[Symbol.dispose]();
  });

  it('are those of the endpoint, or else of the external with the longest prefix', async () => {
    const ask = (...argv: string[]): Promise<string> => place.succeed(...argv);
    expect(await ask('explain', '10.1.0.1', '10.2.0.1', 'tcp/443')).toMatch(
      /^acme\/web -> globex\/app tcp\/443: allowed .*\n10\.1\.0\.1 is endpoint acme\/web-1, of acme\/web\n10\.2\.0\.1 is endpoint globex\/app-1, of globex\/app\n/,
    );
    expect(await ask('explain', 'FD00:0::1', '198.51.100.7', 'tcp/443', '--lane', 'intended')).toMatch(
      /^acme\/database -> partner tcp\/443: allowed .*\nfd00::1 is endpoint acme\/db-1, .*\n198\.51\.100\.7 is an address of partner\n/,
    );
    expect(await ask('connections', '--at', before, '--from', '10.1.0.1', '--to', '10.2.0.1')).toBe(
      (await ask('connections', '--at', before, '--from', 'acme/web', '--to', 'globex/app')).replace(
        '\n\n',
        '\n10.1.0.1 is endpoint acme/web-1, of acme/web\n10.2.0.1 is endpoint globex/app-1, of globex/app\n\n',
      ),
    );
    expect(await ask('verify', '--tenant', '10.1.0.1', '--peer', '8.8.8.8')).toMatch(
      /8\.8\.8\.8 is an address of internet\nreach from 10\.1\.0\.1 to 8\.8\.8\.8: none/,
    );
    const { addresses, reach } = answer.parse(
      JSON.parse(
        await ask('verify', '--json', '--tenant', '10.1.0.1', '--peer', '10.2.0.1', '--from', 'seq:0'),
      ),
    );
    expect(addresses).toEqual([
      { address: '10.1.0.1', end: 'acme/web', endpoint: 'acme/web-1' },
      { address: '10.2.0.1', end: 'globex/app', endpoint: 'globex/app-1' },
    ]);
    expect(reach.at(-1)?.reach).toBe('authorised');
  });

  it('are refused with a list where several have the address, or nobody', async () => {
    await apply('moved', moved);
    expect(await place.succeed('explain', '10.1.0.1', '10.2.0.1', 'tcp/443', '--lane', 'intended')).toMatch(
      /^globex\/app -> /,
    );
    expect(await place.succeed('explain', '10.1.0.1', '10.2.0.1', 'tcp/443', '--at', before)).toMatch(
      /^acme\/web -> /,
    );
    const over = await place.run('verify', '--from', before, '--tenant', '10.1.0.1');
    expect([over.code, over.err]).toEqual([
      2,
      expect.stringMatching(
        /10\.1\.0\.1 has several holders .*: acme\/web \(endpoint acme\/web-1\), globex\/app \(endpoint globex\/web-1\); name/,
      ),
    ]);
    await apply('twice', twice);
    for (const argv of [
      ['explain', '10.1.0.1', 'acme', 'tcp/443'],
      ['connections', '--to', '10.1.0.1'],
      ['verify', '--tenant', '10.1.0.1'],
    ]) {
      const { code, err } = await place.run(...argv);
      expect([code, err]).toEqual([2, expect.stringMatching(/several holders .*globex\/app .*vault\/safe/)]);
    }
    const nobody = await place.run('explain', 'acme', 'fe80::1', 'tcp/443', '--at', 'seq:0');
    expect([nobody.code, nobody.err]).toEqual([2, expect.stringMatching(/nobody has fe80::1/)]);
  });
});

describe('log, diff and connections', () => {
  it('take externals, name the nearest kind, hint at what lies between, and say the lane first', async () => {
    using place = new Workplace();
    const folder = join(place.folder, 'estate');
    mkdirSync(folder);
    writeFileSync(join(folder, 'all.yaml'), `${town}${policies}`);
    await place.succeed('apply', folder);
    await place.succeed('quarantine', 'partner', '--no-wait');
    expect(await place.succeed('log', '--tenant', 'partner')).toMatch(
      /ExternalRegistered[^]*ExternalQuarantined/,
    );
    expect((await place.run('log', '--tenant', 'partne')).err).toContain(
      'no tenant or external partne; did you mean partner?',
    );
    const nearest = {
      policyenacted: 'PolicyEnacted',
      PolicyEnactd: 'PolicyEnacted',
      quarantine: 'TenantQuarantined',
    };
    for (const [word, kind] of Object.entries(nearest))
      expect((await place.run('log', '--type', word)).err).toContain(
        `no event ${word}; did you mean ${kind}?`,
      );
    expect((await place.run('log', '--type', 'zzzzz')).err).toContain(
      'no event zzzzz; events/CATALOGUE.md lists',
    );
    const lane = ['--lane', 'intended'];
    const unhinted = await place.succeed('diff', 'seq:0', 'now', ...lane);
    expect(unhinted).toMatch(/^0 connections gained, \d+ connections? lost \(lane intended\)\n/);
    expect(unhinted).not.toContain('batches lie between');
    await place.succeed('release', 'partner', '--no-wait');
    for (const ends of [
      ['seq:0', 'now'],
      ['now', 'seq:0'],
    ]) {
      const hinted = await place.succeed('diff', ...ends, ...lane);
      expect(hinted).toContain('0 connections gained, 0 connections lost');
      expect(hinted).toMatch(
        /2 batches lie between;.*\n {2}isoledger verify --from seq:0 --to now --lane intended\n/,
      );
    }
    expect(await place.succeed('connections')).toMatch(/^\d+ connections? \(lane intended, at seq /);
    expect(await place.succeed('verify', ...lane)).toMatch(/^.*\(lane intended/);
    expect(await place.succeed('explain', 'acme', 'globex', 'tcp/443', ...lane)).toMatch(
      /^.*\(lane intended/,
    );
  });

  it('hint at what time bounds opened and closed in between, without a batch', async () => {
    using place = new Workplace();
    const folder = join(place.folder, 'estate');
    mkdirSync(folder);
    writeFileSync(join(folder, 'all.yaml'), `${town}${timed}`);
    await place.succeed('apply', folder);
    const lane = ['--lane', 'intended'];
    const over = await place.succeed('diff', 'now', '2100-03-01T00:00:00Z', ...lane);
    expect(over).toContain('0 connections gained, 0 connections lost');
    expect(over).toContain('2 time bounds lie between; what came and went again');
    const within = await place.succeed('diff', 'now', '2100-01-15T00:00:00Z', ...lane);
    expect(within).toMatch(/^[^]*[1-9]\d* connections? gained/);
    expect(within).not.toContain('lie between');
  });
});
