import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generateEstate } from '../bench/estate.ts';
import { ofKind, readDocuments } from '../bench/estate/documents.ts';
import { mutateEstate } from '../bench/estate/mutate.ts';
import { writeEstate } from '../bench/estate/write.ts';
import { keyOf, overlayObject } from '../../events/overlay-objects.ts';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

const examples = new URL('../../infra/examples', import.meta.url).pathname;
const change = new URL('../../infra/changes/globex-opens-reporting', import.meta.url).pathname;

const row = z.strictObject({ from: z.string(), to: z.string(), protocol: z.string(), ports: z.string() });
const documentRow = z.strictObject({ kind: z.string(), name: z.string(), change: z.string() });
const files = z.array(z.string());
const passedOver = z.strictObject({ hidden: files, otherEndings: files, empty: files });
const planAnswer = z.strictObject({
  formatVersion: z.literal(1),
  documents: z.array(documentRow),
  connections: z.strictObject({ gained: z.array(row), lost: z.array(row) }),
  withheld: z.array(row),
  released: z.array(z.string()),
  timed: z.array(
    row.extend({
      change: z.enum(['gained', 'lost']),
      since: z.string().nullable(),
      until: z.string().nullable(),
    }),
  ),
  steps: z.array(z.strictObject({ shard: z.string(), step: z.enum(['put', 'remove']), object: z.string() })),
  emptied: z.array(z.strictObject({ shard: z.string(), host: z.string() })),
  passedOver,
  tcpMeant: z.array(z.strictObject({ file: z.string(), line: z.int(), keyPath: z.string() })),
});
const applyAnswer = z.strictObject({
  formatVersion: z.literal(1),
  documents: z.array(documentRow),
  recorded: z.strictObject({ first: z.int(), last: z.int() }).nullable(),
  passedOver,
});
const diffAnswer = z.looseObject({ gained: z.array(row), lost: z.array(row) });
const statusAnswer = z.looseObject({
  halfGiven: z.array(
    z.strictObject({
      from: z.string(),
      to: z.string(),
      traffic: z.array(z.looseObject({ protocol: z.string() })),
      waitingFor: z.string(),
    }),
  ),
  waitingForTime: z.array(z.looseObject({ opensAt: z.string() })),
});

async function json<Answer>(place: Workplace, schema: z.ZodType<Answer>, ...argv: string[]): Promise<Answer> {
  return schema.parse(JSON.parse(await place.succeed(...argv, '--json')));
}

/** The example estate, applied by ada, driven, and then changed by bob: questions only, nothing is written. */
describe('questions about the example estate', () => {
  let place: Workplace;
  beforeAll(async () => {
    place = new Workplace();
    await place.succeed('apply', examples, '--as', 'ada', '--reason', 'first estate', '--source', 'git:1a2b');
    await place.succeed('sync');
    await place.succeed('apply', change, '--as', 'bob', '--reason', 'ticket 12');
  });
  afterAll(() => {
    place[Symbol.dispose]();
  });

  it('explain says of an allowed flow which rules on both sides, whose, by whom, and what hosts hold for it', async () => {
    const words = await place.succeed('explain', 'acme-corp/web', 'globex/database', 'tcp/5432');
    expect(words).toMatch(/^acme-corp\/web -> globex\/database tcp\/5432: allowed \(lane applied/);
    expect(words).toMatch(
      /acme-corp lets it out: egress to globex\/database, tcp\/5432, only segment web\n +seq \d+, .*: PolicyEnacted by ada \(as \S+\), reason "first estate", source git:1a2b/,
    );
    expect(words).toMatch(/globex lets it in: ingress from acme-corp\/web, tcp\/5432, only segment database/);
    expect(words).toMatch(/egress: allow [0-9a-f]{24}; shard-1 plan 1, carried by hv-1, hv-2, hv-3 and hv-4/);
    expect(words).toMatch(/ingress: allow [0-9a-f]{24}; shard-1 plan 1/);
  });

  it('explain tells what the documents allow from what the overlay carries', async () => {
    const flow = ['acme-corp/web', 'globex/reporting', 'tcp/8443'];
    expect(await place.succeed('explain', ...flow, '--lane', 'intended')).toMatch(
      /: allowed \(lane intended[^]*PolicyEnacted by bob \(as \S+\), reason "ticket 12"/,
    );
    expect(await place.succeed('explain', ...flow)).toMatch(
      /denied so far: the documents allow it, the overlay does not carry it yet/,
    );
    const before = await place.succeed('explain', ...flow, '--lane', 'intended', '--at', 'seq:314');
    expect(before).toMatch(/: denied \(lane intended, at seq 314/);
    expect(before).toMatch(/waiting for globex: no ingress rule of globex covers it/);
    expect(before).toMatch(
      /to allow it, add to ingress in the Policy of globex:\n +- \{ source: acme-corp\/web, segment: reporting, ports: \[8443\], protocol: tcp \}/,
    );
  });

  it.each<[string, string[], RegExp]>([
    [
      'both sides',
      ['globex/web', 'acme-corp/database', 'tcp/22'],
      /no egress rule of globex covers it[^]*no ingress rule of acme-corp covers it/,
    ],
    [
      'the port that a service does not offer',
      ['globex/web', 'acme-corp/web', 'tcp/22'],
      /acme-api of acme-corp offers tcp\/443 only/,
    ],
    ['the air gap', ['acme-corp/web', 'cold-vault', 'any'], /cold-vault is air-gapped/],
    ['itself: one segment is whole', ['acme-corp/web', 'acme-corp/web', 'any'], /one segment|same segment/],
  ])('explain names %s', async (_what, flow, words) => {
    expect(await place.succeed('explain', ...flow)).toMatch(words);
  });

  it('diff says what came, and which event of whom did it', async () => {
    const gained = [{ from: 'acme-corp/web', to: 'globex/reporting', protocol: 'tcp', ports: '8443' }];
    expect(await json(place, diffAnswer, 'diff', 'seq:314', 'now', '--lane', 'intended')).toMatchObject({
      gained,
      lost: [],
      batches: [{ by: 'bob', reason: 'ticket 12', events: ['PolicyEnacted of globex'] }],
    });
    expect(await json(place, diffAnswer, 'diff', 'now', 'seq:314', '--lane', 'intended')).toMatchObject({
      gained: [],
      lost: gained,
    });
    const words = await place.succeed('diff', 'seq:314', 'now', '--lane', 'intended');
    expect(words).toMatch(/1 connection gained, 0 connections lost \(lane intended\)/);
    expect(words).toMatch(/by bob \(as \S+\), reason "ticket 12":\n +PolicyEnacted of globex/);
    const { code } = await place.run('diff', 'seq:314', 'now', '--lane', 'intended', '--detailed-exitcode');
    expect(code).toBe(1);
    expect((await place.run('diff', 'now', 'now', '--detailed-exitcode')).code).toBe(0);
  });

  it('blame gives each rule to the one who brought it, and leaves what stood to whom it was', async () => {
    const words = await place.succeed('blame', 'globex');
    const [, byAda = '', byBob = ''] = /by ada([^]*)PolicyEnacted by bob[^\n]*\n([^]*)$/.exec(words) ?? [];
    expect(byBob.trim()).toBe('ingress from acme-corp/web, tcp/8443, only segment reporting');
    expect(byAda).toMatch(/ingress from acme-corp\/web, tcp\/5432, only segment database/);
    expect(byAda).toMatch(/guard GLX-17/);
    const rules = ofKind(readDocuments(examples), 'Policy').filter(({ tenant }) => tenant === 'globex');
    const count = rules.flatMap(({ egress = [], ingress = [] }) => [...egress, ...ingress]).length;
    expect(words.match(/^ +(egress|ingress) /gm)).toHaveLength(count + 1);
  });

  it('log filters by tenant, type, actor, time and subject', async () => {
    const entries = async (...argv: string[]): Promise<string[]> => {
      const schema = z.looseObject({ entries: z.array(z.looseObject({ type: z.string(), seq: z.int() })) });
      return (await json(place, schema, 'log', ...argv)).entries.map(({ type }) => type);
    };
    expect(await entries('--by', 'bob')).toEqual(['PolicyEnacted']);
    expect(await entries('--tenant', 'globex', '--type', 'PolicyEnacted')).toHaveLength(2);
    expect(new Set(await entries('--subject', 'overlay/shard-2'))).toEqual(
      new Set(['ChangePlanned', 'ChangeApplied']),
    );
    expect(await entries('--since', 'seq:332')).toEqual(['PolicyEnacted']);
    expect(await entries('--tenant', 'globex', '--limit', '1')).toEqual(['PolicyEnacted']);
    expect(await place.succeed('log', '--by', 'bob')).toMatch(
      /332 .* bob \(as \S+\) +PolicyEnacted +tenant\/globex +ticket 12 +ingress from acme-corp\/web, tcp\/8443, only segment reporting came/,
    );
  });

  it('status names every half-given consent, and whom it waits for', async () => {
    const { halfGiven } = await json(place, statusAnswer, 'status');
    const waits = halfGiven.map(({ from, to, waitingFor }) => `${from} -> ${to}: ${waitingFor}`);
    expect(waits).toContain('cinder-bakery/shop -> payments-hub/api: cinder-bakery');
    expect(waits).toContain('pelican-post/tracking -> globex/web: globex');
    expect(waits).toContain('pelican-post/tracking -> globex/web: pelican-post');
    // With bob's change this consent is whole.
    expect(waits.some((each) => each.startsWith('acme-corp/web -> globex/reporting'))).toBe(false);
    expect(await place.succeed('status')).toMatch(
      /half-given consents, which grant nothing:[^]*pelican-post\/tracking +globex\/web +tcp\/8101-8443 +waiting for globex\n/,
    );
    for (const { from, to, waitingFor } of halfGiven) {
      expect([from, to].some((end) => end.startsWith(`${waitingFor}/`))).toBe(true);
      const words = await place.succeed('explain', from, to, 'any', '--lane', 'intended');
      expect(words).toMatch(
        new RegExp(`waiting for ${waitingFor}|no (egress|ingress) rule of ${waitingFor}`),
      );
    }
  });
});

describe('a consent between segments of one tenant', () => {
  it('is told as a rule that this tenant lacks itself, since it waits for nobody else', async () => {
    using place = new Workplace();
    const file = join(place.folder, 'strict.yaml');
    const strict = `
{ kind: Tenant, tenant: strict, intraTenant: segments, segments: [a, b] }
---
{ kind: Policy, tenant: strict, egress: [{ destination: strict/b, segment: a, ports: [443] }], ingress: [{ source: strict/a, segment: b, ports: [22] }] }`;
    writeFileSync(file, `${town}\n---\n${strict}`);
    await place.succeed('apply', file);
    const words = await place.succeed('status');
    expect(words).toMatch(/strict\/a +strict\/b +tcp\/443 +strict has no ingress rule for it itself\n/);
    expect(words).toMatch(/strict\/a +strict\/b +tcp\/22 +strict has no egress rule for it itself\n/);
    expect(words).not.toContain('waiting for strict');
  });
});

describe('very many half-given consents', () => {
  it('are told up to a number of them, and how many more there are', async () => {
    using place = new Workplace();
    const segments = (letter: string): string =>
      Array.from({ length: 11 }, (_, nth) => `${letter}${String(nth)}`).join(', ');
    const file = join(place.folder, 'many.yaml');
    const many = `
{ kind: Tenant, tenant: many, segments: [${segments('m')}] }
---
{ kind: Tenant, tenant: others, segments: [${segments('o')}] }
---
{ kind: Policy, tenant: many, egress: [{ destination: others, ports: [443] }] }`;
    writeFileSync(file, `${town}\n---\n${many}`);
    await place.succeed('apply', file);
    expect((await json(place, statusAnswer, 'status')).halfGiven).toHaveLength(121);
    const words = await place.succeed('status');
    expect(words.match(/waiting for others\n/g)).toHaveLength(100);
    expect(words).toContain('\nand 21 more: --json lists them all\n');
  });
});

describe('a consent that waits for a time bound only', () => {
  it('is told with that instant by status and explain, and waits for nobody', async () => {
    using place = new Workplace();
    const file = join(place.folder, 'town.yaml');
    const policies = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme/web, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex, from: "2098-01-01T00:00:00Z" }] }`;
    writeFileSync(file, `${town}\n---\n${policies}`);
    await place.succeed('apply', file);
    const { halfGiven, waitingForTime } = await json(place, statusAnswer, 'status');
    expect(halfGiven).toEqual([]);
    const [from, to, opensAt] = ['globex/app', 'acme/web', '2098-01-01T00:00:00.000Z'];
    const traffic = [{ protocol: 'tcp', ports: [[443, 443]] }];
    expect(waitingForTime).toEqual([{ from, to, traffic, opensAt }]);
    const words = await place.succeed('status');
    expect(words).toMatch(
      /which wait for a time bound only:[^]*globex\/app +acme\/web +tcp\/443 +from 2098-01-01T/,
    );
    expect(words).not.toMatch(/half-given|waiting for/);
    const why = await place.succeed('explain', from, to, 'tcp/443');
    expect(why).toContain(`waiting until ${opensAt}: acme has a rule for it that is not open yet`);
    expect(why).not.toContain('waiting for');
  });
});

describe('plan', () => {
  it('ends with 0, 1, 2 or 3 under --detailed-exitcode', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    const planned = async (...argv: string[]): Promise<number> =>
      (await place.run('plan', ...argv, '--detailed-exitcode')).code;
    const bad = (yaml: string): string => {
      const file = join(place.folder, 'bad.yaml');
      writeFileSync(file, yaml);
      return file;
    };
    expect(await planned(examples)).toBe(0);
    expect(await planned(examples, '--prune', 'all')).toBe(0);
    expect(await planned(change)).toBe(1);
    expect((await place.run('plan', change)).code).toBe(0);
    expect(await planned(change, '--prune', 'all')).toBe(2);
    expect(await planned(bad('{ tenant: globex, egress: [{ destination: nobody }] }'))).toBe(2);
    expect(await planned(bad('{ tenant: globex, egress: [{ destination: cold-vault }] }'))).toBe(3);
  });

  it('shows what a removal takes away, and apply takes that away', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    await place.succeed('sync');
    const folder = join(place.folder, 'estate');
    cpSync(examples, folder, { recursive: true });
    writeFileSync(join(folder, 'tenants', 'zz.yaml'), '{ kind: Tenant, tenant: passing, segments: [a, b] }');
    await place.succeed('apply', folder, '--prune', 'all');
    rmSync(join(folder, 'tenants', 'zz.yaml'));
    const words = await place.succeed('plan', folder, '--prune', 'all');
    expect(words).toMatch(/^0 connections gained, 2 lost; 1 changed document/);
    expect(words).toMatch(/Tenant +removed +1 +passing/);
    expect(words).toMatch(/lost +passing\/a +passing\/b +any/);
    await place.succeed('apply', folder, '--prune', 'all');
    const rows = await place.connections('intended');
    expect(rows.filter(({ from }) => from.startsWith('passing/'))).toEqual([]);
  });

  it('says what will come and go by time bounds, and when', async () => {
    using place = new Workplace();
    const segments = 'segments: [one]';
    const rule = (bounds: string): string => `
{ kind: Tenant, tenant: left, ${segments} }
---
{ kind: Tenant, tenant: right, ${segments} }
---
{ kind: Policy, tenant: left, egress: [{ destination: right, ports: [443, 8443] }] }
---
{ kind: Policy, tenant: right, ingress: [{ source: left, ports: [443], ${bounds} }, { source: left, ports: [8443], expires: "2090-01-01T00:00:00Z" }] }
`;
    const file = join(place.folder, 'documents.yaml');
    writeFileSync(file, rule('from: "2088-01-01T00:00:00+01:00", expires: "2089-01-01T00:00:00Z"'));
    const ends = { from: 'left/one', to: 'right/one', protocol: 'tcp' };
    const asked = await json(place, planAnswer, 'plan', file);
    expect(asked.connections).toEqual({ gained: [{ ...ends, ports: '8443' }], lost: [] });
    const opens = '2087-12-31T23:00:00.000Z';
    const [lapses, lapsesToo] = ['2089-01-01T00:00:00.000Z', '2090-01-01T00:00:00.000Z'];
    expect(asked.timed).toEqual([
      { change: 'gained', ...ends, ports: '8443', since: null, until: opens },
      { change: 'gained', ...ends, ports: '443,8443', since: opens, until: lapses },
      { change: 'gained', ...ends, ports: '8443', since: lapses, until: lapsesToo },
    ]);
    const words = await place.succeed('plan', file);
    expect(words).toMatch(/^1 connection gained, 0 lost, 3 changes by time; /);
    expect(words).toMatch(
      /gained +2087-12-31T23:00:00.000Z +2089-01-01T00:00:00.000Z +left\/one +right\/one +tcp +443,8443/,
    );
    await place.succeed('apply', file);
    expect((await json(place, planAnswer, 'plan', file)).timed).toEqual([]);
    // What quarantine cuts would flow when it ends.
    await place.succeed('quarantine', 'left');
    const more = rule('from: "2088-01-01T00:00:00+01:00", expires: "2089-01-01T00:00:00Z"');
    writeFileSync(
      file,
      more
        .replace('ports: [8443], expires', 'ports: [8443, 9443], expires')
        .replace('8443] }', '8443, 9443] }'),
    );
    const withheld = await json(place, planAnswer, 'plan', file);
    expect(withheld.connections).toEqual({ gained: [], lost: [] });
    expect(withheld.withheld).toEqual([{ ...ends, ports: '9443' }]);
    expect(await place.succeed('plan', file)).toMatch(
      /^0 connections gained, 0 lost, 1 withheld by quarantine; [^]*gained on release +left\/one +right\/one +tcp +9443/,
    );
    await place.succeed('release', 'left');
    // What would not open any more is a loss to come.
    writeFileSync(file, rule('from: "2088-06-01T00:00:00Z", expires: "2089-01-01T00:00:00Z"'));
    const changed = await json(place, planAnswer, 'plan', file);
    expect(changed.connections).toEqual({ gained: [], lost: [] });
    expect(changed.timed).toEqual([
      { change: 'lost', ...ends, ports: '443', since: opens, until: '2088-06-01T00:00:00.000Z' },
    ]);
  });

  it('says exactly what apply and sync then do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
        using place = new Workplace();
        let estate = generateEstate({ seed, tenants: 10, rulesPerTenant: 4 });
        for (let step = 0; step < 5; step += 1) {
          if (step > 0) ({ estate } = mutateEstate(estate, seed + step));
          const folder = join(place.folder, `estate-${String(step)}`);
          mkdirSync(folder);
          writeEstate(folder, estate, { files: 2 });
          // What waits to be driven already is part of what a sync would do.
          const [first] = ofKind(estate.documents, 'Tenant');
          const intent = step === 2 ? 'quarantine' : step === 4 ? 'release' : undefined;
          if (intent !== undefined) await place.succeed(intent, first?.tenant ?? '', '--no-wait');
          await expectForeseen(place, folder, step);
        }
      }),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 3) },
    );
  }, 1_800_000);
});

async function expectForeseen(place: Workplace, folder: string, step: number): Promise<void> {
  const planned = await json(place, planAnswer, 'plan', folder);
  const before = step === 0 ? undefined : (await place.checkpoint()).size - 1;
  const applied = await json(place, applyAnswer, 'apply', folder);
  expect(planned.documents).toEqual(applied.documents);
  if (applied.recorded === null) return;
  const { gained, lost } =
    before === undefined
      ? { gained: await place.connections('intended'), lost: [] }
      : await json(place, diffAnswer, 'diff', `seq:${String(before)}`, 'now', '--lane', 'intended');
  expect(sorted(planned.connections.gained)).toEqual(sorted(gained));
  expect(sorted(planned.connections.lost)).toEqual(sorted(lost));
  await place.succeed('sync');
  expect(sorted(planned.steps)).toEqual(sorted(await stepsSince(place, applied.recorded.last)));
}

function sorted(rows: readonly object[]): string[] {
  return rows.map((each) => JSON.stringify(Object.entries(each).sort())).sort();
}

const plannedEntry = z.looseObject({
  data: z.looseObject({
    shard: z.string(),
    put: z.array(z.looseObject({ kind: z.string() })),
    removed: z.array(z.string()),
  }),
});

/** Every object that plans recorded since an entry put or took away. */
async function stepsSince(place: Workplace, seq: number): Promise<object[]> {
  const schema = z.looseObject({ entries: z.array(plannedEntry) });
  const { entries } = await json(
    place,
    schema,
    'log',
    '--type',
    'ChangePlanned',
    '--since',
    `seq:${String(seq)}`,
  );
  const steps = entries.flatMap(({ data: { shard, put, removed } }) => [
    ...removed.map((object) => ({ shard, step: 'remove', object })),
    ...put.map((object) => ({ shard, step: 'put', object: keyOf(overlayObject.parse(object)) })),
  ]);
  return [...new Map(steps.map((each) => [JSON.stringify(each), each])).values()];
}
