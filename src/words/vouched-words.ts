interface VouchedFor {
  readonly shard: string;
  readonly host: string;
  readonly seq: number;
  readonly by: string;
  readonly reason: string | null;
}

/** What is taken for true of a host on a person's word alone. */
export function vouchedWords({ shard, host, seq, by, reason }: VouchedFor): string {
  const why = reason === null ? '' : `, ${reason}`;
  return `host ${host} of ${shard} is taken to hold nothing since seq ${String(seq)}: ${by} said so${why}`;
}
