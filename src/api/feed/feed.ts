import { ConfirmedPlaces, ledgerAsOf } from '../../ledger/confirmed-places.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { rootOf, start, type Cursor } from '../../ledger/replay.ts';
import { UsageError } from '../../runtime/errors.ts';
import { nextTurn } from '../../runtime/next-turn.ts';
import { streamEntries, type StreamEntry } from '../../siem/event-stream.ts';
import type { EventFormat, FormatContext } from '../../siem/formats/format.ts';
import { formatNamed } from '../../siem/formats/named.ts';
import { isAbout, requireKind } from '../../tasks/history-filter.ts';
import { Unanswered } from '../problem.ts';
import { Owners } from './owners.ts';
import type { FeedQuery } from './query.ts';

/** The most characters of a page, but for its last event. */
const pageCharactersMax = 4 * 1024 * 1024;

/** How many entries are written until other work of this process has its turn: shards are driven beside it. */
const writtenAtOnce = 32;

/** Some events in order, as a format writes them. */
export interface FeedPage {
  readonly events: readonly string[];
  /** The last entry that was looked at: what comes is behind it. */
  readonly next: number;
  /** Nothing more was there. */
  readonly isAtHead: boolean;
}

/** An event in words, and the entry that it is. What was not asked for has no words, and keeps its place. */
export interface FeedItem {
  readonly seq: number;
  readonly words: string | undefined;
}

interface WantedEvents {
  readonly after: number;
  readonly format: EventFormat;
  readonly isWanted: (entry: StreamEntry) => boolean;
}

/** The event stream of a ledger, for readers that ask by HTTP. */
export class Feed {
  readonly #ledger: LedgerReader;
  readonly #places: ConfirmedPlaces;
  readonly #owners: Owners;
  readonly #context: FormatContext;

  constructor(ledger: LedgerReader, { version }: { readonly version: string }) {
    this.#ledger = ledger;
    this.#places = new ConfirmedPlaces(ledger);
    this.#owners = new Owners(ledger);
    this.#context = { ledgerId: ledger.id, version };
  }

  get ledgerId(): string {
    return this.#ledger.id;
  }

  /** Throws UsageError, Unanswered, and what streamEntries throws. */
  async page({ limit, ...query }: FeedQuery & { readonly limit: number }): Promise<FeedPage> {
    const wanted = await this.#wanted(query);
    const { places, size } = await this.#placesFor(wanted);
    const enough = wanted.after + 1 + limit;
    // A page that is behind the head reads up to a place that is near: a batch may be longer than that.
    for (const place of places.filter((each) => each.size >= Math.min(enough, size))) {
      const page = await this.#read(wanted, { limit, place, places });
      if (page.next > wanted.after || place.size === size)
        return { ...page, isAtHead: page.isAtHead && place.size === size };
    }
    return { events: [], next: wanted.after, isAtHead: true };
  }

  /**
   * What comes behind an entry, and goes on until the signal aborts. What is wrong in the query is thrown before there is a stream, as
   * page throws it.
   */
  async stream(query: FeedQuery, follow: AbortSignal): Promise<AsyncGenerator<FeedItem, void, undefined>> {
    const wanted = await this.#wanted(query);
    const { places: confirmed } = await this.#placesFor(wanted);
    const entries = streamEntries(this.#ledger, { after: wanted.after, confirmed, follow });
    return this.#items(entries, wanted);
  }

  /** One line in a format that says that the ledger is alive, and what it holds. */
  async heartbeat({ format, ocsfVersion }: FeedQuery, time: string): Promise<string> {
    const end = (await this.#places.now()).at(-1) ?? start;
    const beat = { ledgerId: this.#ledger.id, size: end.size, root: rootOf(end), time };
    return formatNamed(format, { ocsfVersion }).heartbeat(beat, this.#context);
  }

  async *#items(
    entries: AsyncIterable<StreamEntry>,
    wanted: WantedEvents,
  ): AsyncGenerator<FeedItem, void, undefined> {
    for await (const entry of entries) {
      yield this.#item(entry, wanted);
      if (entry.seq % writtenAtOnce === 0) await nextTurn();
    }
  }

  async #read(
    wanted: WantedEvents,
    { limit, place, places }: { limit: number; place: Cursor; places: readonly Cursor[] },
  ): Promise<FeedPage> {
    const events: string[] = [];
    let next = wanted.after;
    let characters = 0;
    const range = { after: wanted.after, confirmed: places };
    for await (const entry of streamEntries(ledgerAsOf(this.#ledger, place), range)) {
      if (events.length >= limit || characters >= pageCharactersMax) return { events, next, isAtHead: false };
      const { seq, words } = this.#item(entry, wanted);
      next = seq;
      if (seq % writtenAtOnce === 0) await nextTurn();
      if (words === undefined) continue;
      events.push(words);
      characters += words.length;
    }
    return { events, next, isAtHead: true };
  }

  #item(entry: StreamEntry, { format, isWanted }: WantedEvents): FeedItem {
    const words = isWanted(entry) ? format.write(entry, this.#context) : undefined;
    return { seq: entry.seq, words };
  }

  async #wanted({ after, format, ocsfVersion, type, tenant }: FeedQuery): Promise<WantedEvents> {
    if (ocsfVersion !== undefined && format !== 'ocsf')
      throw new UsageError('ocsfVersion goes with format=ocsf');
    const kinds = type === undefined ? undefined : [type].flat().map(requireKind);
    if (format === 'entries' && (kinds !== undefined || tenant !== undefined))
      throw new UsageError(
        'type and tenant go with any other format, such as cloudevents: of the stored entries none may be left out',
      );
    if (tenant !== undefined) await this.#owners.require(tenant);
    const keeps = isAbout({ kinds, tenant });
    return {
      ...{ after, format: formatNamed(format, { ocsfVersion }) },
      isWanted: ({ envelope }) => keeps(envelope),
    };
  }

  async #placesFor({ after }: WantedEvents): Promise<{ places: readonly Cursor[]; size: number }> {
    const places = await this.#places.now();
    const size = places.at(-1)?.size ?? 0;
    if (after < size) return { places, size };
    throw new Unanswered(
      `the reader has entry ${String(after)}, and the ledger has ${String(size)} entries: it is another ledger, or an older copy of that one`,
      { code: 'ReaderAhead', status: 409, title: 'The reader has more than the ledger' },
    );
  }
}
