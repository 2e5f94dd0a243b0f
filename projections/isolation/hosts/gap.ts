/** A fact that the entries leave open: with a gap no verdict is `proven`. */
export interface Gap {
  readonly kind:
    'acknowledgement' | 'drift' | 'bypass' | 'plan' | 'interface' | 'address' | 'ledger' | 'clock';
  /**
   * The host, shard, `host/interface`, segment or external concerned. For drift and bypasses `host/NAME`, for the ledger and its clock `ledger`.
   */
  readonly about: string;
  readonly problem: string;
}

/** A text that tells gaps at one instant apart. */
export function gapKey({ kind, about, problem }: Gap): string {
  return `${kind} ${about} ${problem}`;
}

/** The gap of a host with an open drift. */
export function driftOf(host: string): Gap {
  const problem = 'was found to hold something else than it acknowledged, and was not put right yet';
  return { kind: 'drift', about: `host/${host}`, problem };
}
