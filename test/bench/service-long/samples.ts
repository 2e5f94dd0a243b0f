/** A line of what `/metrics` says. */
export interface MetricSample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** The samples in the text format of Prometheus. No label of ours has a quote or a comma in it. */
export function samplesIn(text: string): readonly MetricSample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(
      ([, label = '', word = '']) => [label, word] as const,
    );
    return [{ name, labels: new Map(pairs), value: Number(value) }];
  });
}

/** The value of a metric that has one sample. Throws a RangeError where it has none. */
export function valueOf(samples: readonly MetricSample[], name: string): number {
  const found = samples.find((sample) => sample.name === name);
  if (found === undefined) throw new RangeError(`there is no metric ${name}`);
  return found.value;
}
