import fc from 'fast-check';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { hostFileOf } from '../support/host-file.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`;
const answer = z.looseObject({ hosts: z.array(z.looseObject({ host: z.string(), cut: z.boolean() })) });

async function synced(place: Workplace): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  writeFileSync(join(folder, 'documents.yaml'), `${town}\n---\n${talk}`);
  await place.succeed('apply', folder);
  await place.succeed('sync');
}

/** What somebody may have written in place of a value, by a name that is fit for being shown. */
const hostile = new Map<string, unknown>([
  ['half a character', '\ud800'],
  ['another half', 'x\udfff'],
  ['nothing', ''],
  ['controls', '\u001b[2J\n\u202e'],
  ['a long text', 'h'.repeat(100_000)],
  ['a long text of pairs', '\ud83d\ude00'.repeat(40_000)],
  ['the greatest number', Number.MAX_SAFE_INTEGER],
  ['more than that', 1e300],
  ['99', 99],
  ['a negative number', -1],
  ['a fraction', 1.5],
  ['null', null],
  ['no members', {}],
  ['a half as a key', { '\ud800': 1 }],
  ['a long key', { ['k'.repeat(100_000)]: [1] }],
  ['many ports', Array.from({ length: 9_000 }, () => [1, 65_535])],
  ['many addresses', Array.from({ length: 9_000 }, () => '10.1.0.1')],
]);

interface Deed {
  readonly where: number;
  readonly how: 'replace' | 'add' | 'key';
  readonly value: string;
}

const deeds = fc.array(
  fc.record({
    where: fc.nat(),
    how: fc.constantFrom('replace', 'add', 'key'),
    value: fc.constantFrom(...hostile.keys()),
  }),
  { minLength: 1, maxLength: 3 },
);

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

function treesIn(value: unknown): Tree[] {
  return isTree(value) ? [value, ...Object.values(value).flatMap(treesIn)] : [];
}

/** Every deed changes one value, or puts one beside others. */
function mutated(text: string, all: readonly Deed[]): string {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  for (const { where, how, value: name } of all) {
    const value = structuredClone(hostile.get(name));
    // Each key of each level, the head and the mark as likely as all objects together.
    const objects = lines.slice(1, -1).flatMap(treesIn);
    const ends = [lines[0], lines.at(-1)].filter(isTree);
    const tree = where % 2 === 0 ? ends[(where >> 1) % 2] : objects[(where >> 1) % objects.length];
    if (tree === undefined) continue;
    const keys = Object.keys(tree);
    const key = keys[(where >> 3) % keys.length] ?? 'first';
    if (how === 'replace') tree[key] = value;
    else tree[how === 'add' ? `more${String(where)}` : String(value)] = value;
  }
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

it('a quarantine cuts every other host, whatever stands in the file of one, and tells of that one', async () => {
  using place = new Workplace();
  await synced(place);
  const path = hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-2' });
  const right = readFileSync(path, 'utf8');
  const lines = right.trimEnd().split('\n');
  const atEnds = [lines[0], lines.at(-1)].flatMap((line = '', end) => {
    const keys = Object.keys(z.looseObject({}).parse(JSON.parse(line)));
    return ['half a character', 'a long text'].flatMap((value): Deed[][] => [
      [{ where: end * 2, how: 'key', value }],
      ...keys.map((_, at): Deed[] => [{ where: at * 8 + end * 2, how: 'replace', value }]),
    ]);
  });
  const tryOne = async (all: readonly Deed[]): Promise<void> => {
    writeFileSync(path, mutated(right, all));
    const { code, out, err } = await place.run('quarantine', 'acme', '--timeout', '0s', '--json');
    expect([0, 4, 5, 6], err).toContain(code);
    const { hosts } = answer.parse(JSON.parse(out));
    expect(hosts.filter(({ host, cut }) => host !== 'hv-2' && !cut)).toEqual([]);
    expect(hosts.length).toBe(4);
    writeFileSync(path, right);
    await place.succeed('release', 'acme');
  };
  for (const all of atEnds) await tryOne(all);
  expect(await place.succeed('log', '--type', 'DriftDetected')).toMatch(/hv-2/);
  await fc.assert(fc.asyncProperty(deeds, tryOne), {
    numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 12),
    endOnFailure: true,
  });
}, 120_000);
