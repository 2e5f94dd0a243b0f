import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';
import { editObjects, hostFileOf } from '../../support/host-file.ts';
import { ServeProcess } from '../../support/serve-process.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`;

const entry = z.looseObject({
  type: z.string(),
  recordedAt: z.string(),
  data: z.looseObject({ shard: z.string().exactOptional(), plan: z.int().exactOptional() }),
});

async function apply(place: Workplace, policies: string): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), `${town}\n---\n${policies}`);
  await place.succeed('apply', folder);
}

async function entries(place: Workplace): Promise<z.infer<typeof entry>[]> {
  const out = await place.succeed('tail');
  return out
    .trimEnd()
    .split('\n')
    .map((line) => entry.parse(JSON.parse(line)));
}

/** Returns once the ledger has so many entries of a type after a seq, and gives them. */
async function arrived(
  place: Workplace,
  type: string,
  of: { count: number; after?: number },
): Promise<z.infer<typeof entry>[]> {
  for (;;) {
    const found = (await entries(place)).slice((of.after ?? -1) + 1).filter((one) => one.type === type);
    if (found.length >= of.count) return found;
    await setTimeout(50);
  }
}

async function lastSeq(place: Workplace): Promise<number> {
  return (await place.checkpoint()).size - 1;
}

describe('the service', () => {
  let place: Workplace;
  beforeEach(async () => {
    place = new Workplace();
    await apply(place, talk);
  });
  afterEach(() => {
    place[Symbol.dispose]();
  });

  it('drives every host at the start, and again as soon as something is recorded', async () => {
    await using served = await ServeProcess.on(place.ledgerUrl);
    await arrived(place, 'ChangeApplied', { count: 4 });
    const after = await lastSeq(place);
    await apply(place, talk.replace('443', '8443'));
    const acknowledged = await arrived(place, 'ChangeApplied', { count: 4, after });
    const enacted = (await entries(place)).findLast(({ type }) => type === 'PolicyEnacted');
    const tookMs = acknowledged.map(
      ({ recordedAt }) => Date.parse(recordedAt) - Date.parse(enacted?.recordedAt ?? ''),
    );
    expect(Math.max(...tookMs)).toBeLessThan(5_000);
    expect((await place.verify()).verdict).toBe('proven');
    expect(await served.end()).toBe(0);
  });

  it('ends with 0 at SIGTERM, and gives its roles back', async () => {
    await using served = await ServeProcess.on(place.ledgerUrl);
    await served.says('took the role', 'applier/shard-1');
    expect(await served.end()).toBe(0);
    expect(await place.succeed('sync')).not.toMatch(/driven by/);
  });

  it('goes on after kill -9 where it was', async () => {
    {
      await using served = await ServeProcess.on(place.ledgerUrl);
      await served.says('took the role', 'applier/shard-1');
      expect(await served.end('SIGKILL')).toBe('SIGKILL');
    }
    await using again = await ServeProcess.on(place.ledgerUrl);
    await arrived(place, 'ChangeApplied', { count: 4 });
    expect((await place.verify()).verdict).toBe('proven');
    expect(await again.end()).toBe(0);
  });

  it('is taken over by another process once it is killed, and each drives only while it has the role', async () => {
    await using first = await ServeProcess.on(place.ledgerUrl);
    await arrived(place, 'ChangeApplied', { count: 4 });
    await using second = await ServeProcess.on(place.ledgerUrl);
    const after = await lastSeq(place);
    await apply(place, talk.replace('443', '8443'));
    await arrived(place, 'ChangeApplied', { count: 4, after });
    expect(second.log.filter(({ msg }) => msg === 'took the role')).toEqual([]);
    await first.end('SIGKILL');
    for (const role of ['clock', 'applier/shard-1', 'applier/shard-2'])
      await second.says('took the role', role);
    const later = await lastSeq(place);
    await apply(place, talk);
    await arrived(place, 'ChangeApplied', { count: 4, after: later });
    const plans = (await entries(place)).filter(({ type }) => type === 'ChangePlanned');
    const named = plans.map(({ data }) => `${data.shard ?? ''} ${String(data.plan)}`);
    expect(new Set(named).size).toBe(named.length);
    expect((await place.verify()).verdict).toBe('proven');
    expect(await second.end()).toBe(0);
  });

  it('carries out what commands beside it ask for, which say who drives', async () => {
    await using served = await ServeProcess.on(place.ledgerUrl);
    await apply(place, talk.replace('443', '8443'));
    const by = new RegExp(`shard-1: driven by process ${String(served.pid)} on `);
    expect(await place.succeed('sync')).toMatch(by);
    const [told] = served.log.filter(({ latencyMs }) => latencyMs !== undefined);
    expect(told).toMatchObject({ msg: 'drove the shard', before: {}, after: {} });
    expect(told?.['tenants']).toContain('acme');
    expect(told?.['authors']).toHaveLength(1);
    expect(told?.['rules']).not.toEqual([]);
    expect(JSON.stringify(told)).toMatch(
      /"before":{"objects":\d+,"digest":"[0-9a-f]{64}"},"after":{"objects":\d+,"digest":"/,
    );
    expect(await place.succeed('quarantine', 'acme')).toMatch(/shard-1 +hv-1 +cut\n/);
    expect(await place.succeed('release', 'acme')).toMatch(/shard-1 +hv-1 +open\n/);
    expect(await place.succeed('rebuild', '--shard', 'shard-1')).toMatch(by);
    const now = `seq:${String(await lastSeq(place))}`;
    await apply(place, talk);
    await place.succeed('sync');
    const held = await place.run('rebuild', '--shard', 'shard-1', '--at', now, '--hold');
    expect(held.out + held.err).toMatch(by);
    expect(await place.succeed('rebuild', '--shard', 'shard-1', '--resume')).toMatch(by);
    expect((await place.verify()).verdict).toBe('proven');
    expect(await served.end()).toBe(0);
  });

  it('puts right by itself what somebody changes at a host', async () => {
    await using served = await ServeProcess.on(place.ledgerUrl);
    await arrived(place, 'ChangeApplied', { count: 4 });
    await served.says('drove the shard', 'applier/shard-1');
    await setTimeout(500);
    editObjects(hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' }), (objects) =>
      objects.slice(1),
    );
    await arrived(place, 'DriftCorrected', { count: 1 });
    expect(await served.end()).toBe(0);
  });

  it('records time bounds as they pass', async () => {
    await using served = await ServeProcess.on(place.ledgerUrl);
    await served.says('took the role', 'clock');
    const bound = new Date(Date.now() + 3_000).toISOString();
    await apply(place, talk.replace('443]', `443], expires: "${bound}"`));
    const [lapsed] = await arrived(place, 'GrantLapsed', { count: 1 });
    const lateMs = Date.parse(lapsed?.recordedAt ?? '') - Date.parse(bound);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(5_000);
    expect(await served.end()).toBe(0);
  });

  it('drives a shard that comes while it runs', async () => {
    await using served = await ServeProcess.on(place.ledgerUrl);
    const folder = join(place.folder, 'more');
    mkdirSync(folder);
    const shard = `{ kind: Shard, shard: shard-9, vnis: { from: 9000, to: 9999 } }
---
{ kind: Host, host: hv-9, shard: shard-9, tunnelIp: 172.31.9.9 }
---
{ kind: Tenant, tenant: newcomer, segments: [web], shard: shard-9 }`;
    writeFileSync(join(folder, 'shard.yaml'), shard);
    await place.succeed('apply', folder);
    await served.says('took the role', 'applier/shard-9');
    expect(await served.end()).toBe(0);
  });
});
