/** An instant of a ledger, by the last entry that counts there: `seq 12, 2026-03-01T12:00:00.000Z`. */
export function momentWords({ seq, time }: { readonly seq: number; readonly time: string }): string {
  return `seq ${String(seq)}, ${time}`;
}
