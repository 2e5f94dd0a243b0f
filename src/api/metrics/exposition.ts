/** A value that is told under the name of its family, and what tells it from the others there. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is counted or measured, as it is at this moment. */
export type Metric =
  | {
      readonly type: 'gauge' | 'counter';
      readonly name: string;
      readonly help: string;
      readonly samples: readonly Sample[];
    }
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly help: string;
      readonly samples: readonly HistogramSample[];
    };

/** How many values were at most as large as each bound, in order; how many there were, and their sum. */
export interface HistogramSample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly buckets: readonly { readonly atMost: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number;
}

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics in the text format of Prometheus. One without a sample is left out. */
export function exposition(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map((metric) => `${head(metric)}${lines(metric).join('')}`)
    .join('');
}

function head({ name, help, type }: Metric): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
}

function lines(metric: Metric): string[] {
  if (metric.type !== 'histogram')
    return metric.samples.map(({ labels, value }) => line(metric.name, labels, value));
  return metric.samples.flatMap(({ labels, buckets, count, sum }) => [
    ...[...buckets, { atMost: Infinity, count }].map((bucket) =>
      line(`${metric.name}_bucket`, { ...labels, le: numeral(bucket.atMost) }, bucket.count),
    ),
    line(`${metric.name}_sum`, labels, sum),
    line(`${metric.name}_count`, labels, count),
  ]);
}

function line(name: string, labels: Sample['labels'] = {}, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numeral(value)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numeral(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
