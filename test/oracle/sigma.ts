import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** As much of Sigma (specification 2.0) as the rules of infra/siem are written in, read from that specification. */
export const rulesFolder = new URL('../../infra/siem/rules/', import.meta.url);

const value = z.union([z.string(), z.boolean(), z.array(z.string())]);
/** What every rule says of itself. */
export const sigmaHead = z.object({
  title: z.string().max(256),
  id: z.uuid(),
  status: z.literal('experimental'),
  description: z.string(),
  level: z.enum(['informational', 'low', 'medium', 'high', 'critical']),
});
const detecting = sigmaHead.extend({
  name: z.string().exactOptional(),
  logsource: z.object({ product: z.literal('isoledger'), service: z.literal('ledger') }),
  detection: z.object({ condition: z.string() }).catchall(z.record(z.string(), value)),
});
const correlating = sigmaHead.extend({
  correlation: z.object({
    type: z.literal('event_count'),
    rules: z.array(z.string()),
    'group-by': z.array(z.string()),
    timespan: z.string().regex(/^\d+m$/),
    condition: z.object({ gte: z.int() }),
  }),
});
type DetectingRule = z.infer<typeof detecting>;
type CorrelatingRule = z.infer<typeof correlating>;

export interface SigmaFile {
  /** The documents in it as they stand there. */
  readonly documents: readonly unknown[];
  readonly detecting: DetectingRule;
  /** What counts the events that the other one finds, where there is such a rule. */
  readonly correlating: CorrelatingRule | undefined;
}

export function sigmaFiles(): string[] {
  return readdirSync(rulesFolder).sort();
}

export function sigmaFile(file: string): SigmaFile {
  const documents = parseAllDocuments(readFileSync(new URL(file, rulesFolder), 'utf8')).map((one) =>
    z.unknown().parse(one.toJS()),
  );
  const [first, second] = documents;
  return {
    documents,
    detecting: detecting.parse(first),
    correlating: second === undefined ? undefined : correlating.parse(second),
  };
}

function fieldOf(event: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => z.looseObject({}).safeParse(at).data?.[name], event);
}

/** As Sigma says it: all fields of a selection must hold, and of a list one value. */
function holds(selection: DetectingRule['detection'][string], event: unknown): boolean {
  return Object.entries(z.record(z.string(), value).parse(selection)).every(([key, wanted]) => {
    const [path = '', modifier] = key.split('|');
    const found = fieldOf(event, path);
    if (modifier === 'exists') return (found !== undefined) === wanted;
    return Array.isArray(wanted) ? wanted.some((one) => one === found) : found === wanted;
  });
}

export function detects({ detection }: DetectingRule, event: unknown): boolean {
  return detection.condition
    .split(' and ')
    .every((term) =>
      term.startsWith('not ')
        ? !holds(detection[term.slice(4)] ?? {}, event)
        : holds(detection[term] ?? {}, event),
    );
}

/** The groups of which a correlation counts enough within its time, of events that the rule finds to which it belongs. */
export function correlates({ correlation }: CorrelatingRule, found: readonly unknown[]): string[] {
  const spanMs = Number(correlation.timespan.slice(0, -1)) * 60_000;
  const groups = Map.groupBy(found, (event) =>
    correlation['group-by'].map((path) => String(fieldOf(event, path))).join(),
  );
  return [...groups].flatMap(([group, events]) => {
    const times = events.map((event) => Date.parse(String(fieldOf(event, '@timestamp'))));
    const isEnough = times.some(
      (from) => times.filter((at) => at >= from && at - from <= spanMs).length >= correlation.condition.gte,
    );
    return isEnough ? [group] : [];
  });
}
