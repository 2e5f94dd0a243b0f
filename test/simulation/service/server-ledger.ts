import type { StoredEntry } from '../../../events/entry.ts';
import { StoreUnavailable, UnknownOutcome } from '../../../src/ledger/faults.ts';
import type {
  AppendRequest,
  AppendResult,
  Head,
  Ledger,
  ReadRange,
  SubscribeOptions,
  SubscriptionItem,
} from '../../../src/ledger/port.ts';
import type { WallClock } from '../../../src/runtime/clock.ts';
import type { ServiceWorld } from './service-world.ts';
import type { Wire } from './wire.ts';

/** A read that fails may give fewer entries than these before it does. */
const entriesBeforeFaultMax = 20;

export interface ServerLedgerMeans {
  readonly wire: Wire;
  /** By which the store tells when something was recorded. */
  readonly clock: WallClock;
  readonly onAppended: (request: AppendRequest, result: AppendResult) => void;
}

/** The ledger as one server reaches it. */
export class ServerLedger implements Ledger {
  readonly id: string;
  readonly capabilities: Ledger['capabilities'];
  readonly #world: ServiceWorld;
  readonly #means: ServerLedgerMeans;

  constructor(world: ServiceWorld, means: ServerLedgerMeans) {
    this.#world = world;
    this.#means = means;
    this.id = world.estate.ledger.id;
    this.capabilities = world.estate.ledger.capabilities;
  }

  append(request: AppendRequest): Promise<AppendResult> {
    const { wire, clock, onAppended } = this.#means;
    return wire.call({
      ...{ of: 'ledger', what: `append ${request.events.at(0)?.type ?? ''}` },
      deed: async () => {
        const result = await this.#world.estate.append(request, clock);
        if (!result.duplicate) onAppended(request, result);
        return result;
      },
      fault: (words) =>
        words.endsWith('not done') && this.#world.random.chance(0.5)
          ? unavailable(words)
          : new UnknownOutcome([], new Error(words)),
    });
  }

  async *read(range?: ReadRange): AsyncGenerator<StoredEntry, void, undefined> {
    const before: StoredEntry[] = [];
    let fault: Error | undefined;
    try {
      await this.#ask('read');
    } catch (error) {
      fault = error instanceof Error ? error : new Error(String(error));
      if (this.#world.random.chance(0.5)) throw fault;
    }
    for await (const entry of this.#world.estate.ledger.read(range)) {
      if (fault !== undefined && before.length >= this.#world.random.below(entriesBeforeFaultMax)) break;
      before.push(entry);
    }
    yield* before;
    if (fault !== undefined) throw fault;
  }

  async head(): Promise<Head> {
    const { wire } = this.#means;
    return wire.call({
      ...{ of: 'ledger', what: 'head', fault: unavailable },
      deed: () => this.#world.estate.ledger.head(),
    });
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<SubscriptionItem, void, undefined> {
    await this.#ask('subscribe');
    const over = new AbortController();
    const signal = AbortSignal.any([options.signal, over.signal]);
    try {
      for await (const item of this.#world.estate.ledger.subscribe({ ...options, signal })) {
        await this.#ask('next entry');
        if (options.signal.aborted) return;
        yield item;
      }
    } finally {
      over.abort();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #ask(what: string): Promise<void> {
    return this.#means.wire.call({ of: 'ledger', what, deed: () => undefined, fault: unavailable });
  }
}

function unavailable(words: string): StoreUnavailable {
  return new StoreUnavailable(words);
}
