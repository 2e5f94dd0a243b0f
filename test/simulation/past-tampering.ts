import { digestOfObjects } from '../../events/overlay-objects.ts';
import type { Entry } from '../../events/entry.ts';
import type { Ledger } from '../../src/ledger/port.ts';
import type { WallClock } from '../../src/runtime/clock.ts';
import type { Coverage } from './coverage.ts';
import { Broken } from './failures.ts';
import type { Grounds } from './grounds.ts';
import type { Hosts } from './hosts.ts';
import type { MayHold } from './may-hold.ts';
import type { Parts } from './settings.ts';

/** What is looked at. */
interface Watched {
  readonly instant: string;
  readonly ledger: Ledger;
  readonly clock: WallClock;
  readonly hosts: Hosts;
  readonly mayHold: MayHold;
  readonly grounds: Grounds;
  readonly parts: Parts;
  readonly coverage: Coverage;
}

/** What somebody did to a host. */
interface Deed {
  readonly shard: string;
  readonly host: string;
  readonly at: string;
}

/** How many deeds are asked about at a time. */
const askedMax = 5;

/** What somebody put at hosts that they may not hold, by what the ledger says: whether it is recorded, and what is known of then. */
export class PastTampering {
  readonly #watched: Watched;
  #unseen: Deed[] = [];
  #found: Deed[] = [];
  #latest = '';

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Takes note of what somebody has just done to a host. */
  note(shard: string, host: string): void {
    const at = this.#watched.instant;
    // Where a clock was put right, no instant tells of that moment alone.
    if (at < this.#latest) return;
    this.#latest = at;
    // Of a host that nobody has named, nobody says anything.
    if (!this.#watched.mayHold.isOf(shard, host)) return;
    if (this.#isAsMay(shard, host)) this.forget(shard, host);
    else if (!this.#isRecorded(shard, host)) this.#unseen.push({ shard, host, at });
  }

  /** What was there is gone, unseen. */
  forget(shard: string, host: string): void {
    this.#unseen = this.#unseen.filter((deed) => deed.shard !== shard || deed.host !== host);
  }

  /** Takes note of what was found. */
  take({ type, data, recordedAt }: Entry): void {
    if (type !== 'DriftDetected') return;
    const isOf = ({ shard, host }: Deed): boolean => shard === data.shard && host === data.host;
    // At the same instant it may be gone again.
    this.#found.push(...this.#unseen.filter((deed) => isOf(deed) && justAfter(deed.at) < recordedAt));
    this.#unseen = this.#unseen.filter((deed) => !isOf(deed));
  }

  /** Throws Broken where a host holds what it may not, and the ledger does not say so. */
  requireRecorded(shard: string, host: string): void {
    if (!this.#isAsMay(shard, host) && !this.#isRecorded(shard, host))
      throw new Broken(`${host} of ${shard} is given a whole set, and nobody has recorded what it held`);
    this.#watched.coverage.note('met: what somebody else put there was replaced as a whole');
  }

  /** Throws Broken where what is known now of a moment at which somebody had tampered with a host leaves no doubt about it. */
  async requireDoubt(): Promise<void> {
    const { ledger, clock, parts, coverage } = this.#watched;
    for (const { host, at } of this.#found.splice(0).slice(0, askedMax)) {
      const instant = justAfter(at);
      const { gaps } = await parts.verify(ledger, { lane: 'applied', at: { kind: 'time', instant }, clock });
      if (!gaps.some(({ kind, about }) => kind === 'drift' && about === `host/${host}`))
        throw new Broken(`${host} was tampered with at ${at}, as is known now, and nothing is unknown then`);
      coverage.note('verifier: unknown since when, as found later');
    }
  }

  #isRecorded(shard: string, host: string): boolean {
    return this.#watched.mayHold.isDrifted(shard, host);
  }

  #isAsMay(shard: string, host: string): boolean {
    const { hosts, mayHold, grounds } = this.#watched;
    const { spoilt } = hosts.overlay(shard);
    if (spoilt.has(host)) return false;
    const holds = digestOfObjects(hosts.stateOf(shard, host)?.objects.values() ?? []);
    return mayHold.setsFor(shard, host).some((set) => digestOfObjects(grounds.sets.get(set) ?? []) === holds);
  }
}

function justAfter(instant: string): string {
  return new Date(Date.parse(instant) + 1).toISOString();
}
