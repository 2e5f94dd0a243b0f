import type { BypassAtHost } from '../../events/bypass.ts';

/** A host that a person changes by hand; or did, and was not seen whole since. */
interface Bypass {
  readonly bypass: number;
  readonly isOpen: boolean;
}

/** The bypasses of a shard as they are written down. */
export interface KeptBypasses {
  readonly last: number;
  readonly hosts: [host: string, bypass: Bypass][];
}

/** The hosts of a shard that persons change by hand, beside the ledger, or did, until each was seen whole after that. */
export class Bypasses {
  #last: number;
  readonly #hosts: Map<string, Bypass>;

  constructor({ last, hosts }: KeptBypasses = { last: 0, hosts: [] }) {
    this.#last = last;
    this.#hosts = new Map(hosts);
  }

  /** The number of the next one. */
  get next(): number {
    return this.#last + 1;
  }

  /** By host, the number of the one that is open there. */
  get open(): ReadonlyMap<string, number> {
    return this.#where(true);
  }

  /** By host, the number of the one that was closed there, since when the whole host was not seen to be right. */
  get closed(): ReadonlyMap<string, number> {
    return this.#where(false);
  }

  take(event: {
    readonly type: 'BypassOpened' | 'BypassClosed' | 'BypassSettled';
    readonly data: Pick<BypassAtHost, 'host' | 'bypass'>;
  }): void {
    const { host, bypass } = event.data;
    const known = this.#hosts.get(host);
    switch (event.type) {
      case 'BypassOpened':
        this.#last = Math.max(this.#last, bypass);
        this.#hosts.set(host, { bypass, isOpen: true });
        break;
      case 'BypassClosed':
        if (known?.bypass === bypass) this.leave(host);
        break;
      case 'BypassSettled':
        if (known?.bypass === bypass && !known.isOpen) this.forget(host);
    }
  }

  /** Nobody changes the host by hand any more; what was done there may be there still. */
  leave(host: string): void {
    const known = this.#hosts.get(host);
    if (known !== undefined) this.#hosts.set(host, { ...known, isOpen: false });
  }

  /** The host holds nothing any more. */
  forget(host: string): void {
    this.#hosts.delete(host);
  }

  keep(): KeptBypasses {
    return { last: this.#last, hosts: [...this.#hosts] };
  }

  #where(isOpen: boolean): ReadonlyMap<string, number> {
    const found = [...this.#hosts].filter(([, known]) => known.isOpen === isOpen);
    return new Map(found.map(([host, { bypass }]) => [host, bypass]));
  }
}
