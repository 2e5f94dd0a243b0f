import type { Host, Shard } from '../../../events/estate.ts';
import type { Membership } from '../documents/departures.ts';
import { hostKey } from '../documents/host-documents.ts';
import type { Gap } from './gap.ts';

/** Hosts of this overlay are files, which forward nothing. */
const filesOnly = 'embedded';

/**
 * Switches that may hold what their host was given, and that nobody drives any more, since the host is reached at another place, or
 * by another overlay. Nothing that is acknowledged later is theirs: only a person can say that they are gone.
 */
export class LeftBehind {
  readonly #overlays = new Map<string, string>();
  /** By hostKey, the host as its document has it. */
  readonly #hosts = new Map<string, Host>();
  /** By hostKey, the places at which switches were left. */
  readonly #left = new Map<string, { readonly host: string; readonly ways: Set<string> }>();

  /** Takes a host's document, before what it changes. */
  declare(host: Host, mayHold: boolean): void {
    const before = this.#hosts.get(hostKey(host));
    this.#hosts.set(hostKey(host), host);
    if (before !== undefined && before.ovsdb !== host.ovsdb && mayHold) this.#leave(before);
    if (host.ovsdb !== undefined) this.#left.get(hostKey(host))?.ways.delete(host.ovsdb);
  }

  /** Takes a shard's document. */
  run({ shard, overlay }: Pick<Shard, 'shard' | 'overlay'>, mayHold: (host: Membership) => boolean): void {
    for (const host of this.#hosts.values())
      if (host.shard === shard && this.#overlays.get(shard) !== overlay && mayHold(host)) this.#leave(host);
    this.#overlays.set(shard, overlay);
  }

  /** The places at which switches were left. */
  waysOf(host: Membership): string[] {
    return [...(this.#left.get(hostKey(host))?.ways ?? [])];
  }

  /** What the host was given is gone with the switches that had it, or never was. */
  end(host: Membership): void {
    this.#left.delete(hostKey(host));
  }

  gaps(): Gap[] {
    return [...this.#left.values()].flatMap(({ host, ways }) =>
      Array.from(ways, (way) => ({
        kind: 'acknowledgement',
        about: host,
        problem: `it may hold at ${way} what it was given, and is driven elsewhere since: the switch there may go on forwarding`,
      })),
    );
  }

  #leave(host: Host): void {
    const { ovsdb, shard } = host;
    if (ovsdb === undefined || this.#overlays.get(shard) === filesOnly) return;
    const left = this.#left.get(hostKey(host)) ?? { host: host.host, ways: new Set<string>() };
    left.ways.add(ovsdb);
    this.#left.set(hostKey(host), left);
  }
}
