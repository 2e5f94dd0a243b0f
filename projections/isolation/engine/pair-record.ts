import type { AddressSet } from '../header-sets/addresses.ts';
import type { Traffic } from '../header-sets/traffic.ts';
import type { Finding } from '../judging/findings.ts';
import type { Pair } from '../pair.ts';
import type { Since } from './tick.ts';

/** What was authorised between two ends; with an external also whose addresses were whose. */
export interface Authorised extends Since {
  readonly traffic: Traffic;
  /** The addresses of an external that sends, as the other end sees them. */
  readonly src: AddressSet | undefined;
  /** The addresses of an external that is sent to, as the sender sees them. */
  readonly dst: AddressSet | undefined;
}

/** The traffic that could get through between two ends, at whatever ports and addresses. */
export interface Open extends Since {
  readonly traffic: Traffic;
}

/** All that is known of a pair of ends, as it was judged last, and for as long as a limit may look back. */
export interface PairRecord extends Pair {
  /** All findings, those by former holders of ports included. */
  findings: readonly Finding[];
  readonly authorised: Authorised[];
  readonly open: Open[];
  /** The instants to come at which revocations that are in time become late, as far as it was judged, in order. */
  limits: readonly string[];
}
