import { UsageError } from '../runtime/errors.ts';

/** `1500ms`, `60s`, `5m` or `1h` in milliseconds. Throws UsageError. */
export function parseDurationMs(text: string): number {
  const [, number, unit] = /^(0|[1-9]\d{0,8})(ms|s|m|h)$/.exec(text) ?? [];
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const factor = unit === undefined ? undefined : units[unit];
  if (number === undefined || factor === undefined) {
    throw new UsageError(`${text} is no duration; allowed: a whole number of ms, s, m or h, such as 60s`);
  }
  return Number(number) * factor;
}
