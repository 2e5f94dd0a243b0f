import type { Entry } from '../../../events/entry.ts';
import type { Membership } from '../documents/departures.ts';
import type { Gap } from './gap.ts';

type EntryOf<Type extends Entry['type']> = Extract<Entry, { readonly type: Type }>;

/** What a person does at a host of a shard by hand; or did, and nobody saw the whole host since. */
interface HandWork {
  readonly bypass: number;
  readonly isOpen: boolean;
  /** Of the first entry by which that began. */
  readonly since: { readonly seq: number; readonly time: string };
}

/**
 * Hosts that persons change by hand, beside the ledger, or did. From the moment at which that was said until the whole host was seen
 * to be right by somebody who knew that it was over, it may hold anything, whatever was found there in between.
 */
export class ByHand {
  /** By host, the shards whose hosts they are. */
  readonly #hosts = new Map<string, Map<string, HandWork>>();

  open({ seq, recordedAt: time, data: { host, shard, bypass } }: EntryOf<'BypassOpened'>): void {
    const { since = { seq, time } } = this.#at({ host, shard }) ?? {};
    this.#put({ host, shard }, { bypass, isOpen: true, since });
  }

  close({ data }: Pick<EntryOf<'BypassClosed'>, 'data'>): void {
    if (this.#at(data)?.bypass === data.bypass) this.leave(data);
  }

  /** Nobody changes the host by hand any more. What was done there may be there still. */
  leave(at: Membership): void {
    const known = this.#at(at);
    if (known !== undefined) this.#put(at, { ...known, isOpen: false });
  }

  /** True if the whole host was seen by somebody who knew that all was over that was done there by hand. */
  isSettledBy({ data }: Pick<EntryOf<'BypassSettled'>, 'data'>): boolean {
    const known = this.#at(data);
    return known?.bypass === data.bypass && !known.isOpen;
  }

  end({ host, shard }: Membership): void {
    this.keep(host, (other) => other !== shard);
  }

  /** Ends what was done at a host, but for that at hosts by its name of the shards that are kept. */
  keep(host: string, isKept: (shard: string) => boolean): void {
    const kept = new Map([...(this.#hosts.get(host) ?? [])].filter(([shard]) => isKept(shard)));
    if (kept.size > 0) this.#hosts.set(host, kept);
    else this.#hosts.delete(host);
  }

  gaps(): Gap[] {
    return [...this.#hosts].flatMap(([host, works]) =>
      Array.from(
        works,
        ([
          shard,
          {
            since: { seq, time },
          },
        ]) => ({
          kind: 'bypass',
          about: `host/${host}`,
          problem: `a bypass was opened there for ${shard} at seq ${String(seq)} (${time}), and nobody saw the whole host since that was over: a person may have changed it by hand`,
        }),
      ),
    );
  }

  #at({ host, shard }: Membership): HandWork | undefined {
    return this.#hosts.get(host)?.get(shard);
  }

  #put({ host, shard }: Membership, work: HandWork): void {
    const works = this.#hosts.get(host) ?? new Map<string, HandWork>();
    this.#hosts.set(host, works.set(shard, work));
  }
}
