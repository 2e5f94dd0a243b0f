import { DateTime } from 'luxon';
import { UsageError } from './exit.ts';

/** An instant as commands take it: `now`, `seq:N`, or ISO 8601 with a zone or an offset. */
export type Time =
  | { readonly kind: 'now' }
  | { readonly kind: 'seq'; readonly seq: number }
  | { readonly kind: 'time'; readonly instant: string };

const allowed =
  'now, seq:N, or ISO 8601 with an offset or zone such as 2026-03-01T12:00:00Z or 2026-03-01T13:00[Europe/Berlin]';

/** Reads TIME; no text means now. Throws UsageError. */
export function parseTime(text: string | undefined): Time {
  if (text === undefined || text === 'now') return { kind: 'now' };
  const seq = /^seq:(\d{1,15})$/.exec(text)?.[1];
  if (seq !== undefined) return { kind: 'seq', seq: Number(seq) };
  const [, iso, zone] = /^([^[\]]+)(?:\[([^\]]+)\])?$/.exec(text) ?? [];
  const offset = iso !== undefined && /T.*(Z|[+-]\d\d(:?\d\d)?)$/.test(iso);
  if (iso === undefined || !iso.includes('T') || (!offset && zone === undefined)) throw badTime(text);
  const time = DateTime.fromISO(iso, { zone: zone ?? 'utc' });
  if (!time.isValid) throw badTime(text);
  if (!offset && time.getPossibleOffsets().length > 1) {
    throw new UsageError(
      `${text} is an hour that clocks there show twice: give an offset, as in ${iso}+01:00`,
    );
  }
  return { kind: 'time', instant: time.toUTC().toJSDate().toISOString() };
}

function badTime(text: string): UsageError {
  return new UsageError(`${text} is no point in time; allowed: ${allowed}`);
}

/** `1500ms`, `60s`, `5m` or `1h` in milliseconds. Throws UsageError. */
export function parseDurationMs(text: string): number {
  const [, number, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const factor = unit === undefined ? undefined : units[unit];
  if (number === undefined || factor === undefined) {
    throw new UsageError(`${text} is no duration; allowed: a whole number of ms, s, m or h, such as 60s`);
  }
  return Number(number) * factor;
}
