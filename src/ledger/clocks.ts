/** Clocks that are kept in step differ by less. The time of an entry is that of the machine that wrote it. */
const aheadMaxMs = 60_000;

/** A ledger's last time that lies ahead of a machine's clock. Both are UTC with milliseconds. */
export interface ClockAhead {
  readonly recordedAt: string;
  readonly now: string;
}

/**
 * The time of a ledger's last entry, where it lies more than a minute ahead of a machine's clock: one of two clocks is
 * wrong, and until the machine's gets there no time passes in the ledger. Undefined where it does not, and without an entry.
 */
export function clockAhead({
  recordedAt,
  now,
}: {
  readonly recordedAt: string | undefined;
  readonly now: string;
}): ClockAhead | undefined {
  if (recordedAt === undefined || recordedAt === '') return undefined;
  return Date.parse(recordedAt) - Date.parse(now) > aheadMaxMs ? { recordedAt, now } : undefined;
}
