import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { ecs } from '../../../src/siem/formats/ecs/format.ts';
import { samples } from '../events/samples.ts';
import { context, streamed } from './stream-sample.ts';

const folder = new URL('../../../infra/siem/rules/', import.meta.url);

const value = z.union([z.string(), z.boolean(), z.array(z.string())]);
const common = z.object({
  title: z.string().max(256),
  id: z.uuid(),
  status: z.literal('experimental'),
  description: z.string(),
  level: z.enum(['informational', 'low', 'medium', 'high', 'critical']),
});
const detecting = common.extend({
  logsource: z.object({ product: z.literal('isoledger'), service: z.literal('ledger') }),
  detection: z.object({ condition: z.string() }).catchall(z.record(z.string(), value)),
});
type Rule = z.infer<typeof detecting>;

function documentsIn(file: string): unknown[] {
  const documents = parseAllDocuments(readFileSync(new URL(file, folder), 'utf8'));
  return documents.map((one) => z.unknown().parse(one.toJS()));
}

function fieldOf(event: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => z.looseObject({}).safeParse(at).data?.[name], event);
}

/** As Sigma says it: all fields of a selection must hold, and of a list one value. */
function holds(selection: Rule['detection'][string], event: unknown): boolean {
  return Object.entries(z.record(z.string(), value).parse(selection)).every(([key, wanted]) => {
    const [path = '', modifier] = key.split('|');
    const found = fieldOf(event, path);
    if (modifier === 'exists') return (found !== undefined) === wanted;
    return Array.isArray(wanted) ? wanted.some((one) => one === found) : found === wanted;
  });
}

function matches({ detection }: Rule, event: unknown): boolean {
  return detection.condition
    .split(' and ')
    .every((term) =>
      term.startsWith('not ')
        ? !holds(detection[term.slice(4)] ?? {}, event)
        : holds(detection[term] ?? {}, event),
    );
}

/** What each rule is to find among one event of every kind, each with a reason and without, and a void one. */
const found: Readonly<Record<string, readonly string[]>> = {
  'attempt-dropped.yaml': ['DropsObserved', 'DropsObserved unreasoned'],
  'change-refused.yaml': ['ChangeFailed', 'ChangeFailed unreasoned'],
  'cut-off.yaml': ['Tenant', 'Segment', 'External'].flatMap((of) => [
    `${of}Quarantined`,
    `${of}Quarantined unreasoned`,
  ]),
  'held-in-the-past.yaml': ['ShardHeld', 'ShardHeld unreasoned'],
  'host-drifted.yaml': ['DriftDetected', 'DriftDetected unreasoned'],
  'let-back-in.yaml': ['Tenant', 'Segment', 'External'].flatMap((of) => [
    `${of}Released`,
    `${of}Released unreasoned`,
  ]),
  'policy-without-reason.yaml': ['PolicyEnacted unreasoned', 'PolicyRevoked unreasoned'],
  'role-changed-hands-often.yaml': ['RoleTaken', 'RoleTaken unreasoned'],
  'writer-broke-off.yaml': ['void'],
};

const events = [
  ...Object.values(samples).flatMap((sample): { name: string; text: string }[] => [
    { name: sample.type, text: ecs.write(streamed(sample), context) },
    { name: `${sample.type} unreasoned`, text: ecs.write(streamed(sample, { reason: undefined }), context) },
  ]),
  { name: 'void', text: ecs.write({ ...streamed(samples.PolicyEnacted), isVoid: true }, context) },
].map(({ name, text }) => ({ name, event: z.unknown().parse(JSON.parse(text)) }));

describe('the detection rules', () => {
  it('are those that the test knows, each under an id of its own', () => {
    const files = readdirSync(folder).sort();
    expect(files).toEqual(Object.keys(found));
    const ids = files.flatMap((file) => documentsIn(file).map((one) => common.parse(one).id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(Object.entries(found))('%s finds what it is for, and nothing else', (file, names) => {
    const rule = detecting.parse(documentsIn(file)[0]);
    expect(events.filter(({ event }) => matches(rule, event)).map(({ name }) => name)).toEqual(names);
  });

  it('are told of, with what to do', () => {
    const page = readFileSync(new URL('../README.md', folder), 'utf8');
    for (const file of Object.keys(found)) {
      const { level } = common.parse(documentsIn(file).at(-1));
      expect(page).toMatch(new RegExp(`\\(rules/${file}\\) +\\| ${level} `));
    }
  });
});
