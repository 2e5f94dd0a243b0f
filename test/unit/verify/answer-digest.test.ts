import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { answerDigest } from '../../../src/verify/answer-digest.ts';
import type { Report } from '../../../src/verify/verify.ts';
import { engineCode, renderEngineDigest } from '../../tools/reader-code.ts';

test('the digest of the engine is of its code as it stands: after a change of it, npm run generate writes the digest', () => {
  const path = new URL('../../../src/verify/engine-digest.ts', import.meta.url);
  expect(readFileSync(path, 'utf8'), 'give npm run generate').toBe(renderEngineDigest());
});

test('the code of the engine is all that decides what verify answers', () => {
  const { files } = engineCode();
  expect(files).toEqual(
    expect.arrayContaining([
      ...['events/catalogue.ts', 'events/codec/decode.ts', 'src/ledger/replay.ts', 'src/ledger/up-to.ts'],
      ...['projections/isolation/engine/engine.ts', 'projections/isolation/judging/judge-applied.ts'],
      ...['src/verify/answer-digest.ts', 'src/verify/verify-interval.ts'],
    ]),
  );
  expect(files).not.toContain('src/verify/engine-digest.ts');
});

const opened = { seq: 3, id: 'x', type: 'ChangeApplied', time: '2026-03-01T11:00:00.000Z' };
const finding = {
  ...{ kind: 'isolation' as const, from: 'globex/app', to: 'acme/web', rules: ['r2', 'r1'] },
  witness: { src: '10.2.0.5', dst: '10.1.0.11', protocol: 'tcp', srcPort: 40_000, dstPort: 5432 },
  window: { openedBy: opened, closedBy: null },
};
const back = { ...finding, from: finding.to, to: finding.from };
const gap = { kind: 'plan' as const, about: 'shard-1', problem: 'not told yet' };
const other = { ...gap, about: 'shard-2' };
const time = '2026-03-01T12:00:00.000Z';
const stretch = { from: time, to: time, reach: 'none' as const };
const report: Report = {
  ...{ formatVersion: 1, verdict: 'violated', lane: 'applied' },
  scope: { fromSeq: 1, toSeq: 9, from: time, to: time },
  ...{ findings: [finding, back], gaps: [gap, other], vouched: [], reach: [stretch], reachBack: [stretch] },
};

describe('the digest of an answer', () => {
  const ends = { tenant: 'acme', peer: 'globex' };
  const digest = answerDigest(ends, report);

  it('is the same in whatever order things without an order come', () => {
    const turned = { ...finding, rules: ['r1', 'r2'] };
    expect(answerDigest(ends, { ...report, findings: [back, turned], gaps: [other, gap] })).toBe(digest);
  });

  it.each<[string, Partial<Report>]>([
    ['verdict', { verdict: 'unknown' }],
    ['lane', { lane: 'intended' }],
    ['time', { scope: { ...report.scope, fromSeq: 2 } }],
    ['window', { findings: [{ ...finding, window: { openedBy: opened, closedBy: opened } }, back] }],
    ['packet', { findings: [{ ...finding, witness: { ...finding.witness, dstPort: 5433 } }, back] }],
    ['gap', { gaps: [gap] }],
    ['reach', { reach: [{ ...stretch, reach: 'authorised' }] }],
    ['reach back', { reachBack: [{ ...stretch, reach: 'authorised' }] }],
    [
      'word that stands',
      { vouched: [{ shard: 's', host: 'h', seq: 2, by: 'ada', reason: null, until: null }] },
    ],
  ])('is another where the %s is', (_, changed) => {
    expect(answerDigest(ends, { ...report, ...changed })).not.toBe(digest);
  });

  it('is another for whoever else it is about', () => {
    const about = [ends, { tenant: 'globex', peer: 'acme' }, { tenant: 'acme' }, {}];
    expect(new Set(about.map((one) => answerDigest(one, report))).size).toBe(about.length);
  });
});
