import { count } from '../words/lists.ts';
import { cut, say, type Shown } from '../words/shown.ts';
import type { Io } from './io.ts';

/** The signs of a timeline, the gravest first: of what falls on one place, the gravest is drawn. */
const signs = {
  '#': 'not authorised',
  '~': 'revoked, within the limit',
  '?': 'not known',
  '-': 'authorised, and not reachable',
  '=': 'authorised',
} as const;

type Sign = keyof typeof signs;

const byGravity: readonly Sign[] = ['#', '~', '?', '-', '='];

/** Time in which something was so, from an instant (included) to another (excluded); null: not ended. Instants are UTC with milliseconds. */
export interface Drawn {
  readonly from: string;
  readonly to: string | null;
  readonly sign: Sign;
}

export interface TimelineRow {
  readonly label: string;
  readonly drawn: readonly Drawn[];
}

interface Span {
  readonly from: string;
  readonly to: string;
}

/** How many rows are drawn before the others are only counted. */
const rowsMax = 24;
/** The fewest places on which a timeline is worth drawing. */
const placesMin = 16;

/** Draws rows over the width of the terminal; nothing where stdout is none, or is too narrow. */
export function showTimeline(io: Io, rows: readonly TimelineRow[], span: Span): void {
  const { outColumns } = io;
  if (outColumns === undefined || rows.length === 0) return;
  for (const line of timelineOf(rows, { ...span, columns: outColumns })) io.out(say`${line}\n`);
}

/** The lines of a timeline: its scale, a line a row, and what the signs mean. */
export function timelineOf(
  rows: readonly TimelineRow[],
  { from, to, columns }: Span & { readonly columns: number },
): Shown[] {
  const labels = rows.slice(0, rowsMax).map(({ label }) => cut(label, Math.floor(columns / 2)));
  const wide = Math.max(...labels.map((label) => label.length));
  const places = columns - wide - 2;
  if (places < placesMin) return [];
  const scale = { start: Date.parse(from), end: Date.parse(to), places };
  const used = byGravity.filter((sign) => rows.some(({ drawn }) => drawn.some((one) => one.sign === sign)));
  const hidden = rows.length - labels.length;
  return [
    say``,
    say`${' '.repeat(wide)}  ${rulerOf(scale)}`,
    ...rows
      .slice(0, rowsMax)
      .map(({ drawn }, index) => say`${(labels[index] ?? '').padEnd(wide)}  ${barOf(drawn, scale)}`),
    ...(hidden > 0 ? [say`and ${count(hidden, 'more pair')}`] : []),
    say`${[...used.map((sign) => `${sign} ${signs[sign]}`), '. nothing'].join('   ')}`,
    say`from ${from} to ${to} (UTC); one sign is ${durationWords((scale.end - scale.start) / places)}`,
  ];
}

/** Both in milliseconds since 1970, and how many places lie between. */
interface Scale {
  readonly start: number;
  readonly end: number;
  readonly places: number;
}

/** However short something was, it is drawn on one place at least. */
function barOf(drawn: readonly Drawn[], { start, end, places }: Scale): string {
  const along = (instant: number): number =>
    end === start ? 0 : ((instant - start) * places) / (end - start);
  const placeOf = (instant: number): number => Math.min(places - 1, Math.floor(along(instant)));
  const bar: (Sign | '.')[] = Array.from({ length: places }, () => '.');
  for (const sign of byGravity.toReversed()) {
    for (const one of drawn.filter((each) => each.sign === sign)) {
      const since = Math.max(start, Date.parse(one.from));
      const until = one.to === null ? end : Date.parse(one.to);
      // The end is not included: what ends where a place begins does not reach it.
      const last = Math.max(placeOf(since), Math.min(places, Math.ceil(along(until))) - 1);
      bar.fill(sign, placeOf(since), last + 1);
    }
  }
  return bar.join('');
}

/** Times at about every sixteenth place, each above the place that begins with it. */
function rulerOf({ start, end, places }: Scale): string {
  const textOf = timeText(end - start);
  const step = Math.max(16, textOf(start).length + 3);
  let ruler = '';
  for (let place = 0; place === 0 || place + step <= places; place += step)
    ruler = `${ruler.padEnd(place)}|${textOf(start + ((end - start) * place) / places)}`;
  return ruler;
}

/** Times as finely as a span asks for. */
function timeText(spanMs: number): (time: number) => string {
  const [first, last] = spanMs < 120_000 ? [11, 23] : spanMs < 2 * 86_400_000 ? [11, 19] : [0, 16];
  return (time) => new Date(time).toISOString().slice(first, last);
}

function durationWords(ms: number): string {
  const units = [
    [86_400_000, 'days'],
    [3_600_000, 'hours'],
    [60_000, 'minutes'],
    [1000, 'seconds'],
    [1, 'milliseconds'],
  ] as const;
  const [size, name] = units.find(([least]) => ms >= 2 * least) ?? [1, 'milliseconds'];
  return `${String(Number((ms / size).toPrecision(3)))} ${name}`;
}
