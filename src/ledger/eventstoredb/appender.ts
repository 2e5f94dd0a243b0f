import { readEnvelope } from '../../../events/codec/decode.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { IdSource } from '../../runtime/ids.ts';
import { nextTurn } from '../../runtime/next-turn.ts';
import type { AppendRequest, AppendResult } from '../port.ts';
import { UnknownOutcome } from '../faults.ts';
import { contentDigestOf } from '../seal.ts';
import { unavailable } from './esdb-error.ts';
import type { Follower } from './follower.ts';
import { Proposal, type ProposedAppend, type KnownKey } from './proposal.ts';
import { readPage } from './reader.ts';
import { inWrites, write, type WritablePlace, type WritableEntry } from './writer.ts';

interface QueuedAppend {
  readonly request: AppendRequest;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (reason: unknown) => void;
}

interface ReadyAppend extends QueuedAppend {
  readonly decided: ProposedAppend & { kind: 'new' };
}

/**
 * Appends batches at the end of the stream, always on condition that no entry came after that end. If others came
 * first, their entries are read, and every batch is decided anew. QueuedAppend batches of this process are written
 * together, as far as they fit into one write. A batch that does not fit is written alone, in several writes.
 */
export class Appender {
  readonly #place: WritablePlace;
  readonly #follower: Follower;
  readonly #means: { readonly clock: Clock; readonly ids: IdSource };
  #waiting: QueuedAppend[] = [];
  #isBusy = false;

  constructor(
    place: WritablePlace,
    { follower, clock, ids }: { follower: Follower; clock: Clock; ids: IdSource },
  ) {
    this.#place = place;
    this.#follower = follower;
    this.#means = { clock, ids };
  }

  append(request: AppendRequest): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      if (!this.#isBusy) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      // Appends that come before the next turn of the event loop are written together.
      await nextTurn();
      const waiting = this.#waiting;
      this.#waiting = [];
      try {
        this.#waiting.unshift(...(await this.#commit(waiting)));
      } catch (error) {
        for (const { reject } of waiting) reject(error);
      }
    }
    this.#isBusy = false;
  }

  /** Returns the appends that are to be tried again. */
  async #commit(waiting: readonly QueuedAppend[]): Promise<readonly QueuedAppend[]> {
    this.#follower.requireNoFork();
    await this.#follower.leaveTimeToFinish();
    const { ready, rest } = inOneWrite(await this.#decideAll(waiting));
    const [first] = ready;
    if (first === undefined) return rest;
    const entries = ready.flatMap(({ decided }) => decided.entries);
    try {
      const taken = await this.#write(entries, first.decided.result.first);
      if (taken !== undefined) {
        await this.#follower.catchUpWith(taken);
        return [...ready, ...rest];
      }
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error;
      for (const { reject, decided } of ready) reject(inDoubt(decided.entries, error));
      throw unavailable(this.#place.place, error.cause);
    }
    for (const { resolve, decided } of ready) resolve(decided.result);
    return rest;
  }

  /** Answers the appends that need no writing, and returns the others. */
  async #decideAll(waiting: readonly QueuedAppend[]): Promise<ReadyAppend[]> {
    const keys = await this.#knownKeys(waiting);
    const proposal = new Proposal(this.#follower.log, this.#means);
    return waiting.flatMap((one) => {
      try {
        const decided = proposal.decide(one.request, keys.get(one.request.idempotencyKey ?? ''));
        if (decided.kind === 'new') return [{ ...one, decided }];
        one.resolve(decided.result);
      } catch (refusal) {
        one.reject(refusal);
      }
      return [];
    });
  }

  async #knownKeys(waiting: readonly QueuedAppend[]): Promise<Map<string, KnownKey>> {
    const known = new Map<string, KnownKey>();
    for (const { request } of waiting) {
      const { idempotencyKey: key } = request;
      const extent = key === undefined ? undefined : this.#follower.log.keyed(key);
      if (key === undefined || extent === undefined || known.has(key)) continue;
      const range = { from: extent.first, count: extent.last - extent.first + 1 };
      const batch = await readPage(this.#place, range);
      known.set(key, { ...extent, content: contentDigestOf(batch.map(readEnvelope)) });
    }
    return known;
  }

  /** Returns the seq that others took first, if they did. Then no batch of these is whole in the stream. */
  async #write(entries: readonly WritableEntry[], first: number): Promise<number | undefined> {
    let at = first;
    for (const part of inWrites(entries)) {
      if (!(await write(this.#place, { entries: part, at }))) return at;
      this.#follower.log.takeAll(part, at);
      at += part.length;
    }
    return undefined;
  }
}

/** The doubt about one batch, out of several that were written together. */
function inDoubt(entries: readonly WritableEntry[], { cause }: UnknownOutcome): UnknownOutcome {
  return new UnknownOutcome(
    entries.map(({ id }) => id),
    cause,
  );
}

/** As many appends as fit into one write; the first alone if it needs several writes. The rest waits for its turn. */
function inOneWrite(ready: readonly ReadyAppend[]): {
  ready: readonly ReadyAppend[];
  rest: readonly QueuedAppend[];
} {
  for (let count = ready.length; count > 1; count = Math.floor(count / 2)) {
    const chosen = ready.slice(0, count);
    if (inWrites(chosen.flatMap(({ decided }) => decided.entries)).length === 1)
      return { ready: chosen, rest: ready.slice(count) };
  }
  return { ready: ready.slice(0, 1), rest: ready.slice(1) };
}
