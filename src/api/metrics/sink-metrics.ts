import type { DeliveryCounts } from '../../siem/sinks/delivery-counts.ts';
import type { Metric } from './exposition.ts';

/** What came of deliveries to the sinks of this process. */
export function sinkMetrics(deliveries: DeliveryCounts): Metric[] {
  const sinks = [...deliveries.all()];
  return [
    {
      type: 'counter',
      name: 'isoledger_sink_entries_total',
      help: 'Entries that a sink acknowledged, each as often as it did.',
      samples: sinks.map(([sink, { entries }]) => ({ labels: { sink }, value: entries })),
    },
    {
      type: 'counter',
      name: 'isoledger_sink_failures_total',
      help: 'Deliveries that a sink did not take, or only in part: of entries, which are tried again, and of heartbeats, which are not. And connections that broke, where nobody knows what arrived.',
      samples: sinks.flatMap(([sink, { failures }]) =>
        Object.entries(failures).map(([of, value]) => ({ labels: { sink, of }, value })),
      ),
    },
  ];
}
