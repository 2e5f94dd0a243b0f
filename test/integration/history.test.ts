import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { generateEstate } from '../bench/estate.ts';
import { ofKind, type WrittenDocument } from '../bench/estate/documents.ts';
import type { Estate } from '../bench/estate/estate.ts';
import { mutateEstate } from '../bench/estate/mutate.ts';
import { rulesOf, withRules } from '../bench/estate/policy-edits.ts';
import { seededRandom, type Random } from '../bench/estate/random.ts';
import { writeEstate } from '../bench/estate/write.ts';
import { boundOnly, connections, uncut, type Connection } from '../oracle/connections.ts';
import { Workplace } from '../support/command-line.ts';
import { quarantinable, stillQuarantined } from '../support/quarantinable.ts';

const day = 86_400_000;
const recordedAnswer = z.object({
  recorded: z.strictObject({ first: z.int(), last: z.int() }).nullable(),
});
const entryLine = z.object({ recordedAt: z.string(), type: z.string(), batch: z.object({ id: z.string() }) });

/** Only the wall clock stands still: the command line reads it, and timers go on. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-02-20T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is asked for from an entry on. */
interface Chapter {
  readonly first: number;
  readonly documents: readonly WrittenDocument[];
  readonly quarantined: ReadonlySet<string>;
}

/** Rules within whose bounds the clock of the story moves. */
const bounds = [
  { from: '2026-03-05T09:00:00[Europe/Berlin]' },
  { expires: '2026-03-20T00:00:00Z' },
  { from: '2026-03-10T00:00:00Z', expires: '2026-04-15T12:00:00-05:00' },
  { expires: '2026-05-01T00:00:00[America/New_York]' },
] as const;

/** Bounds on a quarter of the rules: rules are judged as if they were always open, so that any are valid. */
function timed(documents: readonly WrittenDocument[], random: Random): WrittenDocument[] {
  return documents.map((document) => {
    if (document.kind !== 'Policy') return document;
    const rules = rulesOf(document).map((each) => {
      if (!random.chance(0.25)) return each;
      const added = random.pick(bounds);
      return each.side === 'egress'
        ? { ...each, rule: { ...withoutBounds(each.rule), ...added } }
        : { ...each, rule: { ...withoutBounds(each.rule), ...added } };
    });
    return withRules(document, rules);
  });
}

function withoutBounds<Rule extends { from?: string; expires?: string }>(rule: Rule): Rule {
  const copy = { ...rule };
  delete copy.from;
  delete copy.expires;
  return copy;
}

/** The estate without a tenant, and without the rules that name it. */
function withoutTenant({ documents, ...rest }: Estate, tenant: string): Estate {
  const services = ofKind(documents, 'Tenant').find((each) => each.tenant === tenant)?.services ?? [];
  const isNamed = (name: string): boolean =>
    name === tenant || name.startsWith(`${tenant}/`) || services.some((service) => service.name === name);
  const kept = documents
    .filter((each) => !('tenant' in each) || each.tenant !== tenant)
    .map((each) => {
      if (each.kind !== 'Policy') return each;
      const rules = rulesOf(each).filter(
        ({ rule }) => !isNamed('source' in rule ? rule.source : rule.destination),
      );
      return withRules(each, rules);
    });
  return { ...rest, documents: kept };
}

/** A story told to the command line, and retold by the oracle. */
class Story {
  readonly #place: Workplace;
  readonly #random: Random;
  readonly chapters: Chapter[] = [];
  /** By the last entry of a sync that left nothing to do: the rows that the overlay must carry. */
  readonly settled = new Map<number, readonly Connection[]>();
  #estate: Estate;
  #folders = 0;

  constructor(place: Workplace, seed: number) {
    this.#place = place;
    this.#random = seededRandom(seed);
    const estate = generateEstate({ seed, tenants: 10, rulesPerTenant: 4 });
    this.#estate = { ...estate, documents: timed(estate.documents, this.#random) };
  }

  get #last(): Chapter {
    return this.chapters.at(-1) ?? { first: -1, documents: [], quarantined: new Set() };
  }

  async begin(): Promise<void> {
    await this.apply();
    await this.sync();
  }

  async step(): Promise<void> {
    const random = this.#random;
    const { tenant } = random.pick(ofKind(this.#estate.documents, 'Tenant'));
    const { name } = random.pick(quarantinable(this.#estate.documents));
    const held = [...this.#last.quarantined];
    await random.pick([
      () => this.change(),
      () => this.change(),
      () => this.intend('quarantine', name),
      () => this.intend('release', held.length > 0 ? random.pick(held) : name),
      () => this.retire(tenant),
      () => this.wait(),
      () => this.wait(),
      () => this.sync(),
    ])();
    expect(await this.#place.connections('intended')).toEqual(this.expectedNow());
  }

  /** What the documents and quarantine of now allow now. */
  expectedNow(): Connection[] {
    return expectedOf(this.#last, new Date().toISOString());
  }

  async apply(...options: string[]): Promise<void> {
    const folder = join(this.#place.folder, `documents-${String((this.#folders += 1))}`);
    writeEstate(folder, this.#estate, { files: 2 });
    await this.#record(['apply', folder, ...options], {
      documents: this.#estate.documents,
      quarantined: stillQuarantined(this.#last.quarantined, this.#estate.documents),
    });
  }

  async change(): Promise<void> {
    ({ estate: this.#estate } = mutateEstate(this.#estate, this.#random.below(2 ** 31)));
    await this.apply();
  }

  async retire(tenant: string): Promise<void> {
    if (ofKind(this.#estate.documents, 'Tenant').length < 5) return;
    this.#estate = withoutTenant(this.#estate, tenant);
    await this.apply('--prune', 'all');
  }

  async intend(intent: 'quarantine' | 'release', name: string): Promise<void> {
    const { documents, quarantined } = this.#last;
    const after = new Set(quarantined);
    if (intent === 'quarantine') after.add(name);
    else after.delete(name);
    const waits = this.#random.chance(0.7);
    const options = waits ? [] : ['--no-wait'];
    await this.#record([intent, name, ...options], { documents, quarantined: after });
    if (!waits || intent === 'release') return;
    // Whatever else waits to be driven: what is cut is cut at once.
    const applied = await this.#place.connections('applied');
    expect(uncut(applied, new Set([name]))).toEqual(applied);
    expect((await this.#place.verify('--tenant', name)).verdict).toBe('proven');
  }

  async wait(): Promise<void> {
    vi.setSystemTime(Date.now() + this.#random.below(20 * day));
    await Promise.resolve();
  }

  async sync(): Promise<void> {
    await this.#place.succeed('sync', ...onThisDay());
    const rows = boundOnly(this.expectedNow(), this.#last.documents);
    expect(await this.#place.connections('applied')).toEqual(rows);
    expect(await this.#place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
    this.settled.set((await this.#place.checkpoint()).size - 1, rows);
  }

  async #record(argv: string[], next: Omit<Chapter, 'first'>): Promise<void> {
    const { recorded } = recordedAnswer.parse(
      JSON.parse(await this.#place.succeed(...argv, ...onThisDay(), '--json')),
    );
    if (argv[0] !== 'apply')
      expect(recorded === null).toBe(next.quarantined.size === this.#last.quarantined.size);
    if (recorded !== null) this.chapters.push({ first: recorded.first, ...next });
  }
}

/** A story may wait for months: whoever tells it knows what day it is. */
function onThisDay(): string[] {
  return ['--accept-clock', new Date().toISOString().slice(0, 10)];
}

function expectedOf({ documents, quarantined }: Chapter, at: string): Connection[] {
  return uncut(connections(documents, at), quarantined);
}

/** The last entry of each batch, and when it was recorded. */
async function batchEnds(place: Workplace): Promise<{ seq: number; time: string; type: string }[]> {
  const lines = (await place.succeed('tail', '--format', 'entries')).trimEnd().split('\n');
  const entries = lines.map((line) => entryLine.parse(JSON.parse(line)));
  return entries.flatMap(({ batch, recordedAt, type }, seq) =>
    entries[seq + 1]?.batch.id === batch.id ? [] : [{ seq, time: recordedAt, type }],
  );
}

async function expectPast(place: Workplace, { chapters, settled }: Story): Promise<void> {
  const pairs = (rows: readonly Connection[]): string[] => rows.map(({ from, to }) => `${from} ${to}`);
  const allowed = new Set<string>();
  let then: Chapter | undefined;
  for (const { seq, time, type } of await batchEnds(place)) {
    const chapter = chapters.findLast(({ first }) => first <= seq);
    const isNews = chapter !== then || type === 'GrantOpened' || type === 'GrantLapsed';
    then = chapter;
    const at = `seq:${String(seq)}`;
    const expected = chapter === undefined ? [] : expectedOf(chapter, time);
    for (const pair of pairs(expected)) allowed.add(pair);
    if (isNews) expect(await place.connections('intended', at)).toEqual(expected);
    const rows = settled.get(seq);
    if (rows === undefined && !isNews && seq % 7 !== 0) continue;
    const applied = await place.connections('applied', at);
    if (rows === undefined) expect(pairs(applied).filter((pair) => !allowed.has(pair))).toEqual([]);
    else {
      expect(applied).toEqual(rows);
      allowed.clear();
      for (const pair of pairs(rows)) allowed.add(pair);
    }
  }
}

describe('random histories', () => {
  it('have the connections that the oracle gives, at every seq of the past and now', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
        vi.setSystemTime(Date.parse('2026-02-20T12:00:00Z'));
        using place = new Workplace();
        const story = new Story(place, seed);
        await story.begin();
        for (let step = 0; step < 10; step += 1) await story.step();
        await story.sync();
        await expectPast(place, story);
      }),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 4), endOnFailure: true },
    );
  }, 1_800_000);
});

describe('a time bound', () => {
  const estate = `
{ kind: Shard, shard: shard-1, vnis: { from: 5000, to: 5099 }, revocationLimit: 60s }
---
{ kind: Host, host: hv-1, shard: shard-1, tunnelIp: 172.31.0.1 }
---
{ kind: Tenant, tenant: acme, segments: [web] }
---
{ kind: Tenant, tenant: globex, segments: [database] }
---
kind: Endpoints
tenant: acme
endpoints: [{ name: web-1, segment: web, ip: 10.1.0.1, mac: "02:00:0a:01:00:01", host: hv-1, interface: vm-1 }]
---
kind: Endpoints
tenant: globex
endpoints: [{ name: db-1, segment: database, ip: 10.2.0.1, mac: "02:00:0a:02:00:01", host: hv-1, interface: vm-2 }]
---
{ kind: Policy, tenant: acme, egress: [{ destination: globex, ports: [5432] }] }
---
kind: Policy
tenant: globex
ingress: [{ source: acme, ports: [5432], from: "2026-03-01T00:00:00Z", expires: "2026-03-02T00:00:00Z" }]
`;
  const row = { from: 'acme/web', to: 'globex/database', protocol: 'tcp', ports: '5432' };

  async function started(place: Workplace): Promise<string> {
    const folder = join(place.folder, 'documents');
    mkdirSync(folder);
    writeFileSync(join(folder, 'documents.yaml'), estate);
    await place.succeed('apply', folder);
    await place.succeed('sync');
    return folder;
  }

  it('opens and lapses in answers by itself, and in the overlay with the next command that writes', async () => {
    using place = new Workplace();
    await started(place);
    expect(await place.connections('intended')).toEqual([]);
    vi.setSystemTime(Date.parse('2026-03-01T00:00:00Z'));
    expect([await place.connections('intended'), await place.connections('applied')]).toEqual([[row], []]);
    expect((await place.verify()).findings).toMatchObject([{ kind: 'missing' }]);
    await place.succeed('sync');
    expect(await place.connections('applied')).toEqual([row]);

    vi.setSystemTime(Date.parse('2026-03-02T00:00:30Z'));
    expect([await place.connections('intended'), await place.connections('applied')]).toEqual([[], [row]]);
    expect(await place.verify()).toMatchObject({
      verdict: 'proven',
      findings: [{ kind: 'pending-revocation' }],
    });
    vi.setSystemTime(Date.parse('2026-03-02T00:01:01Z'));
    expect(await place.verify()).toMatchObject({ verdict: 'violated', findings: [{ kind: 'isolation' }] });
    await place.succeed('sync');
    expect(await place.connections('applied')).toEqual([]);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
    const types = (await batchEnds(place)).map(({ type }) => type).filter((type) => type.startsWith('Grant'));
    expect(types).toEqual(['GrantOpened', 'GrantLapsed']);
  });

  it('is recorded before anything else by every command that writes, and not by one that is refused', async () => {
    using place = new Workplace();
    const folder = await started(place);
    vi.setSystemTime(Date.parse('2026-03-01T12:00:00Z'));
    const bad = join(place.folder, 'bad.yaml');
    writeFileSync(bad, '{ kind: Policy, tenant: acme, egress: [{ destination: nobody }] }');
    const before = await place.checkpoint();
    expect((await place.run('apply', bad)).code).toBe(2);
    await place.succeed('plan', folder);
    expect(await place.checkpoint()).toEqual(before);
    expect(await place.succeed('apply', folder)).toMatch(/^nothing to record/);
    expect((await place.checkpoint()).size).toBe(before.size + 1);
    vi.setSystemTime(Date.parse('2026-03-03T00:00:00Z'));
    await place.succeed('quarantine', 'acme', '--no-wait');
    const types = (await batchEnds(place)).slice(-3).map(({ type }) => type);
    expect(types).toEqual(['GrantOpened', 'GrantLapsed', 'TenantQuarantined']);
  });
});
