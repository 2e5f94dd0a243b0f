import type { VerdictCounts } from '../../serve/verdict-counts.ts';
import type { Metric, Sample } from './exposition.ts';
import type { FactsOfLedger } from './ledger-facts.ts';

/** What is violated by the ledger, and how the verifier of this process keeps up. */
export function verdictMetrics(
  { judged, recorded, latencies }: Pick<VerdictCounts, 'judged' | 'recorded' | 'latencies'>,
  { facts, now }: { facts: FactsOfLedger | undefined; now: string },
): Metric[] {
  const ofVerdict = (value: (to: NonNullable<typeof judged>) => number): Sample[] =>
    judged === undefined ? [] : [{ value: Math.max(0, value(judged)) }];
  return [
    {
      type: 'gauge',
      name: 'isoledger_open_violations',
      help: 'Violations of isolation that are recorded and not over, by what they are against.',
      samples: Array.from(facts?.violations ?? [], ([kind, value]) => ({ labels: { kind }, value })),
    },
    {
      type: 'gauge',
      name: 'isoledger_verdict_age_entries',
      help: 'How many entries came since the last one that was judged; told by whoever has the role of the verifier.',
      samples: facts === undefined ? [] : ofVerdict(({ seq }) => facts.size - 1 - seq),
    },
    {
      type: 'gauge',
      name: 'isoledger_verdict_age_seconds',
      help: 'How long ago the last time was that was judged; told by whoever has the role of the verifier.',
      samples: ofVerdict(({ time }) => (Date.parse(now) - (Date.parse(time) || 0)) / 1_000),
    },
    {
      type: 'counter',
      name: 'isoledger_verifier_recorded_total',
      help: 'What the verifier of this process recorded: violations, and their ends.',
      samples: (['violated', 'restored'] as const).map((what) => ({
        labels: { what },
        value: recorded[what],
      })),
    },
    {
      type: 'histogram',
      name: 'isoledger_verdict_latency_seconds',
      help: 'How long after an entry was recorded it was judged.',
      samples: [latencies],
    },
  ];
}
