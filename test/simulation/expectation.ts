import { keyOf, ofKind, type WrittenDocument } from '../bench/estate/documents.ts';
import { stillQuarantined } from '../support/quarantinable.ts';

/** What an append is meant to bring about, in the words of whoever asked for it. */
export type Intent =
  | { readonly kind: 'apply'; readonly documents: readonly WrittenDocument[]; readonly prune?: string }
  | { readonly kind: 'quarantine' | 'release'; readonly name: string }
  | { readonly kind: 'hold'; readonly shard: string; readonly seq: number; readonly time: string }
  | { readonly kind: 'resume'; readonly shard: string };

/** The estate as it is meant to be from an entry on. Ports are spelt `host interface`. */
export interface Edition {
  readonly seq: number;
  readonly documents: readonly WrittenDocument[];
  /** Tenants, segments (`tenant/segment`) and externals: no two are called the same. */
  readonly quarantined: ReadonlySet<string>;
  readonly seats: ReadonlyMap<string, Seat>;
}

/** Who sits, or sat last, at a port. */
export interface Seat {
  /** A segment or an external. */
  readonly end: string;
  /** An endpoint's addresses, or an external's prefixes, as they were when it sat there. */
  readonly ips: readonly string[];
  /** Whether a document in force says so. */
  readonly documented: boolean;
}

/** A past state that a shard is to stand still at. */
export interface Held {
  readonly seq: number;
  readonly time: string;
}

const nobody: Edition = { seq: -1, documents: [], quarantined: new Set(), seats: new Map() };

/**
 * What the ledger is meant to say, kept beside it: folds what was asked for, by the order in which the store took it,
 * and never looks at what was made of it.
 */
export class Expectation {
  readonly #intents = new Map<string, Intent>();
  readonly #editions: Edition[] = [nobody];
  readonly #held = new Map<string, Held>();
  readonly #tunnels = new Map<string, string>();
  readonly #stored = new Set<string>();

  /** Says what will be asked for under an idempotency key. */
  intend(key: string, intent: Intent): void {
    this.#intents.set(key, intent);
  }

  /** Takes note that the store took a batch. */
  stored(key: string | undefined, last: number): void {
    const intent = key === undefined ? undefined : this.#intents.get(key);
    if (key === undefined || intent === undefined) return;
    this.#stored.add(key);
    if (intent.kind === 'hold') this.#held.set(intent.shard, intent);
    else if (intent.kind === 'resume') this.#held.delete(intent.shard);
    else this.#editions.push({ ...editionAfter(this.now, intent), seq: last });
    for (const { host, tunnelIp } of ofKind(this.now.documents, 'Host')) this.#tunnels.set(host, tunnelIp);
  }

  isStored(key: string): boolean {
    return this.#stored.has(key);
  }

  get now(): Edition {
    return this.#editions.at(-1) ?? nobody;
  }

  /** The estate as of an entry. */
  at(seq: number): Edition {
    return this.#editions.findLast((edition) => edition.seq <= seq) ?? nobody;
  }

  get editions(): readonly Edition[] {
    return this.#editions;
  }

  get held(): ReadonlyMap<string, Held> {
    return this.#held;
  }

  /** The tunnel address that each host has, or had last. */
  get tunnels(): ReadonlyMap<string, string> {
    return this.#tunnels;
  }
}

function editionAfter(before: Edition, intent: Exclude<Intent, { kind: 'hold' | 'resume' }>): Edition {
  const quarantined = new Set(before.quarantined);
  if (intent.kind === 'quarantine') quarantined.add(intent.name);
  if (intent.kind === 'release') quarantined.delete(intent.name);
  if (intent.kind !== 'apply') return { ...before, quarantined };
  const documents = documentsAfter(before.documents, intent);
  const still = stillQuarantined(quarantined, documents);
  return { ...before, documents, quarantined: still, seats: seatsAfter(before.seats, documents) };
}

/** Documents are whole: those given replace those of their kind and name; pruning takes away what was not given. */
export function documentsAfter(
  before: readonly WrittenDocument[],
  { documents, prune }: { readonly documents: readonly WrittenDocument[]; readonly prune?: string },
): WrittenDocument[] {
  const given = new Map(documents.map((document) => [keyOf(document), document]));
  const goes = (document: WrittenDocument): boolean =>
    prune === 'all' || (prune !== undefined && tenantOfDocument(document) === prune);
  const kept = before.filter((document) => !given.has(keyOf(document)) && !goes(document));
  return [...kept, ...given.values()];
}

function tenantOfDocument(document: WrittenDocument): string | undefined {
  return 'tenant' in document ? document.tenant : undefined;
}

function seatsAfter(
  before: ReadonlyMap<string, Seat>,
  documents: readonly WrittenDocument[],
): Map<string, Seat> {
  const seats = new Map(Array.from(before, ([port, seat]) => [port, { ...seat, documented: false }]));
  for (const { tenant, endpoints } of ofKind(documents, 'Endpoints')) {
    for (const { segment, host, interface: port, ip } of endpoints)
      seats.set(`${host} ${port}`, { end: `${tenant}/${segment}`, ips: [ip].flat(), documented: true });
  }
  for (const { external, gateway, cidrs } of ofKind(documents, 'External')) {
    if (gateway !== undefined)
      seats.set(`${gateway.host} ${gateway.interface}`, { end: external, ips: cidrs, documented: true });
  }
  return seats;
}
