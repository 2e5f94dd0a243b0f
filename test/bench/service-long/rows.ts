import { percentile } from '../harness/measure.ts';
import { rowOf, type Measured, type Row } from '../harness/row.ts';
import { delaysUntil, type Delays, type ReachedStep } from './reached.ts';
import { drivenSteps, type RecordedTime } from './recorded.ts';
import type { Sampled } from './sampler.ts';
import type { Span } from './span.ts';

const bytesPerMiB = 2 ** 20;

/** How far each of those came for whom entries are, and when. */
export interface Followed {
  readonly feed: readonly ReachedStep[];
  /** The plan that every host has. */
  readonly plans: readonly ReachedStep[];
  readonly stream: readonly ReachedStep[];
  readonly file: readonly ReachedStep[];
  /** All roles said that they had done all, in time. */
  readonly isDone: boolean;
  /** When it was no longer looked. */
  readonly lookedMs: number;
}

export interface LongRun {
  readonly span: Span;
  readonly tenants: number;
  readonly hosts: number;
  /** How long each change took to be recorded, in milliseconds. */
  readonly took: readonly number[];
  readonly followed: Followed;
  readonly sampled: Sampled;
  readonly recorded: RecordedTime;
}

export function rowsOf(run: LongRun): readonly Row[] {
  const { rate, seconds } = run.span;
  const of = `${String(rate)} policy changes a second for ${String(seconds)} s on ${run.tenants.toLocaleString('en')} tenants, ${String(run.hosts)} hosts`;
  return [...changesIn(run), ...delaysIn(run), ...footprintIn(run)].map((measured) =>
    rowOf({ ...measured, case: `${of}: ${measured.case}` }),
  );
}

function changesIn({ span, took, recorded }: LongRun): readonly Measured[] {
  const { rate, seconds } = span;
  const { changes, plans, entries } = recorded;
  return [
    {
      case: 'changes a second that were recorded',
      ...{ value: changes.length / seconds, unit: 'changes/s', floor: { is: 'asked for', value: rate } },
      target: { of: 'ratio', atLeast: 0.99 },
    },
    ...percentiles('a change until it is recorded', took),
    { case: 'entries a second that were recorded', value: entries.length / seconds, unit: 'entries/s' },
    { case: 'plans a second', value: plans / seconds, unit: 'plans/s' },
    { case: 'changes in a plan', value: changes.length / Math.max(1, plans), unit: 'changes' },
  ];
}

function delaysIn({ followed, recorded, sampled }: LongRun): readonly Measured[] {
  const { feed, stream, file, lookedMs: endMs } = followed;
  const { entries } = recorded;
  const ways = [
    ['an entry until the feed has it (followed)', delaysUntil(entries, { steps: feed, endMs })],
    ['a change until all hosts have it (driven)', delaysOfDriving(followed, recorded)],
    ['an entry until the stream has it (published)', delaysUntil(entries, { steps: stream, endMs })],
    ['an entry until the file has it (delivered)', delaysUntil(entries, { steps: file, endMs })],
  ] as const;
  return [
    ...ways.flatMap(([name, { ms }]) => percentiles(name, ms)),
    ...Array.from(sampled.behindMost, ([role, value]) => ({
      ...{ case: `the most that the role ${role} said it was behind`, value, unit: 'entries' },
    })),
    {
      case: 'the most times that a role failed in a row',
      value: Math.max(...sampled.failuresMost.values()),
      ...{ unit: 'times', target: { of: 'value', atMost: 0 } },
    },
    {
      case: 'entries and changes that had not come there in the end',
      value: ways.reduce((sum, [, { missing }]) => sum + missing, 0),
      ...{ unit: 'entries', target: { of: 'value', atMost: 0 } },
    },
    {
      case: 'roles had not done all a minute after the last change',
      ...{ value: followed.isDone ? 0 : 1, unit: 'times', target: { of: 'value', atMost: 0 } },
    },
  ];
}

function delaysOfDriving({ plans: steps, lookedMs: endMs }: Followed, recorded: RecordedTime): Delays {
  const both = [true, false].map((adding) =>
    delaysUntil(
      recorded.changes.filter(({ adds }) => adds === adding),
      { steps: drivenSteps(recorded.plansSince, { steps, adding }), endMs },
    ),
  );
  return { ms: both.flatMap(({ ms }) => ms), missing: both.reduce((sum, { missing }) => sum + missing, 0) };
}

function footprintIn({ sampled, span }: LongRun): readonly Measured[] {
  const { first, last, residentBytesMost } = sampled;
  const start = { is: 'at the start', value: first.residentBytes / bytesPerMiB };
  const unit = 'MiB';
  return [
    {
      case: 'resident memory of the service at the end',
      ...{ value: last.residentBytes / bytesPerMiB, unit, floor: start },
    },
    { case: 'the most that it had', value: residentBytesMost / bytesPerMiB, unit, floor: start },
    {
      case: 'processors that the service kept at work',
      ...{ value: (last.cpuSeconds - first.cpuSeconds) / span.seconds, unit: 'processors' },
    },
    {
      case: 'size of the ledger at the end',
      ...{ value: last.ledgerBytes / bytesPerMiB, unit },
      floor: { is: 'at the start', value: first.ledgerBytes / bytesPerMiB },
    },
  ];
}

function percentiles(name: string, ms: readonly number[]): readonly Measured[] {
  return (
    [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const
  ).map(([label, part]) => ({ case: `${name}: ${label}`, value: percentile(ms, part), unit: 'ms' }));
}
