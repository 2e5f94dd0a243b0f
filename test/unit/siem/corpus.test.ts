import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogue } from '../../../events/catalogue.ts';
import { heldLine } from '../../../src/siem/sinks/held-line.ts';
import { correlates, detects, sigmaFile, sigmaFiles } from '../../oracle/sigma.ts';
import { corpusFolder, renderCorpus } from '../../tools/corpus/render.ts';

const folder = new URL(`../../../${corpusFolder}`, import.meta.url);

const files = readdirSync(folder).filter((name) => name !== 'README.md');

function linesOf(file: string): string[] {
  return readFileSync(new URL(file, folder), 'utf8').split('\n').slice(0, -1);
}

const entry = z.looseObject({ id: z.string(), type: z.string(), reason: z.string().exactOptional() });
const ecsEvent = z.looseObject({
  event: z.looseObject({ id: z.string(), code: z.string(), sequence: z.int().exactOptional() }),
});

/** The entries as they were recorded, without the heartbeat behind them. */
const entries = linesOf('entries.ndjson')
  .slice(0, -1)
  .map((line) => entry.parse(JSON.parse(line)));
const events = linesOf('ecs.ndjson').map((line) => ecsEvent.parse(JSON.parse(line)));
const voids = new Set(events.filter(({ event }) => event.code === 'void').map(({ event }) => event.id));

const of =
  (...types: string[]) =>
  ({ type }: z.infer<typeof entry>): boolean =>
    types.includes(type);

/** What each rule is for, said of entries as they were recorded. */
const wanted: Readonly<Record<string, (recorded: z.infer<typeof entry>) => boolean>> = {
  'attempt-dropped.yaml': of('DropsObserved'),
  'change-refused.yaml': of('ChangeFailed'),
  'changed-by-hand.yaml': of('BypassOpened'),
  'cut-off.yaml': of('TenantQuarantined', 'SegmentQuarantined', 'ExternalQuarantined'),
  'held-in-the-past.yaml': of('ShardHeld'),
  'host-drifted.yaml': of('DriftDetected'),
  'isolation-violated.yaml': of('IsolationViolated'),
  'let-back-in.yaml': of('TenantReleased', 'SegmentReleased', 'ExternalReleased'),
  'policy-without-reason.yaml': ({ type, reason }) =>
    of('PolicyEnacted', 'PolicyRevoked')({ id: '', type }) && reason === undefined,
  'role-changed-hands-often.yaml': of('RoleTaken'),
  'writer-broke-off.yaml': ({ id }) => voids.has(id),
};

describe('the sample corpus', () => {
  it('is what the example estate gives now: else run `npm run generate`', async () => {
    const rendered = await renderCorpus();
    expect([...files].sort()).toEqual([...rendered.keys()].sort());
    for (const [file, text] of rendered)
      expect(text).toBe(
        linesOf(file)
          .map((line) => `${line}\n`)
          .join(''),
      );
  });

  it('has an event of every kind, one without effect, and a heartbeat', () => {
    const types = new Set(entries.map(({ type }) => type));
    expect(Object.keys(catalogue).filter((type) => !types.has(type))).toEqual([]);
    expect(voids.size).toBe(1);
    for (const file of files) expect(heldLine(linesOf(file).at(-1) ?? '')).toBe('heartbeat');
  });

  it('has the same entries in each format, without a gap', () => {
    const ids = entries.map(({ id }) => id);
    for (const file of files) {
      const held = linesOf(file).slice(0, -1).map(heldLine);
      expect(held.map((line) => (typeof line === 'object' ? line.id : line))).toEqual(ids);
    }
    const seqs = events.flatMap(({ event: { sequence } }) => sequence ?? []);
    expect(seqs).toEqual(Array.from(seqs, (_, at) => (seqs[0] ?? 0) + at));
    expect(seqs).toHaveLength(entries.length);
  });

  it.each(sigmaFiles())('is searched by %s: it finds what it is for, and nothing else', (file) => {
    const { detecting } = sigmaFile(file);
    const found = events.filter((event) => detects(detecting, event)).map(({ event }) => event.id);
    const isWanted = wanted[file];
    const meant = entries.filter((one) => isWanted?.(one)).map(({ id }) => id);
    expect(meant.length).toBeGreaterThan(0);
    expect(found).toEqual(meant);
  });

  it('has a role that two processes take from each other, which the correlation tells, and no other', () => {
    const { detecting, correlating } = sigmaFile('role-changed-hands-often.yaml');
    if (correlating === undefined) throw new Error('the rule counts nothing');
    const found = events.filter((event) => detects(detecting, event));
    expect(correlates(correlating, found)).toEqual(['forwarder/siem']);
  });
});
