import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ecs } from '../../../src/siem/formats/ecs/format.ts';
import { detects, rulesFolder, sigmaFile, sigmaFiles, sigmaHead } from '../../oracle/sigma.ts';
import { samples } from '../events/samples.ts';
import { context, streamed } from './stream-sample.ts';

/** What each rule is to find among one event of every kind, each with a reason and without, and a void one. */
const found: Readonly<Record<string, readonly string[]>> = {
  'attempt-dropped.yaml': ['DropsObserved', 'DropsObserved unreasoned'],
  'change-refused.yaml': ['ChangeFailed', 'ChangeFailed unreasoned'],
  'changed-by-hand.yaml': ['BypassOpened', 'BypassOpened unreasoned'],
  'cut-off.yaml': ['Tenant', 'Segment', 'External'].flatMap((of) => [
    `${of}Quarantined`,
    `${of}Quarantined unreasoned`,
  ]),
  'held-in-the-past.yaml': ['ShardHeld', 'ShardHeld unreasoned'],
  'host-drifted.yaml': ['DriftDetected', 'DriftDetected unreasoned'],
  'isolation-violated.yaml': ['IsolationViolated', 'IsolationViolated unreasoned'],
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
    const files = sigmaFiles();
    expect(files).toEqual(Object.keys(found));
    const ids = files.flatMap((file) => sigmaFile(file).documents.map((one) => sigmaHead.parse(one).id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(Object.entries(found))('%s finds what it is for, and nothing else', (file, names) => {
    const { detecting } = sigmaFile(file);
    expect(events.filter(({ event }) => detects(detecting, event)).map(({ name }) => name)).toEqual(names);
  });

  it('are told of, with what to do', () => {
    const page = readFileSync(new URL('../README.md', rulesFolder), 'utf8');
    for (const file of Object.keys(found)) {
      const { level } = sigmaHead.parse(sigmaFile(file).documents.at(-1));
      expect(page).toMatch(new RegExp(`\\(rules/${file}\\) +\\| ${level} `));
    }
  });
});
