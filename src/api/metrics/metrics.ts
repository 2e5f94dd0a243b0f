import { processFacts } from '../../runtime/process-facts.ts';
import type { Durations } from '../../serve/durations.ts';
import type { WallClock } from '../../runtime/clock.ts';
import type { RoleStandings } from '../../serve/states.ts';
import type { VerdictCounts } from '../../serve/verdict-counts.ts';
import type { DeliveryCounts } from '../../siem/sinks/delivery-counts.ts';
import type { Metric } from './exposition.ts';
import type { FactsOfLedger, LedgerFacts } from './ledger-facts.ts';
import { processMetrics } from './process-metrics.ts';
import { roleMetrics } from './role-metrics.ts';
import { sinkMetrics } from './sink-metrics.ts';
import { verdictMetrics } from './verdict-metrics.ts';

/** Everything that is measured, as of now. While the ledger cannot be read, or does not answer, what it said last is told. */
export async function metricsOf(means: {
  readonly facts: LedgerFacts;
  readonly standings: RoleStandings;
  readonly durations: Durations;
  readonly deliveries: DeliveryCounts;
  readonly verdicts: VerdictCounts;
  readonly clock: WallClock;
  readonly version: string;
}): Promise<Metric[]> {
  const { standings } = means;
  const read = standings.ledgerFailure === undefined ? await means.facts.now() : undefined;
  const facts = read ?? means.facts.known;
  return [
    gauge('isoledger_build_info', 'One, with the version of the program.', {
      ...{ labels: { version: means.version }, value: 1 },
    }),
    gauge(
      'isoledger_ledger_readable',
      'One where the ledger could be read just now; where it is zero, what is told of the ledger is what it said last.',
      { value: read === undefined ? 0 : 1 },
    ),
    gauge(
      'isoledger_ledger_unreadable_seconds',
      'For how long the ledger has not answered; zero while it does.',
      {
        value: standings.ledgerFailureSeconds,
      },
    ),
    ...(facts === undefined ? [] : [...ledgerMetrics(facts), ...facts.ofEstate]),
    ...roleMetrics(standings, facts?.terms ?? new Map()),
    ...verdictMetrics(means.verdicts, { facts, now: means.clock.now() }),
    ...sinkMetrics(means.deliveries),
    {
      type: 'histogram',
      name: 'isoledger_drive_duration_seconds',
      help: 'How long rounds took that changed hosts, from looking at the entries to the last acknowledgement.',
      samples: Array.from(means.durations.all(), ([shard, counts]) => ({ labels: { shard }, ...counts })),
    },
    ...processMetrics(processFacts()),
  ];
}

function ledgerMetrics({ size, recordedAt }: FactsOfLedger): Metric[] {
  const seconds = recordedAt === undefined ? [] : [{ value: Date.parse(recordedAt) / 1_000 }];
  return [
    gauge('isoledger_ledger_head_seq', 'The number of the last entry of the ledger; -1 before the first.', {
      value: size - 1,
    }),
    {
      type: 'gauge',
      name: 'isoledger_ledger_last_entry_timestamp_seconds',
      help: 'When the last entry was recorded that takes effect, since 1970.',
      samples: seconds,
    },
  ];
}

function gauge(
  name: string,
  help: string,
  sample: { readonly labels?: Readonly<Record<string, string>>; readonly value: number },
): Metric {
  return { type: 'gauge', name, help, samples: [sample] };
}
