import type { StoredEntry } from '../../events/entry.ts';
import { StoreUnavailable, UnknownOutcome } from '../../src/ledger/faults.ts';
import type {
  AppendRequest,
  AppendResult,
  Head,
  Ledger,
  ReadRange,
  SubscriptionItem,
} from '../../src/ledger/port.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

/** A read that fails may give fewer entries than these before it does. */
const entriesBeforeFaultMax = 20;

/** The ledger as one process sees it: others come in between, calls fail, and the process may end at any of them. */
export class ProcessLedger implements Ledger {
  readonly id: string;
  readonly capabilities: Ledger['capabilities'];
  readonly #world: World;
  readonly #life: Life;
  readonly #say: (line: string) => void;

  constructor(world: World, of: { life: Life; say: (line: string) => void }) {
    this.#world = world;
    this.#life = of.life;
    this.#say = of.say;
    this.id = world.ledger.id;
    this.capabilities = world.ledger.capabilities;
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    await this.#world.scheduler.turn();
    this.#life.requireOn();
    const what = `append of ${request.events.map(({ type }) => type).join(', ')}`;
    const mishap = this.#world.mishap('append');
    if (mishap === 'crash-before') throw this.#life.crash(`before ${what}`);
    if (mishap === 'not-done') throw this.#fault(`${what} not done`);
    const result = await this.#world.append(request);
    this.#say(
      `${what}: ${String(result.first)}-${String(result.last)}${result.duplicate ? ' (as before)' : ''}`,
    );
    if (mishap === 'crash-after') throw this.#life.crash(`after ${what}`);
    if (mishap === 'done-but-reported-failed') throw this.#fault(`${what} done, and reported failed`);
    return result;
  }

  async *read(range?: ReadRange): AsyncGenerator<StoredEntry, void, undefined> {
    const fault = await this.#faultAt('read');
    let left = fault === undefined ? Infinity : this.#world.random.below(entriesBeforeFaultMax);
    for await (const entry of this.#world.ledger.read(range)) {
      if (left === 0) break;
      left -= 1;
      yield entry;
    }
    if (fault !== undefined) throw fault;
  }

  async head(): Promise<Head> {
    const fault = await this.#faultAt('head');
    if (fault !== undefined) throw fault;
    return this.#world.ledger.head();
  }

  subscribe(): AsyncIterable<SubscriptionItem> {
    throw new Error('nobody subscribes here');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** How a call to read fails; undefined where it does not. */
  async #faultAt(what: 'read' | 'head'): Promise<Error | undefined> {
    await this.#world.scheduler.turn();
    this.#life.requireOn();
    // Reading comes so much more often than writing that it would leave no writing to be done.
    const mishap = this.#world.random.chance(0.2) ? this.#world.mishap(what) : 'none';
    if (mishap === 'none') return undefined;
    if (mishap === 'crash-before' || mishap === 'crash-after') return this.#life.crash(`at ${what}`);
    this.#say(`${what} failed`);
    return new StoreUnavailable('the store cannot be read');
  }

  #fault(what: string): Error {
    this.#say(what);
    return this.#world.random.chance(0.7)
      ? new UnknownOutcome([], new Error(what))
      : new StoreUnavailable('the store cannot be written');
  }
}
