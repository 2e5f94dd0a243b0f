import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Workplace } from '../support/command-line.ts';

const estate = `
{ kind: Shard, shard: shard-1, vnis: { from: 5000, to: 5099 } }
---
{ kind: Host, host: hv-1, shard: shard-1, tunnelIp: 172.31.0.1 }
---
{ kind: Host, host: hv-2, shard: shard-1, tunnelIp: 172.31.0.2 }
---
{ kind: Tenant, tenant: acme, segments: [web] }
---
{ kind: Tenant, tenant: globex, segments: [database] }
---
kind: Endpoints
tenant: acme
endpoints:
  - { name: web-1, segment: web, ip: 10.1.0.1, mac: "02:00:0a:01:00:01", host: hv-1, interface: vm-web-1 }
---
kind: Endpoints
tenant: globex
endpoints:
  - { name: db-1, segment: database, ip: 10.2.0.1, mac: "02:00:0a:02:00:01", host: hv-2, interface: vm-db-1 }
---
{ kind: Policy, tenant: acme, egress: [{ destination: globex, protocol: tcp, ports: [5432] }] }
`;

/** What globex lets in. */
const policyWith = (ingress: string): string => `{ kind: Policy, tenant: globex, ingress: [${ingress}] }`;
const grant = policyWith('{ source: acme, protocol: tcp, ports: [5432] }');
const pair = ['--tenant', 'acme', '--peer', 'globex'];

const reachAnswer = z.array(z.strictObject({ from: z.string(), to: z.string(), reach: z.string() }));
type ReachAnswer = z.infer<typeof reachAnswer>;

async function applyText(place: Workplace, yaml: string): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  await place.succeed('apply', folder);
}

/** A ledger on which acme may send to globex, and the overlay lets it. */
async function granted(place: Workplace, text = grant): Promise<void> {
  await applyText(place, estate);
  await place.succeed('sync');
  await applyText(place, text);
  await place.succeed('sync');
}

/** The last entry so far, as TIME. */
async function here(place: Workplace): Promise<string> {
  return `seq:${String((await place.checkpoint()).size - 1)}`;
}

async function reachOver(place: Workplace, ...options: string[]): Promise<ReachAnswer> {
  const { reach, scope } = await place.verify(...pair, ...options);
  const stretches = reachAnswer.parse(reach);
  expect([stretches.at(0)?.from, stretches.at(-1)?.to]).toEqual([scope.from, scope.to]);
  stretches.slice(1).forEach(({ from }, index) => {
    expect(stretches[index]?.to).toBe(from);
  });
  return stretches;
}

/** Stretches without those in which a cut had begun and was not complete: how long those last is not ours to say. */
function settled(stretches: ReachAnswer): string[] {
  return stretches.map(({ reach }) => reach).filter((reach) => reach !== 'unauthorised');
}

/** Findings as `kind: opened by - closed by`. */
async function windows(place: Workplace, ...options: string[]): Promise<string[]> {
  const { findings } = await place.verify(...options);
  return findings.map(
    ({ kind, window }) => `${kind}: ${window.openedBy?.type ?? ''} - ${window.closedBy?.type ?? 'lasts'}`,
  );
}

function inHours(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString();
}

function secondsAfter(time: string | undefined, seconds: number): string {
  return new Date(Date.parse(time ?? '') + seconds * 1000).toISOString();
}

describe('verify at an instant', () => {
  it('knows nothing of the time before the first entry, and of the time still to come', async () => {
    using place = new Workplace();
    await granted(place);
    const early = await place.run('verify', '--at', '2020-01-01T00:00:00Z');
    expect([early.code, early.out]).toEqual([
      7,
      expect.stringMatching(/ledger: the ledger begins at \S+: nothing is known of before\n/),
    ]);
    expect((await place.run('verify', '--at', inHours(1))).code).toBe(7);
    expect((await place.run('verify', '--at', inHours(1), '--lane', 'intended')).code).toBe(7);
  });

  it('knows of nobody by name in a time before the first entry', async () => {
    using place = new Workplace();
    await granted(place);
    const early = ['--from', '2020-01-01T00:00:00Z', '--to', '2021-01-01T00:00:00Z', '--tenant', 'acme'];
    const { code, out, err } = await place.run('verify', ...early);
    expect([code, out, err]).toEqual([7, '', expect.stringMatching(/no tenant.* before the first entry/)]);
  });

  it('names the way that it is about, and revocations that are still under way', async () => {
    using place = new Workplace();
    await granted(place);
    expect(await place.succeed('verify', ...pair)).toContain(
      'reach from acme to globex: authorised\nreach from globex to acme: none\n',
    );
    const back = await place.succeed('verify', '--tenant', 'globex', '--peer', 'acme');
    expect(back).toMatch(
      /^proven: nothing goes beyond .*\nreach from globex to acme: none\nreach from acme to globex: authorised\n$/,
    );
    await applyText(place, policyWith(''));
    expect(await place.succeed('verify')).toMatch(
      /^proven, but for 1 revocation still under way \(within its limit\): nothing else goes beyond/,
    );
  });

  it('says of a name that nobody has who has it at other times', async () => {
    using place = new Workplace();
    await granted(place);
    await applyText(place, '{ kind: Tenant, tenant: newbie, segments: [s] }');
    for (const asked of [
      ['verify', '--tenant', 'newbie'],
      ['connections', '--from', 'newbie'],
      ['explain', 'newbie', 'acme', 'any'],
      ['blame', 'newbie'],
    ]) {
      const { code, err } = await place.run(...asked, '--at', 'seq:0');
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(
          /is called newbie as of seq \d+, \S+; a tenant of that name is registered only at seq \d+, \S+\n/,
        ),
      ]);
    }
  });
});

describe('verify over an interval', () => {
  it('says from when until when there was reach, given a grant that was opened and revoked', async () => {
    using place = new Workplace();
    await applyText(place, estate);
    await place.succeed('sync');
    await applyText(place, grant);
    const opened = await here(place);
    await place.succeed('sync');
    await applyText(place, policyWith(''));
    await place.succeed('sync');
    expect(settled(await reachOver(place, '--to', 'now'))).toEqual(['none', 'authorised', 'none']);
    expect(await windows(place, '--from', 'seq:0')).toEqual([
      'pending-revocation: PolicyEnacted - ChangeApplied',
      'missing: PolicyEnacted - ChangeApplied',
    ]);
    expect(await place.verify('--from', opened, '--lane', 'intended')).toMatchObject({
      verdict: 'proven',
      findings: [],
    });
    const { code } = await place.run('verify', '--from', 'seq:0', '--to', 'now');
    expect(code).toBe(0);
  });

  it('shows quarantine and release as windows without reach', async () => {
    using place = new Workplace();
    await granted(place);
    const from = await here(place);
    await place.succeed('quarantine', 'globex', '--reason', 'incident 4711');
    await place.succeed('release', 'globex');
    expect(settled(await reachOver(place, '--from', from))).toEqual(['authorised', 'none', 'authorised']);
    expect(await windows(place, '--from', from)).toEqual([
      'pending-revocation: TenantQuarantined - ChangeApplied',
      'missing: TenantReleased - ChangeApplied',
    ]);
  });

  it('does not say what a revocation under way becomes at a time to come', async () => {
    using place = new Workplace();
    await granted(place);
    const from = await here(place);
    await applyText(place, policyWith(''));
    const { verdict, findings } = await place.verify('--from', from, '--to', inHours(1));
    expect(verdict).toBe('unknown');
    expect(findings).toMatchObject([
      { kind: 'pending-revocation', window: { openedBy: { type: 'PolicyEnacted' }, closedBy: null } },
    ]);
    expect((await place.run('verify', '--from', from, '--to', inHours(1), ...pair)).code).toBe(7);
    const until = await place.run('verify', '--from', from);
    expect([until.code, until.out]).toEqual([
      0,
      expect.stringMatching(
        /^proven, but for 1 revocation under way meanwhile \(within its limit\): nothing else goes/,
      ),
    ]);
  });

  it('says nothing of what hosts let through at a time to come, whatever bounds lie ahead', async () => {
    using place = new Workplace();
    const lapses = inHours(1);
    await granted(place, policyWith(`{ source: acme, protocol: tcp, ports: [5432], expires: "${lapses}" }`));
    const reach = await reachOver(place, '--from', 'now', '--to', inHours(2));
    expect(reach.map((stretch) => [stretch.reach, stretch.from])).toEqual([
      ['authorised', reach.at(0)?.from],
      ['unknown', secondsAfter(reach.at(0)?.from, 0.001)],
    ]);
    const soon = await place.run('verify', '--from', 'now', '--to', lapses);
    expect([soon.code, soon.out]).toEqual([
      7,
      expect.stringMatching(
        /ledger: what comes after \S+ is still to come: hosts may hold something else by then/,
      ),
    ]);
    const asked = ['--from', 'now', '--to', inHours(2)];
    for (const options of [asked, ['--at', inHours(2)]]) {
      expect(await place.verify(...options)).toMatchObject({ verdict: 'unknown', findings: [] });
      expect((await place.run('verify', ...options)).code).toBe(7);
    }
  });

  it('gives one JSON value, and the same in words', async () => {
    using place = new Workplace();
    await granted(place);
    const from = await here(place);
    await place.succeed('quarantine', 'globex');
    const to = await here(place);
    const { scope, findings, reach } = await place.verify(...pair, '--from', from, '--to', to);
    expect([scope.fromSeq, scope.toSeq]).toEqual([Number(from.slice(4)), Number(to.slice(4))]);
    const window = {
      openedBy: { type: 'TenantQuarantined' },
      closedBy: { type: 'ChangeApplied' },
    };
    expect(findings).toMatchObject([{ kind: 'pending-revocation', window }]);
    const words = await place.succeed('verify', ...pair, '--from', from, '--to', to);
    expect(words).toContain(
      `(lane applied, from seq ${String(scope.fromSeq)}, ${scope.from} to seq ${String(scope.toSeq)}, ${scope.to})\n`,
    );
    expect(words).toMatch(/reach from acme to globex:\nFROM +TO +REACH\n/);
    expect(words).toMatch(/reach from globex to acme:\nFROM +TO +REACH\n\S+ +\S+ +none\n/);
    for (const stretch of reachAnswer.parse(reach)) {
      expect(words).toContain(`${stretch.from}  ${stretch.to}  ${stretch.reach}\n`);
    }
    expect(words).toMatch(/WITNESS PACKET +SINCE +UNTIL\n/);
    expect(words).toMatch(/TenantQuarantined at \S+ +ChangeApplied at \S+\n/);
  });
});

describe('ends that make no sense', () => {
  it.each<[string[], RegExp]>([
    [['--at', 'now', '--from', 'seq:0'], /--at asks about an instant/],
    [['--at', 'seq:0', '--to', 'now'], /--at asks about an instant/],
    [['--from', 'yesterday'], /yesterday is no point in time/],
    [['--to', '2026-03-01'], /is no point in time/],
    [['--from', 'seq:12', '--to', 'seq:0'], /cannot end at .* \(seq 11\), before it begins at .* \(seq 12\)/],
    [['--from', '2999-01-01T00:00:00Z'], /before it begins at 2999-01-01T00:00:00.000Z/],
    [['--from', 'seq:999'], /seq:999 is beyond the ledger/],
    [['--from', 'seq:0', '--peer', 'globex'], /--peer goes with --tenant/],
    [['--from', 'seq:0', '--tenant', 'globx'], /did you mean globex/],
  ])('%j end with 2, and why', async (options, words) => {
    using place = new Workplace();
    await applyText(place, estate);
    await place.succeed('sync');
    const { code, out, err } = await place.run('verify', ...options);
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(words)]);
    expect(err).not.toMatch(/ {4}at |node:internal/);
  });
});
