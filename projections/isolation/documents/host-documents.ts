import type { Entry } from '../../../events/entry.ts';
import type { Host } from '../../../events/estate.ts';
import { Departures, type Membership } from './departures.ts';

/** An entry that says who is host of what, or that a host is there. */
export type HostEntry = Extract<
  Entry,
  {
    readonly type:
      'HostRegistered' | 'HostChanged' | 'HostRetired' | 'HostCleared' | 'HostGone' | 'ChangeApplied';
  }
>;

/** The documents of hosts that an entry puts in force or out of it (undefined): by name, and of retired ones by hostKey. */
export interface HostChanges {
  readonly hosts: readonly (readonly [name: string, document: Host | undefined])[];
  readonly formerHosts: readonly (readonly [key: string, document: Host | undefined])[];
}

/** A text that tells hosts apart: the name of a retired one may come again in another shard. */
export function hostKey({ host, shard }: Membership): string {
  return `${shard} ${host}`;
}

/** Which documents of hosts count. A retired host counts until it is known to hold nothing: it may still send. */
export class HostDocuments {
  readonly #departures = new Departures();

  /** Takes an entry, given the documents of before. */
  take(entry: HostEntry, before: ReadonlyMap<string, Host>): HostChanges {
    const { host, shard } = entry.data;
    const key = hostKey(entry.data);
    switch (entry.type) {
      case 'HostRegistered':
      case 'HostChanged':
        this.#departures.place(entry.data);
        return { hosts: [[host, entry.data]], formerHosts: [[key, undefined]] };
      case 'ChangeApplied':
        this.#departures.answer(entry.data);
        return { hosts: [], formerHosts: [] };
      case 'HostRetired':
        this.#departures.retire(entry.data);
        break;
      case 'HostCleared':
        this.#departures.clear(entry.data);
        break;
      case 'HostGone':
        this.#departures.lose(entry.data);
        break;
    }
    const last = before.get(host);
    const isLeaving = this.#departures.isLeaving({ host, shard });
    if (entry.type === 'HostRetired' && isLeaving && last?.shard === shard)
      return { hosts: [], formerHosts: [[key, last]] };
    return {
      hosts: this.#departures.isGone(host) ? [[host, undefined]] : [],
      formerHosts: isLeaving ? [] : [[key, undefined]],
    };
  }
}
