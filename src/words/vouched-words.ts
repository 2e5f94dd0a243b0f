interface VouchedFor {
  readonly shard: string;
  readonly host: string;
  readonly seq: number;
  readonly by: string;
  readonly reason: string | null;
  readonly until: number | null;
}

/** What is taken for true of a host on a person's word alone. */
export function vouchedWords({ shard, host, seq, by, reason, until }: VouchedFor): string {
  const why = reason === null ? '' : `, ${reason}`;
  const when =
    until === null
      ? `is taken to hold nothing since seq ${String(seq)}`
      : `was taken to hold nothing from seq ${String(seq)} to seq ${String(until)}, where that was taken back`;
  return `host ${host} of ${shard} ${when}: ${by} said so${why}`;
}
