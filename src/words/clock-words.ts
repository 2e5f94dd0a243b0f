import { count } from './lists.ts';

/** What it means that a ledger's last entry is ahead of this machine's clock, and what to do. */
export function clockAheadWords({
  recordedAt,
  now,
}: {
  readonly recordedAt: string;
  readonly now: string;
}): string {
  const ahead = spanWords(Date.parse(recordedAt) - Date.parse(now));
  return (
    `the last entry is of ${recordedAt}, ${ahead} ahead of this machine's clock (${now}): until the clock gets there, ` +
    'entries get that time, time bounds wait, and how late a revocation is cannot be told. ' +
    'Set the clock that is wrong, this one or that of whoever wrote the entry'
  );
}

/** A stretch of time in its largest whole unit. */
function spanWords(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 120) return count(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? count(hours, 'hour') : count(Math.floor(hours / 24), 'day');
}
