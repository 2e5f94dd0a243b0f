import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/main.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

const policies = `
{ kind: Policy, tenant: acme, egress: [{ destination: globex, protocol: tcp, ports: [5432] }] }
---
{ kind: Policy, tenant: globex, ingress: [{ source: acme, protocol: tcp, ports: [5432] }] }
`;

const cause = z.looseObject({ seq: z.int().nullable(), type: z.string(), time: z.string() });

/** The answer of `when --json`, as others build on it. */
const whenAnswer = z.strictObject({
  formatVersion: z.literal(1),
  ledger: z.strictObject({ id: z.string(), size: z.int(), root: z.string().regex(/^[0-9a-f]{64}$/) }),
  verdict: z.enum(['proven', 'violated', 'unknown']),
  question: z.strictObject({ from: z.string(), to: z.string(), traffic: z.string().nullable() }),
  lane: z.string(),
  scope: z.strictObject({ fromSeq: z.int(), toSeq: z.int(), from: z.string(), to: z.string() }),
  windows: z.array(
    z.strictObject({
      from: z.string(),
      to: z.string(),
      standing: z.enum(['authorised', 'pending-revocation', 'isolation', 'airgap']),
      traffic: z.array(z.strictObject({ protocol: z.string(), ports: z.string() })),
      since: z.string(),
      until: z.string().nullable(),
      openedBy: cause,
      closedBy: cause.nullable(),
      rules: z.array(
        z.strictObject({
          tenant: z.string(),
          side: z.enum(['egress', 'ingress']),
          id: z.string(),
          text: z.string(),
          enacted: cause.nullable(),
        }),
      ),
      witness: z.looseObject({ protocol: z.string() }).nullable(),
      objects: z.array(z.string()),
    }),
  ),
  reach: z.array(z.strictObject({ from: z.string(), to: z.string(), reach: z.string() })),
  unknown: z.array(z.strictObject({ from: z.string(), to: z.string() })),
  gaps: z.array(z.looseObject({ about: z.string() })),
  vouched: z.array(z.looseObject({ host: z.string() })),
  addresses: z.array(z.looseObject({ end: z.string() })).optional(),
  knownAt: z.looseObject({ seq: z.int() }).optional(),
});

async function applied(place: Workplace): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'town.yaml'), `${town}---\n${policies}`);
  await place.succeed('apply', folder, '--as', 'ada', '--reason', 'the town');
  await place.succeed('sync');
}

async function asked(place: Workplace, ...words: string[]): Promise<z.infer<typeof whenAnswer>> {
  return whenAnswer.parse(JSON.parse((await place.run('when', '--json', ...words)).out));
}

describe('when', () => {
  it('tells of a quarantine who ended a stretch, why, and whose release began the next one', async () => {
    using place = new Workplace();
    await applied(place);
    await place.succeed('quarantine', 'globex', '--as', 'grace', '--reason', 'incident 4711');
    await place.succeed('release', 'globex', '--as', 'ada');
    const out = await place.succeed('when', 'acme', 'globex', '--lane', 'intended');
    expect(out).toMatch(
      /^acme could reach globex: \d+ stretches of time, all authorised \(lane intended, from .*\)\n/,
    );
    expect(out).toMatch(
      /closed by seq \d+, \S+: TenantQuarantined by grace \(as .+\), reason "incident 4711"\n/,
    );
    expect(out).toMatch(/opened by seq \d+, \S+: TenantReleased by ada \(as .+\)\n/);
    expect(out).toMatch(
      /by rule of globex: ingress from acme.* \(seq \d+, \S+: PolicyEnacted by ada \(as .+\)/,
    );
    const { windows, verdict, unknown } = await asked(place, 'acme', 'globex', '--lane', 'intended');
    expect([verdict, unknown]).toEqual(['proven', []]);
    expect(windows.map(({ until }) => until === null)).toContain(false);
    for (const { since, openedBy, closedBy, until } of windows)
      expect([since, until]).toEqual([openedBy.time, closedBy?.time ?? null]);
  });

  it('is narrowed to traffic, takes addresses, and answers as it was known', async () => {
    using place = new Workplace();
    await applied(place);
    const head = (await place.checkpoint()).size - 1;
    await place.succeed('quarantine', 'globex');
    const whole = await asked(place, 'acme', 'globex');
    expect(whole.windows.length).toBeGreaterThan(1);
    const none = await asked(place, 'acme', 'globex', 'udp/9');
    expect([none.windows, none.reach.map(({ reach }) => reach)]).toEqual([[], ['none']]);
    expect(await place.succeed('when', 'acme', 'globex', 'udp/9')).toMatch(
      /^acme could never reach globex by udp\/9 \(lane applied, from .*\)\n/,
    );
    const then = await asked(place, 'acme', 'globex', '--known-at', `seq:${String(head)}`);
    expect([then.windows.map(({ until }) => until), then.knownAt?.seq]).toEqual([[null, null], head]);
    const { addresses } = await asked(place, '10.1.0.1', 'globex');
    expect(addresses?.map(({ end }) => end)).toEqual(['acme/web']);
  });

  it('draws a timeline on a terminal, and nowhere else; so does verify over an interval', async () => {
    using place = new Workplace();
    await applied(place);
    for (const words of [
      ['when', 'acme', 'globex'],
      ['verify', '--from', 'seq:0', '--tenant', 'acme', '--peer', 'globex'],
    ]) {
      let out = '';
      const io: Io = {
        out: ({ text }) => (out += text),
        err: () => undefined,
        data: () => undefined,
        progress: () => undefined,
        errIsTerminal: false,
        outColumns: 100,
      };
      await run(['--ledger', place.ledgerUrl, ...words], io);
      expect(out).toMatch(/\n +\|\d\d:\d\d:[^\n]*\n.*acme.* -> globex\S* .*=\n/);
      expect((await place.run(...words)).out).not.toContain('one sign is');
    }
  });

  it('ends with 7 where something is not known, with 2 for what nobody can mean', async () => {
    using place = new Workplace();
    await applied(place);
    const early = await place.run('when', 'acme', 'globex', '--from', '2020-01-01T00:00:00Z');
    expect([early.code, early.out]).toEqual([
      7,
      expect.stringMatching(/^unknown: as far as is known, acme could/),
    ]);
    const codes = [];
    for (const words of [
      ['acme', 'nobody'],
      ['acme', 'globex', 'tcp/70000'],
      ['acme', 'globex', '--to', 'seq:99999'],
    ])
      codes.push((await place.run('when', ...words)).code);
    expect(codes).toEqual([2, 2, 2]);
  });
});
